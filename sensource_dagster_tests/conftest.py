"""For all tests."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C; some send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests write hundreds of SQLite and DuckDB files, each write of which a disk has to confirm. In memory, where
# there is room, they take a fifth less time.
MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# How long one example takes says more about the machine than about the project.
settings.register_profile("sensource", deadline=None)
settings.load_profile("sensource")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders with the longest tests come first: nothing runs beside a long test that starts last."""
    items.sort(key=lambda item: not {"end_to_end", "cli"} & set(item.path.parts))
