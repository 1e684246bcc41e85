"""A plugin of pytest: the sync that all tests of the checks begin with is made once, and not for each mutant."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

KEPT = Path(os.environ["PYTEST_DEBUG_TEMPROOT"], "synced.duckdb")  # imported before a mutant gets its own


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Path]) -> Generator[None, Path, Path]:
    is_sync = fixturedef.argname == "synced"
    if is_sync and KEPT.exists():
        fixturedef.func = lambda **_: KEPT  # type: ignore[misc]
    made = yield
    if is_sync and not KEPT.exists():  # the first time is without a mutant: mutmut sees which test calls what
        shutil.copy(made, KEPT)
    return made
