"""A folder of a user's own definitions, in the place of the package's empty `defs/`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest


def own_folder(place: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]) -> ModuleType:
    """A package in `place` that has these files."""
    folder = place / f"defs_{uuid4().hex}"  # a name that no test has imported yet
    for name, text in {"__init__.py": "", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(place)
    invalidate_caches()
    return import_module(folder.name)
