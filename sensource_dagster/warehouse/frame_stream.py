"""Frames that are made one by one, so that a long range needs no more memory than a short one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from sensource_dagster.contract.response import Response

_ROWS = 100_000
_SECONDS = 10.0


class FrameStream:
    """Frames for one table. They are merged in groups, each frame in its own transaction.

    The DuckDB file is opened once for each group. It is free while the next group is made. A group ends when it
    has at least `rows` rows. It also ends when one more frame, if it took as long as the last one, would make the
    group take longer than `seconds`. A kill or an interrupt can lose the reading of one group at most.
    """

    def __init__(self, frames: Iterable[Response], *, rows: int = _ROWS, seconds: float = _SECONDS) -> None:
        self._frames, self._rows, self._seconds = frames, rows, seconds

    def groups(self, clock: Callable[[], float] = time.monotonic) -> Iterator[list[Response]]:
        """The groups; none of them is empty. If making a frame fails, the frames before it are yielded first."""
        group: list[Response] = []
        group_start = frame_start = clock()
        try:
            for frame in self._frames:
                group.append(frame)
                del frame  # the caller that merges the group may free it
                now = clock()
                if sum(map(len, group)) >= self._rows or now - group_start + (now - frame_start) > self._seconds:
                    yield group
                    group, group_start = [], clock()
                frame_start = clock()
        except Exception:
            if group:
                yield group
            raise
        if group:
            yield group
