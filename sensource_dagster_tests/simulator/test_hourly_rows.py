from datetime import date

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster.simulator.simulator import Simulator
from sensource_dagster_tests.simulator.client import DAY, HOUR, NOW, Client, hours_of, utc


def test_rows_are_sorted_by_hour_then_id_and_none_repeats(client: Client) -> None:
    rows = client.rows("traffic", "2025-11-10", "2025-12-10")
    keys = [(row["recordDate_hour_1"], row["zoneId"]) for row in rows]
    assert len(keys) > 3000
    assert keys == sorted(set(keys))


def test_names_in_counts_are_the_zones_names(still: RunningSimulator, client: Client) -> None:
    names = {row["zoneId"]: row["name"] for row in client.get("/api/zone").json()}
    rows = client.rows("traffic", "2025-12-01", "2025-12-02")
    assert {row["zoneId"]: row["name"] for row in rows} == names


def test_counts_begin_at_local_midnight_of_the_opening_day(clock: ManualClock) -> None:
    account = Simulator(Options(opened=date(2025, 6, 1)), clock)
    hours = hours_of(account.truth("traffic", utc(2020, 1, 1), utc(2025, 6, 2)))
    assert min(hours) == "2025-06-01T06:00:00.000Z"


def test_an_account_opened_three_years_ago_by_default(account: Simulator) -> None:
    hours = hours_of(account.truth("traffic", utc(2020, 1, 1), utc(2022, 1, 3)))
    assert min(hours) == "2022-01-01T07:00:00.000Z"


def test_counts_end_with_the_running_hour_but_one_zone_is_an_hour_ahead(
    still: RunningSimulator, client: Client
) -> None:
    newest: dict[str, str] = {}
    for row in client.rows("traffic", "2025-12-10", "2026-01-10"):
        newest[row["zoneId"]] = row["recordDate_hour_1"]
    ahead = still.entities("zone")[1]["zoneId"]
    assert newest.pop(ahead) == "2025-12-10T23:00:00.000Z"
    assert set(newest.values()) == {"2025-12-10T22:00:00.000Z"}


def test_closed_hours_are_rows_of_zeros(client: Client) -> None:
    rows = client.rows("traffic", "2025-12-03T08:00:00Z", "2025-12-03T12:30:00Z")  # 1:00 to 6:00 in Denver
    assert len(rows) == 25
    assert {(row["sumins"], row["sumouts"]) for row in rows} == {(0, 0)}


def test_a_response_can_be_large(clock: ManualClock) -> None:
    with serving(Options(zones=50), clock) as sim:
        rows = Client(sim).rows("traffic", "2025-11-01T00:00:00Z", "2025-11-30T23:00:00Z")
    assert 35_000 < len(rows) < 36_000


def test_a_window_before_the_opening_or_after_now_is_empty(account: Simulator) -> None:
    assert account.truth("traffic", utc(2019, 1, 1), utc(2020, 1, 1)) == []
    assert account.truth("traffic", NOW + 3 * HOUR, NOW + DAY) == []
