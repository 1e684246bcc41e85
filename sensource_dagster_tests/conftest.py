"""For all tests."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import settings

from sensource_dagster.config import project_folder
from sensource_dagster_tests import migrations

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C; some send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests write hundreds of SQLite and DuckDB files, each write of which a disk has to confirm. In memory, where
# there is room, they take a fifth less time.
MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

migrations.read_once()

# How long one example takes says more about the machine than about the project.
settings.register_profile("sensource", deadline=None)
settings.load_profile("sensource")


@pytest.fixture(autouse=True)
def _own_project_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the working folder were the clone: no test meets the `.env` and the warehouse of the one it is in.

    A command goes to the project folder, and takes its `.env` into the environment. Here it comes back.
    """
    monkeypatch.setattr(project_folder, "CLONE", Path())
    monkeypatch.chdir(Path.cwd())
    with mock.patch.dict(os.environ):
        os.environ.pop(project_folder.DAGSTER_HOME, None)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders with the longest tests come first: nothing runs beside a long test that starts last."""
    items.sort(key=lambda item: not {"end_to_end", "cli"} & set(item.path.parts))
