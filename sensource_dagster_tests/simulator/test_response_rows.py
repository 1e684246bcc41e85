from collections import defaultdict

import pytest

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster_tests.simulator.client import Client, utc

WEEK = ("2025-12-01", "2025-12-08")


def test_a_response_has_messages_and_results(client: Client) -> None:
    document = client.counts("traffic", *WEEK).json()
    assert list(document) == ["messages", "results"]
    assert document["messages"] == []


@pytest.mark.parametrize(
    ("metrics", "fields"),
    [("ins,outs", ["sumins", "sumouts"]), ("outs,ins", ["sumins", "sumouts"]), ("outs", ["sumouts"])],
)
def test_traffic_rows_have_the_recorded_fields_and_only_the_requested_metrics(
    client: Client, metrics: str, fields: list[str]
) -> None:
    rows = client.rows("traffic", *WEEK, metrics=metrics)
    assert {tuple(row) for row in rows} == {("recordDate_hour_1", "zoneId", "name", *fields)}
    assert all(type(row[field]) is int for row in rows for field in fields)


def test_average_occupancy_is_a_string_between_two_integers(client: Client) -> None:
    for row in client.rows("occupancy", "2025-11-10", "2025-12-10"):
        assert type(row["minoccupancy"]) is type(row["maxoccupancy"]) is int
        assert type(row["avgoccupancy"]) is str
        assert 0 <= row["minoccupancy"] <= float(row["avgoccupancy"]) <= row["maxoccupancy"]


def test_occupancy_rows_have_ins_and_outs_without_request_and_some_have_a_record_error(client: Client) -> None:
    rows = client.rows("occupancy", "2025-11-10", "2025-12-10", metrics="occupancy(max)")
    plain = ("recordDate_hour_1", "spaceId", "name", "maxoccupancy", "sumins", "sumouts")
    assert {tuple(row) for row in rows} == {plain, (*plain, "recordError")}


def test_day_buckets_are_us_eastern_days(still: RunningSimulator, client: Client) -> None:
    rows = client.rows("traffic", *WEEK, dateGroupings="day")
    assert {tuple(row) for row in rows} == {("recordDate_day_1", "zoneId", "name", "sumins", "sumouts")}
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for day in range(1, 8):
        for row in still.truth("traffic", utc(2025, 12, day, 5), utc(2025, 12, day + 1, 5)):
            sums[f"2025-12-{day:02}T05:00:00.000Z", row["zoneId"]] += row["sumins"]
    assert {(row["recordDate_day_1"], row["zoneId"]): row["sumins"] for row in rows} == sums


def test_day_buckets_can_be_the_accounts_own_days(clock: ManualClock) -> None:
    with serving(Options(day_groups="account"), clock) as sim:
        rows = Client(sim).rows("traffic", *WEEK, dateGroupings="day")
        assert {row["recordDate_day_1"][10:] for row in rows} == {"T07:00:00.000Z"}


def test_day_buckets_of_occupancy_hold_the_days_extremes_and_a_string_average(
    still: RunningSimulator, client: Client
) -> None:
    row = client.rows("occupancy", "2025-12-01", "2025-12-02", dateGroupings="day")[0]
    hours = [
        hour
        for hour in still.truth("occupancy", utc(2025, 12, 1, 5), utc(2025, 12, 2, 5))
        if hour["spaceId"] == row["spaceId"]
    ]
    assert row["maxoccupancy"] == max(hour["maxoccupancy"] for hour in hours)
    assert row["minoccupancy"] == min(hour["minoccupancy"] for hour in hours)
    average = sum(float(hour["avgoccupancy"]) for hour in hours) / len(hours)
    assert row["avgoccupancy"] == str(round(average, 1))
