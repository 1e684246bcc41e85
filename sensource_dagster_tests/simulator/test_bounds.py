from typing import Any

import pytest

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster.simulator.simulator import Simulator
from sensource_dagster_tests.simulator.client import Client, hours_of, utc


def test_instants_with_z_are_utc(client: Client) -> None:
    hours = hours_of(client.rows("traffic", "2025-12-01T16:00:00.000Z", "2025-12-01T17:30:00Z"))
    assert hours == {"2025-12-01T16:00:00.000Z", "2025-12-01T17:00:00.000Z"}


def test_a_start_within_an_hour_excludes_that_hour(client: Client) -> None:
    hours = hours_of(client.rows("traffic", "2025-12-01T15:00:01Z", "2025-12-01T16:30:00Z"))
    assert hours == {"2025-12-01T16:00:00.000Z"}


@pytest.mark.parametrize(("day", "first", "last"), [("12-01", "05", "04"), ("07-01", "04", "03")])
def test_bare_dates_are_us_eastern_midnights_with_an_exclusive_end(
    client: Client, day: str, first: str, last: str
) -> None:
    hours = sorted(hours_of(client.rows("traffic", f"2025-{day}", f"2025-{day[:-1]}2")))
    assert len(hours) == 24
    assert hours[0] == f"2025-{day}T{first}:00:00.000Z"
    assert hours[-1] == f"2025-{day[:-1]}2T{last}:00:00.000Z"


def test_an_instant_without_a_zone_is_us_eastern_too(client: Client) -> None:
    hours = hours_of(client.rows("traffic", "2025-12-01T00:00:00", "2025-12-01T00:30:00"))
    assert hours == {"2025-12-01T05:00:00.000Z"}


def test_an_end_that_is_an_instant_is_inclusive(client: Client) -> None:
    hours = hours_of(client.rows("traffic", "2025-12-01T16:00:00Z", "2025-12-01T17:00:00Z"))
    assert hours == {"2025-12-01T16:00:00.000Z", "2025-12-01T17:00:00.000Z"}


def test_an_end_that_is_an_instant_can_be_made_exclusive(clock: ManualClock) -> None:
    with serving(Options(instant_end_inclusive=False), clock) as sim:
        hours = hours_of(Client(sim).rows("traffic", "2025-12-01T16:00:00Z", "2025-12-01T17:00:00Z"))
    assert hours == {"2025-12-01T16:00:00.000Z"}


@pytest.mark.parametrize("end_inclusive", [True, False])
def test_a_filter_before_the_grouping_leaves_a_part_of_the_hours_that_the_bounds_cut(
    clock: ManualClock, end_inclusive: bool
) -> None:
    options = Options(zones=1, filters_first=True, instant_end_inclusive=end_inclusive)
    with serving(options, clock) as sim:
        client = Client(sim)
        whole = [row["sumins"] for row in client.rows("traffic", "2025-12-01T18:00:00Z", "2025-12-01T20:59:59Z")]
        rows = client.rows("traffic", "2025-12-01T18:30:00Z", "2025-12-01T20:15:00Z")
        up_to_an_hour = client.rows("traffic", "2025-12-01T18:00:00Z", "2025-12-01T19:00:00Z")
    assert min(whole) > 0
    assert [row["sumins"] for row in rows] == [whole[0] // 2, whole[1], whole[2] // 4]
    assert [row["sumins"] for row in up_to_an_hour] == [whole[0], 0][: 1 + end_inclusive]


def test_unknown_parameters_are_ignored(still: RunningSimulator, client: Client) -> None:
    start, end = "2025-12-01T16:00:00Z", "2025-12-01T20:30:00Z"
    zone_id = still.entities("zone")[0]["zoneId"]
    filtered = client.rows("traffic", start, end, zoneId=zone_id, entityIds=zone_id, dateGrouping="day")
    assert filtered == client.rows("traffic", start, end)
    assert len({row["zoneId"] for row in filtered}) == 5


def test_a_window_that_ends_before_it_starts_is_empty(client: Client) -> None:
    assert client.rows("traffic", "2025-12-02", "2025-12-01") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"startDate": None},
        {"endDate": None},
        {"metrics": None},
        {"startDate": "yesterday"},
        {"startDate": "20251201"},
        {"endDate": "2025-13-01"},
        {"endDate": "2025-12-02T00:00:00 00:00"},
        {"metrics": ""},
        {"metrics": "in"},
        {"metrics": "ins,occupancy(max)"},
        {"relativeDate": None},
        {"entityType": "space"},
        {"dateGroupings": "fortnight"},
    ],
    ids=str,
)
def test_a_parameter_that_is_missing_or_cannot_be_read_is_a_400(client: Client, changes: dict[str, Any]) -> None:
    response = client.counts("traffic", "2025-12-01", "2025-12-02", **changes)
    assert (response.status_code, list(response.json())) == (400, ["message"])


def test_the_window_of_the_truth_is_half_open(account: Simulator) -> None:
    hours = hours_of(account.truth("traffic", utc(2025, 12, 1, 16), utc(2025, 12, 1, 17)))
    assert hours == {"2025-12-01T16:00:00.000Z"}
