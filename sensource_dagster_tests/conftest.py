"""For all tests."""

from __future__ import annotations

import signal

from hypothesis import settings

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C; some send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long one example takes says more about the machine than about the project.
settings.register_profile("sensource", deadline=None)
settings.load_profile("sensource")
