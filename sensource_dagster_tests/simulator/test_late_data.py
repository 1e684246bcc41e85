from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster.simulator.draws import key_of
from sensource_dagster.simulator.late_data import SETTLED, known_share
from sensource_dagster.simulator.simulator import Simulator
from sensource_dagster_tests.simulator.client import DAY, HOUR, NOW, Client, hours_of, utc

Key = tuple[str, str]
CORRECTED = Options().corrected


def by_key(rows: list[dict[str, Any]]) -> dict[Key, tuple[int, int]]:
    return {(row["recordDate_hour_1"], row["zoneId"]): (row["sumins"], row["sumouts"]) for row in rows}


def test_the_running_hour_is_a_row_that_grows_with_the_clock(clock: ManualClock, account: Simulator) -> None:
    hour = utc(2025, 12, 10, 23)
    ahead = account.entities("zone")[1]["zoneId"]
    sums = []
    for minutes in (0, 20, 59, 60):
        clock.now = hour
        clock.advance(minutes=minutes)
        rows = [row for row in account.truth("traffic", hour, hour + HOUR) if row["zoneId"] != ahead]
        assert len(rows) == 4
        sums.append(sum(row["sumins"] for row in rows))
    assert sums == sorted(set(sums))


def test_some_earlier_hours_change_and_some_arrive_hours_later(account: Simulator, clock: ManualClock) -> None:
    changed: set[Key] = set()
    arrived: set[Key] = set()
    for _ in range(60):
        window = (clock.now - 3 * DAY, clock.now - HOUR)
        before = by_key(account.truth("traffic", *window))
        clock.advance(hours=6)
        after = by_key(account.truth("traffic", *window))
        assert before.keys() <= after.keys()
        changed |= {key for key in before if before[key] != after[key]}
        arrived |= after.keys() - before.keys()
    assert len(changed) > 20
    assert len(arrived) > 5


def test_the_final_values_are_those_of_three_days_later(account: Simulator, clock: ManualClock) -> None:
    window = (NOW - 3 * DAY, NOW)
    final = account.truth("traffic", *window, final=True)
    assert account.truth("traffic", *window) != final
    clock.advance(days=3)
    assert account.truth("traffic", *window) == final


def test_some_corrections_come_more_than_a_day_late_and_some_lower_a_count(
    account: Simulator, clock: ManualClock
) -> None:
    window = (NOW - 30 * DAY, NOW)
    clock.now = NOW + DAY
    day_after = by_key(account.truth("traffic", *window))
    final = by_key(account.truth("traffic", *window, final=True))
    assert any(day_after[key] != final[key] for key in day_after)
    at_once: dict[Key, tuple[int, int]] = {}
    for hours in range(1, 24 * 14):
        clock.now = NOW - 14 * DAY + hours * HOUR
        at_once |= by_key(account.truth("traffic", clock.now - 2 * HOUR, clock.now - HOUR))
    assert any(at_once[key] > final[key] for key in at_once)


def test_hours_in_which_a_sensor_sent_nothing_stay_missing(account: Simulator) -> None:
    rows = account.truth("traffic", utc(2025, 6, 1), utc(2025, 7, 1), final=True)
    possible = 5 * 24 * 30
    assert 0.95 * possible < len(rows) < possible


def test_missing_hours_are_not_the_same_in_every_zone(account: Simulator) -> None:
    rows = account.truth("traffic", utc(2025, 6, 1), utc(2025, 7, 1), final=True)
    assert len(hours_of(rows)) == 24 * 30


def test_the_first_of_the_two_repeated_hours_has_no_row_in_any_zone(client: Client) -> None:
    hours = hours_of(client.rows("traffic", "2025-11-02T06:00:00Z", "2025-11-02T08:30:00Z"))
    assert hours == {"2025-11-02T06:00:00.000Z", "2025-11-02T08:00:00.000Z"}  # 7:00 is the first 1:00 in Denver


def test_occupancy_loses_the_repeated_hour_too(client: Client) -> None:
    hours = hours_of(client.rows("occupancy", "2025-11-02T06:00:00Z", "2025-11-02T08:30:00Z"))
    assert "2025-11-02T07:00:00.000Z" not in hours


def test_the_lost_hour_is_that_of_the_accounts_time_zone(clock: ManualClock) -> None:
    berlin = Simulator(Options(timezone="Europe/Berlin"), clock)
    hours = hours_of(berlin.truth("traffic", utc(2025, 10, 25, 22), utc(2025, 10, 26, 23)))
    assert len(hours) == 24
    assert "2025-10-26T00:00:00.000Z" not in hours
    steady = Simulator(Options(timezone="UTC"), clock)
    assert len(hours_of(steady.truth("traffic", utc(2025, 10, 1), utc(2025, 12, 1)))) == 61 * 24


def test_no_hour_of_the_spring_day_is_lost(account: Simulator) -> None:
    assert len(hours_of(account.truth("traffic", utc(2025, 3, 9, 7), utc(2025, 3, 10, 6)))) == 23


@given(
    seed=st.integers(0, 2**32),
    hour=st.integers(400_000, 600_000),
    earlier=st.floats(0, 90),
    later=st.floats(0, 90),
)
def test_a_row_stays_once_it_exists_and_settles_in_time(
    seed: int, hour: int, earlier: float, later: float
) -> None:
    earlier, later = sorted((earlier, later))
    key = key_of(seed)
    before = known_share(key, hour, (hour + earlier) * 3600, CORRECTED)
    after = known_share(key, hour, (hour + later) * 3600, CORRECTED)
    settled = known_share(key, hour, hour * 3600 + SETTLED.total_seconds(), CORRECTED)
    assert settled in (None, 1)
    assert known_share(key, hour, hour * 3600 - 1, CORRECTED) is None
    assert before is None or after is not None
    assert after is None or settled == 1
