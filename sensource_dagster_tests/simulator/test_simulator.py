"""The simulator returns what it holds. Its data depend on seed, entity, hour and clock alone."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator
from sensource_dagster.simulator.hourly_rows import CountName
from sensource_dagster.simulator.simulator import Simulator
from sensource_dagster_tests.simulator.client import HOUR, NOW, Client, instant, utc

HOURS = st.integers(0, 24 * 360).map(lambda hours: utc(2025, 1, 1) + hours * HOUR)
LENGTHS = st.integers(1, 24 * 12).map(lambda hours: hours * HOUR)
NAMES = st.sampled_from(["traffic", "occupancy"])


@given(name=NAMES, start=HOURS, length=LENGTHS)
def test_the_response_for_any_window_is_the_truth(
    still: RunningSimulator, client: Client, name: CountName, start: datetime, length: timedelta
) -> None:
    # The end is inclusive: a second before the hour excludes that hour.
    returned = client.rows(name, instant(start), instant(start + length - timedelta(seconds=1)))
    assert returned == still.truth(name, start, start + length)


@given(
    seed=st.integers(0, 2**40),
    name=NAMES,
    start=HOURS,
    lengths=st.tuples(LENGTHS, LENGTHS),
    age=st.integers(0, 9999),
)
def test_a_window_is_the_sum_of_its_parts_for_any_seed_at_any_moment(
    seed: int, name: CountName, start: datetime, lengths: tuple[timedelta, timedelta], age: int
) -> None:
    options = Options(seed=seed, zones=3)
    clock = ManualClock(utc(2025, 3, 1) + age * HOUR)
    middle, end = start + lengths[0], start + sum(lengths, timedelta())
    whole = Simulator(options, clock).truth(name, start, end)
    other = Simulator(options, clock)
    later = other.truth(name, middle, end)
    assert other.truth(name, start, middle) + later == whole


@given(start=HOURS, length=LENGTHS)
def test_more_zones_leave_the_first_ones_counts_as_they_were(start: datetime, length: timedelta) -> None:
    def clock() -> datetime:
        return NOW

    small, large = Simulator(Options(zones=2), clock), Simulator(Options(zones=6), clock)
    ids = {row["zoneId"] for row in small.entities("zone")}
    rows = large.truth("traffic", start, start + length)
    assert [row for row in rows if row["zoneId"] in ids] == small.truth("traffic", start, start + length)


def test_changing_a_returned_row_does_not_change_the_account(account: Simulator) -> None:
    account.entities("sensor")[0]["firmware"]["version"] = "changed"
    assert account.entities("sensor")[0]["firmware"]["version"] != "changed"


@pytest.mark.parametrize("bound", [datetime(2025, 1, 1, tzinfo=NOW.tzinfo), NOW])
def test_an_empty_window_has_no_rows(account: Simulator, bound: datetime) -> None:
    assert account.truth("traffic", bound, bound) == []
