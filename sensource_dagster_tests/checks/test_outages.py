"""An outage is told when its first day is settled, and when it is over: not each night, never of new days."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dagster import AssetKey, AssetMaterialization, DagsterInstance

from sensource_dagster.automation.alerts import Alert, alerts_of
from sensource_dagster_tests.checks.checked import Checked, evaluations
from sensource_dagster_tests.checks.test_completeness import W, fill

DENVER = ZoneInfo("America/Denver")
DARK = [date(2025, 12, 3), date(2025, 12, 4), date(2025, 12, 5)]
FIRST, LAST = date(2025, 11, 20), date(2025, 12, 12)
NIGHTS = [date(2025, 12, 5) + timedelta(days=number) for number in range(4)]


@pytest.fixture
def history() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def zones(checked: Checked) -> list[str]:
    """A warehouse without a gap."""
    return fill(checked, FIRST, LAST)


def cut(checked: Checked, zone: str, *days: date, hours: int = 24) -> None:
    """Delete the first hours of days."""
    for day in days:
        checked.sql(
            f"DELETE FROM {W}.traffic WHERE zone_id = '{zone}' AND record_date = '{day}' "
            f"AND hour(record_hour) < {hours}"
        )


def night(
    checked: Checked, history: DagsterInstance, today: date, reads: bool = True, of: date | None = None
) -> list[Alert]:
    """What is told of a run at 03:00 that reads and judges the last seven days, or one other day."""
    checked.now = datetime.combine(today, time(3), DENVER)
    with time_machine.travel(checked.now):
        for back in range(8 if reads else 0):
            day = str(today - timedelta(days=back))
            history.report_runless_asset_event(
                AssetMaterialization(AssetKey(["sensource", "traffic"]), partition=day)
            )
    result = checked.run("traffic", of, only="hours_are_complete", history=history)
    run = history.get_run_by_id(result.run_id)
    assert run
    return [*alerts_of(history, run)]


def told(checked: Checked, history: DagsterInstance, **others: Any) -> dict[date, list[Alert]]:
    each = {today: night(checked, history, today, **others) for today in NIGHTS}
    return {today: alerts for today, alerts in each.items() if alerts}


def test_three_days_without_a_sensor_are_one_alert_and_one_when_it_is_back(
    checked: Checked, history: DagsterInstance, zones: list[str]
) -> None:
    cut(checked, zones[0], *DARK)

    alerts = told(checked, history)

    assert [*alerts] == [date(2025, 12, 6), date(2025, 12, 7)]
    [begin], [end] = alerts.values()
    assert begin.title == "Check hours_are_complete of sensource/traffic: 1 zone offline"
    assert f"({zones[0]}): 2025-12-03" in begin.text
    assert not begin.is_over
    assert end.title == "Check hours_are_complete of sensource/traffic: 1 zone back"
    assert f"({zones[0]}): offline up to 2025-12-05, back since 2025-12-06" in end.text
    assert end.is_over


def test_a_library_with_nothing_wrong_tells_nothing_though_hours_of_the_newest_days_and_single_ones_are_missing(
    checked: Checked, history: DagsterInstance, zones: list[str]
) -> None:
    for zone in zones:
        cut(checked, zone, FIRST + timedelta(days=12), hours=10)
    assert told(checked, history) == {}
    for zone in zones:
        cut(checked, zone, date(2025, 12, 9), date(2025, 12, 10))
    assert night(checked, history, date(2025, 12, 10)) == []
    assert night(checked, history, date(2025, 12, 11)) == []
    assert len(night(checked, history, date(2025, 12, 12))) == 1


def test_a_single_day_is_one_alert_that_says_that_it_is_over(
    checked: Checked, history: DagsterInstance, zones: list[str]
) -> None:
    cut(checked, zones[1], DARK[0])

    [alerts] = told(checked, history).values()

    assert [alert.text.splitlines()[-1].rpartition("): ")[2] for alert in alerts] == [
        "2025-12-03, back since 2025-12-04"
    ]


def test_hours_that_come_late_end_an_outage(checked: Checked, history: DagsterInstance, zones: list[str]) -> None:
    cut(checked, zones[0], *DARK, *(date(2025, 12, day) for day in range(6, 11)))
    assert len(night(checked, history, date(2025, 12, 6))) == 1
    fill(checked, FIRST, LAST)

    [end] = night(checked, history, date(2025, 12, 7))

    assert "its hours up to 2025-12-03 have come" in end.text


def test_after_a_downtime_a_run_of_an_old_day_does_not_tell_that_a_door_is_back(
    checked: Checked, history: DagsterInstance, zones: list[str]
) -> None:
    cut(checked, zones[0], *DARK, *(date(2025, 12, day) for day in range(6, 11)))
    assert len(night(checked, history, date(2025, 12, 6))) == 1
    assert night(checked, history, date(2025, 12, 30), reads=False, of=FIRST) == []
    assert night(checked, history, date(2025, 12, 7)) == []
    fill(checked, FIRST, LAST)
    assert len(night(checked, history, date(2025, 12, 8))) == 1


def test_days_that_were_not_read_since_they_settled_tell_nothing(
    checked: Checked, history: DagsterInstance, zones: list[str]
) -> None:
    for zone in zones:
        cut(checked, zone, *DARK)
    assert told(checked, history, reads=False) == {}


def test_what_was_over_before_the_first_look_is_history(
    checked: Checked, history: DagsterInstance, zones: list[str]
) -> None:
    cut(checked, zones[0], DARK[0])
    assert night(checked, history, date(2025, 12, 9)) == []


def test_days_older_than_two_alone_let_the_check_fail(
    checked: Checked, history: DagsterInstance, zones: list[str]
) -> None:
    cut(checked, zones[0], date(2025, 12, 8), hours=3)
    for today, passes in ((date(2025, 12, 10), True), (date(2025, 12, 11), False)):
        checked.now = datetime.combine(today, time(3), DENVER)
        evaluation = evaluations(checked.run("traffic", only="hours_are_complete"))["hours_are_complete"]
        assert evaluation.passed == passes
        assert "3 of " in str(evaluation.description)
        assert ("3 hours of the newest days may still come" in str(evaluation.description)) == passes


Silenced = Callable[..., Checked]


@pytest.fixture
def silenced(checked: Checked, tmp_path: Path) -> Silenced:
    def make(zone: str, until: str) -> Checked:
        file = tmp_path / "alarms.toml"
        file.write_text(
            f'[[quiet]]\nzone = "{zone}"\ncheck = "hours_are_complete"\nuntil = {until}\nreason = "Rebuilt."\n'
        )
        return Checked(replace(checked.settings, alarms=file))

    return make


def test_a_silenced_zone_is_shown_and_neither_fails_nor_tells(
    checked: Checked, history: DagsterInstance, zones: list[str], silenced: Silenced
) -> None:
    cut(checked, zones[0], *DARK)
    quiet = silenced(zones[0], "2025-12-31")
    assert told(quiet, history) == {}

    result = quiet.run("traffic", only="hours_are_complete")
    evaluation = evaluations(result)["hours_are_complete"]

    assert evaluation.passed
    assert "1 zone is silenced until 2025-12-31: Rebuilt." in str(evaluation.description)
    assert "72 of " in str(evaluation.description)


def test_a_zone_is_told_when_its_silence_ends_and_not_as_back_when_it_begins(
    checked: Checked, history: DagsterInstance, zones: list[str], silenced: Silenced
) -> None:
    cut(checked, zones[0], *DARK, *(date(2025, 12, day) for day in range(6, 11)))
    assert len(night(checked, history, date(2025, 12, 7))) == 1
    quiet = silenced(zones[0], "2025-12-09")
    assert night(quiet, history, date(2025, 12, 8)) == []
    assert night(quiet, history, date(2025, 12, 9)) == []
    assert len(night(quiet, history, date(2025, 12, 10))) == 1


def test_all_outages_are_in_the_metadata_and_the_alert_names_ten_and_a_query_for_the_others(
    checked: Checked, history: DagsterInstance, zones: list[str]
) -> None:
    checked.sql(
        f"INSERT INTO {W}.zone BY NAME SELECT 'more' || n AS zone_id, 'Door ' || n AS name, false AS _deleted, "
        "now() AS _synced_at, false AS disabled FROM range(195) r(n)"
    )
    [alert] = night(checked, history, date(2025, 12, 9))

    assert alert.title.endswith(": 195 zones offline")
    lines = alert.text.splitlines()
    assert len([line for line in lines if line.startswith("- ")]) == 10
    assert len(alert.text) < 2000
    more, _, query = lines[-1].partition(": ")
    assert more == "and 185 more"
    with_catalog = query.replace("sensource.", f"{W}.")
    assert len(checked.sql(with_catalog)) == 195
    run = history.get_runs(limit=1)[0]
    logged = [*history.all_logs(run.run_id)]
    outages: list[Any] = [
        event.dagster_event.asset_check_evaluation_data.metadata["outages"].value
        for event in logged
        if event.dagster_event and event.dagster_event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    assert len(outages[0]) == 195
    assert len(json.dumps(outages[0])) < 195 * 120
    assert night(checked, history, date(2025, 12, 10)) == []
    checked.sql(f"UPDATE {W}.zone SET _deleted = true WHERE zone_id = 'more194'")
    [end] = night(checked, history, date(2025, 12, 11))
    assert end.title.endswith(": 1 zone back")
