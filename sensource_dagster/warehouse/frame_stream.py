"""Frames that are made as they are asked for, so that a long range needs no more memory than a short one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import pandas as pd

_ROWS = 100_000
_SECONDS = 10.0


class FrameStream:
    """Frames for one table, to be merged in groups, each frame in a transaction of its own.

    The DuckDB file is opened once for a group, and is free while the next one is made. A group ends with so many
    rows, or where the next frame, if it takes as long as the last, would make it take longer than so many seconds.
    That is how much reading a kill or an interrupt can lose.
    """

    def __init__(self, frames: Iterable[pd.DataFrame], *, rows: int = _ROWS, seconds: float = _SECONDS) -> None:
        self._frames, self._rows, self._seconds = frames, rows, seconds

    def groups(self, clock: Callable[[], float] = time.monotonic) -> Iterator[list[pd.DataFrame]]:
        """None is empty. Where making a frame fails, those made before come first, then the error."""
        group: list[pd.DataFrame] = []
        began = asked = clock()
        try:
            for frame in self._frames:
                group.append(frame)
                del frame  # whoever merges the group may let go of it
                now = clock()
                if sum(map(len, group)) >= self._rows or now - began + (now - asked) > self._seconds:
                    yield group
                    group, began = [], clock()
                asked = clock()
        except Exception:
            if group:
                yield group
            raise
        if group:
            yield group
