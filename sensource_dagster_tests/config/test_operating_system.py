"""Windows is refused at the start, in one sentence."""

from __future__ import annotations

import platform
import runpy

import pytest

from sensource_dagster import definitions
from sensource_dagster.errors import UnsupportedSystemError


def test_on_windows_the_definitions_say_which_systems_the_project_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    with pytest.raises(UnsupportedSystemError, match="runs on Linux and macOS, and not on Windows"):
        runpy.run_path(definitions.__file__)
