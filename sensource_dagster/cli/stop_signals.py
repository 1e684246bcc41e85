"""Ctrl-C and SIGTERM: noted from the first line of a command on, acted on where it can stop.

It imports little, so that a signal during a command's imports of seconds is noted too.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def noted_signals() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM has come since the block began. Neither does anything else.

    Dagster's own handlers, which it sets in the block, forget one that comes when a run is all but over. Hence the
    pipe, into which Python itself writes the number of every signal.
    """
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    seen = bytearray()

    def came() -> bool:
        with suppress(BlockingIOError):
            seen.extend(os.read(reader, 4096))
        return signal.SIGINT in seen or signal.SIGTERM in seen

    before_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before_fd)
        os.close(reader)
        os.close(writer)


def _ignore(_number: int, _frame: object) -> None:
    """Not SIG_IGN: with that, Python would not write the signal into the pipe."""
