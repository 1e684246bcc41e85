from __future__ import annotations

import weakref
from collections.abc import Iterator
from datetime import datetime, timezone

import pandas as pd
import pytest

from sensource_dagster.contract.response import Response
from sensource_dagster.warehouse.frame_stream import FrameStream

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def frames(*lengths: int) -> Iterator[Response]:
    return (Response(pd.DataFrame({"n": range(length)}), NOW) for length in lengths)


def lengths(groups: Iterator[list[Response]]) -> list[list[int]]:
    return [list(map(len, group)) for group in groups]


def test_a_group_ends_with_the_frame_that_reaches_the_number_of_rows() -> None:
    stream = FrameStream(frames(40, 40, 40, 40, 200, 1), rows=100)

    assert lengths(stream.groups()) == [[40, 40, 40], [40, 200], [1]]


@pytest.mark.parametrize(
    ("seconds_each", "expected"),
    [(1, [[1] * 8]), (3, [[1, 1, 1], [1, 1, 1], [1, 1]]), (5, [[1]] * 8), (900, [[1]] * 8)],
)
def test_a_group_ends_before_a_frame_that_would_exceed_the_seconds(
    seconds_each: float, expected: list[list[int]]
) -> None:
    now = 0.0

    def slow() -> Iterator[Response]:
        nonlocal now
        for frame in frames(*[1] * 8):
            now += seconds_each
            yield frame

    stream = FrameStream(slow(), seconds=9)

    assert lengths(stream.groups(lambda: now)) == expected


def test_no_frame_is_made_before_its_group_is_requested() -> None:
    made: list[int] = []

    def noted() -> Iterator[Response]:
        for number, frame in enumerate(frames(1, 1, 1)):
            made.append(number)
            yield frame

    groups = FrameStream(noted(), rows=2).groups()
    next(groups)

    assert made == [0, 1]


def test_the_frames_of_an_emptied_group_are_freed_while_the_next_group_is_made() -> None:
    made: list[weakref.ref[pd.DataFrame]] = []
    alive: list[int] = []

    def watched() -> Iterator[Response]:
        for length in (1, 1, 1, 1):
            alive.append(sum(frame() is not None for frame in made))
            frame = pd.DataFrame({"n": range(length)})
            made.append(weakref.ref(frame))
            yield Response(frame, NOW)
            del frame

    for group in FrameStream(watched(), rows=2).groups():
        group.clear()

    assert alive == [0, 1, 0, 1]


def test_the_frames_before_an_error_are_yielded_before_the_error() -> None:
    def failing() -> Iterator[Response]:
        yield from frames(1, 2)
        raise RuntimeError("the API is gone")

    groups = FrameStream(failing()).groups()

    assert list(map(len, next(groups))) == [1, 2]
    with pytest.raises(RuntimeError, match="the API is gone"):
        next(groups)


@pytest.mark.parametrize("error", [None, RuntimeError("at once")])
def test_a_stream_without_a_frame_has_no_group(error: Exception | None) -> None:
    def nothing() -> Iterator[Response]:
        if error:
            raise error
        yield from ()

    groups = FrameStream(nothing()).groups()

    with pytest.raises(type(error) if error else StopIteration):
        next(groups)
