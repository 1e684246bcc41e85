from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.vea.window_plan import WindowPlan
from sensource_dagster.vea.windows import Window, day_start

FIRST = date(2025, 10, 1)
ZONES = ["America/Denver", "Europe/Berlin", "Asia/Kolkata", "Africa/Cairo", "UTC"]


def read(plan: WindowPlan, too_large: Collection[int]) -> list[Window]:
    """The windows that were read, where each number names a window, of all that were tried, that was too large."""
    windows: list[Window] = []
    for number, window in enumerate(plan):
        if number in too_large and plan.halve_after:
            plan.halve()
        else:
            windows.append(window)
    return windows


@given(st.sampled_from(ZONES), st.integers(0, 70), st.integers(1, 30), st.sets(st.integers(0, 12)))
def test_the_windows_that_were_read_are_all_days_once_whichever_were_too_large(
    zone: str, more: int, days: int, too_large: set[int]
) -> None:
    last = FIRST + timedelta(days=more)
    windows = read(WindowPlan(FIRST, last, ZoneInfo(zone), days), too_large)
    assert windows[0].start == day_start(FIRST, ZoneInfo(zone))
    assert windows[-1].end == day_start(last + timedelta(days=1), ZoneInfo(zone))
    assert all(window.end == following.start for window, following in pairwise(windows))


def test_windows_are_halved_down_to_a_day_and_stay_at_the_size_that_worked() -> None:
    plan = WindowPlan(FIRST, FIRST + timedelta(days=39), ZoneInfo("UTC"), 30)
    windows = read(plan, range(4))
    assert plan.days == 1
    assert {window.end - window.start for window in windows} == {timedelta(days=1)}
    assert (plan.done, plan.total) == (40, 40)


def test_a_size_that_worked_before_is_used_from_the_start_and_the_total_stays_while_windows_are_done() -> None:
    plan = WindowPlan(FIRST, FIRST + timedelta(days=20), ZoneInfo("UTC"), 7)
    assert [((window.end - window.start).days, plan.done, plan.total) for window in plan] == [
        (7, 0, 3),
        (7, 1, 3),
        (7, 2, 3),
    ]


def test_a_single_day_cannot_be_halved() -> None:
    plan = WindowPlan(FIRST, FIRST, ZoneInfo("Europe/Berlin"), 30)
    assert [plan.halve_after for _ in plan] == [0]


def test_a_day_that_its_zone_skipped_does_not_keep_the_plan_from_ending() -> None:
    plan = WindowPlan(date(2011, 12, 29), date(2011, 12, 31), ZoneInfo("Pacific/Apia"), 30)
    assert len(read(plan, range(9))) == 2


@pytest.mark.parametrize(("days", "sizes"), [(30, [15, 7, 3, 1]), (8, [4, 2, 1]), (2, [1])])
def test_a_size_is_half_of_the_one_before(days: int, sizes: list[int]) -> None:
    plan = WindowPlan(FIRST, FIRST + timedelta(days=days - 1), ZoneInfo("UTC"), 30)
    found = []
    for _ in plan:
        if plan.halve_after:
            plan.halve()
            found.append(plan.days)
    assert found == sizes


def test_two_attempts_may_take_too_long_and_after_a_halving_one_until_a_window_was_read() -> None:
    plan = WindowPlan(FIRST, FIRST + timedelta(days=29), ZoneInfo("UTC"), 30)
    found = []
    for window in plan:
        found.append(((window.end - window.start).days, plan.halve_after))
        if len(found) in (1, 2, 4):
            plan.halve()
    assert found[:6] == [(30, 2), (15, 1), (7, 1), (7, 2), (3, 1), (3, 2)]
