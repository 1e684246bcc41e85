"""For all tests."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C; some send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long one example takes says more about the machine than about the project.
settings.register_profile("sensource", deadline=None)
settings.load_profile("sensource")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders with the longest tests come first: nothing runs beside a long test that starts last."""
    items.sort(key=lambda item: not {"end_to_end", "cli"} & set(item.path.parts))
