"""What is told of a run that has ended: once for each failure, in words that say what happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import time_machine
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetKey,
    DagsterInstance,
    Definitions,
    MetadataValue,
    TableRecord,
    asset,
    asset_check,
    define_asset_job,
    materialize,
)

from sensource_dagster.automation.alerts import Alert, alerts_of
from sensource_dagster.simulator import fault_kinds
from sensource_dagster_tests.end_to_end.sync import syncing
from sensource_dagster_tests.end_to_end.test_faults import FIRST

BEGIN = datetime(2026, 3, 1, 4, 20, tzinfo=timezone.utc)
found: list[AssetCheckResult] = []


@asset
def doors() -> None: ...


@asset_check(asset=doors)
def none_is_silent() -> AssetCheckResult:
    return found[-1]


@asset_check(asset=doors)
def none_is_loud() -> AssetCheckResult:
    return AssetCheckResult(passed=False, severity=AssetCheckSeverity.WARN, description="Loud: south.")


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def silent(doors: str, severity: AssetCheckSeverity = AssetCheckSeverity.WARN) -> AssetCheckResult:
    return AssetCheckResult(passed=False, severity=severity, description=f"Silent: {doors}.")


def alerts_of_run(instance: DagsterInstance, result: Any) -> list[Alert]:
    run = instance.get_run_by_id(result.run_id)
    assert run
    return [*alerts_of(instance, run)]


def check_again(instance: DagsterInstance, says: AssetCheckResult) -> list[Alert]:
    found.append(says)
    result = materialize([doors, none_is_silent], instance=instance, raise_on_error=False)
    return alerts_of_run(instance, result)


def test_a_failed_run_is_reported_with_its_error(tmp_path: Path) -> None:
    with syncing(tmp_path) as sync:
        sync.simulator.faults.next(fault_kinds.status(403), path="/api/data/traffic")
        result = sync.run("counts", FIRST)

        alert, *of_checks = alerts_of_run(sync.instance, result)

    assert all(other.title.startswith("Check ") for other in of_checks)
    assert alert.title == f"Run {result.run_id} of counts failed"
    assert alert.is_error
    assert alert.text.startswith("sensource__traffic: GET http://127.0.0.1")
    assert "HTTP 403" in alert.text


def test_a_run_that_fails_in_the_words_of_the_one_before_it_is_not_told_until_the_next_night(
    tmp_path: Path,
) -> None:
    def titles(status: int, at: timedelta, day: date = FIRST) -> list[str]:
        sync.simulator.faults.next(fault_kinds.status(status), path="/api/data/traffic", times=20)
        with time_machine.travel(BEGIN + at):
            result = sync.run("counts", day)
        sync.simulator.faults.clear()
        return [alert.title for alert in alerts_of_run(sync.instance, result) if "counts failed" in alert.title]

    with syncing(tmp_path) as sync:
        assert len(titles(403, timedelta())) == 1
        assert titles(403, timedelta(hours=1)) == []
        assert len(titles(403, timedelta(hours=2), FIRST + timedelta(days=1))) == 1
        assert titles(403, timedelta(hours=12)) == []
        assert len(titles(404, timedelta(hours=13))) == 1
        assert len(titles(404, timedelta(hours=26))) == 1


def test_a_run_that_succeeds_and_checks_that_pass_tell_nothing(instance: DagsterInstance) -> None:
    assert check_again(instance, AssetCheckResult(passed=True)) == []


def test_a_check_that_fails_is_reported_once_and_again_when_it_says_something_else(
    instance: DagsterInstance,
) -> None:
    def texts(says: AssetCheckResult) -> list[str]:
        return [alert.text for alert in check_again(instance, says)]

    assert texts(silent("north")) == ["Silent: north."]
    assert texts(silent("north")) == []
    assert texts(silent("north, south")) == ["Silent: north, south."]


def test_what_was_mended_is_reported_again_when_it_comes_back(instance: DagsterInstance) -> None:
    assert len(check_again(instance, silent("north"))) == 1
    assert check_again(instance, AssetCheckResult(passed=True)) == []
    assert len(check_again(instance, silent("north"))) == 1


def test_what_one_job_does_not_see_is_not_news_when_another_one_still_does(instance: DagsterInstance) -> None:
    jobs = [define_asset_job(name, "*") for name in ("hourly", "nightly")]
    made = Definitions(assets=[doors], asset_checks=[none_is_silent], jobs=jobs)

    def alerts_sent(job: str, says: AssetCheckResult) -> int:
        found.append(says)
        return len(alerts_of_run(instance, made.resolve_job_def(job).execute_in_process(instance=instance)))

    assert alerts_sent("nightly", silent("north")) == 1
    assert alerts_sent("hourly", AssetCheckResult(passed=True)) == 0
    assert alerts_sent("nightly", silent("north")) == 0
    assert alerts_sent("hourly", silent("north")) == 0
    assert alerts_sent("nightly", AssetCheckResult(passed=True)) == 0
    assert alerts_sent("nightly", silent("north")) == 1


def test_of_two_runs_that_end_before_the_sensor_looks_the_first_one_tells(instance: DagsterInstance) -> None:
    found.append(silent("north"))
    runs = [materialize([doors, none_is_silent], instance=instance) for _ in range(2)]

    assert [len(alerts_of_run(instance, run)) for run in runs] == [1, 0]


def test_a_check_that_names_what_it_found_is_reported_again_for_a_new_name_but_not_for_a_new_number(
    instance: DagsterInstance,
) -> None:
    def alerts_again(**hours_missing: int) -> bool:
        records = [TableRecord({"zone": zone, "hours": hours}) for zone, hours in hours_missing.items()]
        total = sum(hours_missing.values())
        says = AssetCheckResult(
            passed=False, description=f"{total} hours missing.", metadata={"found": MetadataValue.table(records)}
        )
        return bool(check_again(instance, says))

    assert alerts_again(north=1)
    assert not alerts_again(north=2)
    assert alerts_again(north=2, south=1)
    assert not alerts_again(south=5)
    assert alerts_again(west=1)


@pytest.mark.parametrize(
    ("severity", "is_error"), [(AssetCheckSeverity.WARN, False), (AssetCheckSeverity.ERROR, True)]
)
def test_an_alert_says_whether_it_is_an_error(
    instance: DagsterInstance, severity: AssetCheckSeverity, is_error: bool
) -> None:
    [alert] = check_again(instance, silent("north", severity))

    assert alert.is_error == is_error
    assert alert.title == f"Check none_is_silent of {AssetKey('doors').to_user_string()} failed"


def named(*ids: str) -> AssetCheckResult:
    """As the checks of the project name zones: those beyond the first fifty, too."""
    affected = {key: {"name": f"Door {key}", "rows": 1} for key in ids}
    rows = [TableRecord({"zone_id": key}) for key in ids[:50]]
    return AssetCheckResult(
        passed=not ids,
        severity=AssetCheckSeverity.WARN,
        description="Unusual.",
        metadata={"found": MetadataValue.table(rows), "affected": MetadataValue.json(affected)} if ids else {},
    )


def test_a_zone_is_told_once_while_it_is_named_and_again_after_it_was_not(instance: DagsterInstance) -> None:
    told = [
        [line for alert in check_again(instance, named(*ids)) for line in alert.text.splitlines()[1:]]
        for ids in (["1"], ["1"], ["1", "2"], ["2"], ["1", "2"])
    ]

    assert told == [["- Door 1 (1)"], [], ["- Door 2 (2)"], [], ["- Door 1 (1)"]]


def test_news_are_judged_on_all_zones_and_not_on_the_first_fifty(instance: DagsterInstance) -> None:
    many = [f"{number:03}" for number in range(300)]
    assert len(check_again(instance, named(*many))) == 1
    assert check_again(instance, named(*reversed(many))) == []
    [alert] = check_again(instance, named(*many, "new"))
    assert alert.text.splitlines() == ["Unusual.", "- Door new (new)"]


def test_what_the_nightly_run_still_finds_is_not_news_after_a_day_of_hourly_runs_that_do_not_look_so_far(
    instance: DagsterInstance,
) -> None:
    jobs = [define_asset_job(name, "*") for name in ("hourly", "nightly")]
    made = Definitions(assets=[doors], asset_checks=[none_is_silent], jobs=jobs)

    def alerts_sent(job: str, says: AssetCheckResult) -> int:
        found.append(says)
        return len(alerts_of_run(instance, made.resolve_job_def(job).execute_in_process(instance=instance)))

    assert alerts_sent("nightly", named("1")) == 1
    for _ in range(4):
        assert alerts_sent("hourly", named()) == 0
    assert alerts_sent("nightly", named("1")) == 0
