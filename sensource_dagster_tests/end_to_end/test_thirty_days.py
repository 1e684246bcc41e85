"""Thirty days of a deployment left alone: what its schedules ask for, what it says, what is true at the end.

The clocks of the API, of Dagster and of the ticks stand at the simulated time. In these days the clocks change, a
sensor is offline and sends later what it counted, the API is down for a day, and the project itself for two.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from dagster import AssetKey

from sensource_dagster.simulator import ManualClock, serving
from sensource_dagster.vea.windows import day_start
from sensource_dagster_tests.end_to_end.sync import Sync, variables_of
from sensource_dagster_tests.end_to_end.thirty_days import (
    API_DOWN,
    DELIVERED,
    DENVER,
    FALL_BACK,
    FIRST,
    LAST,
    OFFLINE,
    START_DATE,
    UP,
    Deployment,
    at,
    found,
)
from sensource_dagster_tests.instances import instance


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("thirty_days")
    clock = ManualClock(at(FIRST))
    with (
        serving(None, clock) as simulator,
        instance(folder / "history") as history,
        pytest.MonkeyPatch.context() as environment,
    ):
        variables = variables_of(simulator, folder, SENSOURCE_START_DATE=str(START_DATE))
        for name, value in variables.items():
            environment.setenv(name, value)
        made = Deployment(Sync(simulator, history, variables), clock)
        day = FIRST
        while day <= LAST:
            made.ticks(day)
            day += timedelta(days=1)
        made.tick("nightly", at(LAST + timedelta(days=1), 3))
        yield made


pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


@pytest.mark.parametrize("table", ["traffic", "occupancy"])
def test_at_the_end_every_row_is_true_those_before_the_first_tick_too(deployment: Deployment, table: str) -> None:
    start, end = day_start(START_DATE, DENVER), day_start(LAST + timedelta(days=2), DENVER)
    truth = deployment.sync.truth(table, start, end)
    assert len(truth) > 50 * 24
    assert deployment.sync.counts(table) == truth


def test_every_day_is_green(deployment: Deployment) -> None:
    days = {str(START_DATE + timedelta(days=number)) for number in range((LAST - START_DATE).days + 2)}
    for table in ("traffic", "occupancy"):
        assert deployment.sync.instance.get_materialized_partitions(AssetKey(["sensource", table])) == days


def test_a_day_without_the_api_is_told_as_failed_runs_and_as_a_stale_warehouse(deployment: Deployment) -> None:
    failed = [day for day, alert in deployment.alerts if alert.title.startswith("Run ")]
    assert failed == [API_DOWN] * 3  # `hourly`, `nightly`, and `hourly` when it reads the days apart that failed
    assert all("HTTP 503" in alert.text for _, alert in deployment.alerts if alert.title.startswith("Run "))
    for text in deployment.told("fresh")[API_DOWN]:
        assert text.startswith("The newest whole day is 2025-11-03. That is 1 day behind")


def test_the_downtime_of_the_project_is_told_at_the_first_tick_after_it(deployment: Deployment) -> None:
    for text in deployment.told("fresh")[UP.date()]:
        assert text.startswith("The newest whole day is 2025-11-07. That is 3 days behind")


def test_no_other_day_is_told_to_be_stale(deployment: Deployment) -> None:
    assert {day: len(texts) for day, texts in deployment.told("fresh").items()} == {API_DOWN: 2, UP.date(): 2}


def test_the_sensor_that_is_offline_is_told_as_a_silent_door_and_no_other_door_is(deployment: Deployment) -> None:
    evaluations = deployment.evaluations("door_is_unusual").values()
    named = set().union(*map(found, evaluations))
    assert named == {(deployment.offline_zone, str(day)) for day in OFFLINE}
    assert set(deployment.told("door_is_unusual")) == {OFFLINE[0] + timedelta(days=1)}  # once


def test_the_outage_of_the_sensor_is_told_once_and_no_other_hour_is(deployment: Deployment) -> None:
    [(day, [text])] = deployment.told("hours_are_complete").items()
    assert day == OFFLINE[0] + timedelta(days=3)
    assert f"({deployment.offline_zone}): {OFFLINE[0]} to {OFFLINE[-1]}, back since " in text


def test_hours_that_a_sensor_keeps_are_missing_until_it_sends_them(deployment: Deployment) -> None:
    evaluations = deployment.evaluations("hours_are_complete")
    before = found(evaluations[deployment.runs[at(DELIVERED.date(), 3)]])
    after = found(evaluations[deployment.runs[at(DELIVERED.date() + timedelta(days=1), 3)]])
    assert before[deployment.offline_zone, str(OFFLINE[0])]["hours_missing"] == 24
    assert (deployment.offline_zone, str(OFFLINE[1])) not in before  # its hours may still come
    for day in OFFLINE:
        kept = (deployment.offline_zone, str(day))
        there = deployment.sync.query(
            "SELECT count(*) FROM sensource.traffic "
            f"WHERE zone_id = '{deployment.offline_zone}' AND record_date = DATE '{day}'"
        )[0][0]
        assert after.get(kept, {"hours_missing": 0})["hours_missing"] == 24 - there


def test_on_the_day_of_25_hours_the_one_that_vea_never_has_is_not_missing(deployment: Deployment) -> None:
    evaluations = deployment.evaluations("hours_are_complete")
    nightly = found(evaluations[deployment.runs[at(FALL_BACK + timedelta(days=2), 3)]])
    assert {data["hours_expected"] for (_, day), data in nightly.items() if day == str(FALL_BACK)} <= {24}
    assert len(nightly) < 15


def test_no_other_check_of_the_counts_fails(deployment: Deployment) -> None:
    for check in (
        "key_is_unique",
        "days_are_local",
        "counts_are_not_negative",
        "entities_are_listed",
        "ins_and_outs_agree",
    ):
        evaluations = deployment.evaluations(check)
        assert len(evaluations) > 100
        assert all(evaluation.passed for evaluation in evaluations.values()), check
        assert deployment.told(check) == {}


def test_what_changed_late_is_explained(deployment: Deployment) -> None:
    newest = """
        SELECT entity_id AS zone_id, record_date_hour_1, arg_max(new_value, seen_at) AS value
        FROM sensource.corrections
        WHERE table_name = 'traffic' AND column_name = 'sumins' GROUP BY ALL"""
    joined = f"({newest}) JOIN sensource.traffic USING (zone_id, record_date_hour_1)"
    [(corrected, explained)] = deployment.sync.query(
        f"SELECT count(*), count(*) FILTER (CAST(sumins AS VARCHAR) = value) FROM {joined}"
    )
    assert corrected == explained > 50
