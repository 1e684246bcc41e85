"""`notify` is called once for each failure, in words that say what happened."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
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
    build_run_status_sensor_context,
    define_asset_job,
    instance_for_test,
    materialize,
)

from sensource_dagster.automation import alerts
from sensource_dagster.automation.alerts import Alert, alert_sensors
from sensource_dagster.simulator import fault_kinds
from sensource_dagster_tests.end_to_end.sync import syncing
from sensource_dagster_tests.end_to_end.test_faults import FIRST

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
    with instance_for_test() as made:
        yield made


def silent(doors: str, severity: AssetCheckSeverity = AssetCheckSeverity.WARN) -> AssetCheckResult:
    return AssetCheckResult(passed=False, severity=severity, description=f"Silent: {doors}.")


def alerts_of_run(instance: DagsterInstance, result: Any, monkeypatch: pytest.MonkeyPatch) -> list[Alert]:
    """What the sensors tell of an ended run, as the daemon calls them."""
    sent: list[Alert] = []
    monkeypatch.setattr(alerts, "notify", lambda alert, _log: sent.append(alert))
    run = instance.get_run_by_id(result.run_id)
    assert run
    for sensor in alert_sensors():
        if (sensor.name == "failed_runs") == (not result.success):
            event = result.get_run_failure_event() if not result.success else result.get_run_success_event()
            sensor(build_run_status_sensor_context(sensor.name, event, instance, run))
    return sent


def check_again(instance: DagsterInstance, says: AssetCheckResult, monkeypatch: pytest.MonkeyPatch) -> list[Alert]:
    found.append(says)
    result = materialize([doors, none_is_silent], instance=instance, raise_on_error=False)
    return alerts_of_run(instance, result, monkeypatch)


def test_a_failed_run_is_reported_with_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with syncing(tmp_path) as sync:
        sync.simulator.faults.next(fault_kinds.status(403), path="/api/data/traffic")
        result = sync.run("counts", FIRST)

        alert, *of_checks = alerts_of_run(sync.instance, result, monkeypatch)

    assert all(other.title.startswith("Check ") for other in of_checks)
    assert alert.title == f"Run {result.run_id} of counts failed"
    assert alert.is_error
    assert alert.text.startswith("sensource__traffic: GET http://127.0.0.1")
    assert "HTTP 403" in alert.text


def test_a_run_that_succeeds_and_checks_that_pass_tell_nothing(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check_again(instance, AssetCheckResult(passed=True), monkeypatch) == []


def test_a_check_that_fails_is_reported_once_and_again_when_it_says_something_else(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def texts(says: AssetCheckResult) -> list[str]:
        return [alert.text for alert in check_again(instance, says, monkeypatch)]

    assert texts(silent("north")) == ["Silent: north."]
    assert texts(silent("north")) == []
    assert texts(silent("north, south")) == ["Silent: north, south."]


def test_what_was_mended_is_reported_again_when_it_comes_back(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(check_again(instance, silent("north"), monkeypatch)) == 1
    assert check_again(instance, AssetCheckResult(passed=True), monkeypatch) == []
    assert len(check_again(instance, silent("north"), monkeypatch)) == 1


def test_what_one_job_does_not_see_is_not_news_when_another_one_still_does(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [define_asset_job(name, "*") for name in ("hourly", "nightly")]
    made = Definitions(assets=[doors], asset_checks=[none_is_silent], jobs=jobs)

    def alerts_sent(job: str, says: AssetCheckResult) -> int:
        found.append(says)
        return len(
            alerts_of_run(instance, made.resolve_job_def(job).execute_in_process(instance=instance), monkeypatch)
        )

    assert alerts_sent("nightly", silent("north")) == 1
    assert alerts_sent("hourly", AssetCheckResult(passed=True)) == 0
    assert alerts_sent("nightly", silent("north")) == 0
    assert alerts_sent("hourly", silent("north")) == 0
    assert alerts_sent("nightly", AssetCheckResult(passed=True)) == 0
    assert alerts_sent("nightly", silent("north")) == 1


def test_of_two_runs_that_end_before_the_sensor_looks_the_first_one_tells(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    found.append(silent("north"))
    runs = [materialize([doors, none_is_silent], instance=instance) for _ in range(2)]

    assert [len(alerts_of_run(instance, run, monkeypatch)) for run in runs] == [1, 0]


def test_an_alert_that_cannot_be_sent_keeps_no_other_back(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def failing(alert: Alert, _log: logging.Logger) -> None:
        tried.append(alert.text)
        raise ConnectionError("no mail server")

    monkeypatch.setattr(alerts, "notify", failing)
    found.append(silent("north"))
    result = materialize([doors, none_is_silent, none_is_loud], instance=instance)
    run = instance.get_run_by_id(result.run_id)
    assert run
    [sensor] = [sensor for sensor in alert_sensors() if sensor.name == "failed_checks"]
    with pytest.raises(ConnectionError):
        sensor(build_run_status_sensor_context(sensor.name, result.get_run_success_event(), instance, run))

    assert sorted(tried) == ["Loud: south.", "Silent: north."]


def test_a_check_that_names_what_it_found_is_reported_again_for_a_new_name_but_not_for_a_new_number(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alerts_again(**hours_missing: int) -> bool:
        records = [TableRecord({"zone": zone, "hours": hours}) for zone, hours in hours_missing.items()]
        total = sum(hours_missing.values())
        says = AssetCheckResult(
            passed=False, description=f"{total} hours missing.", metadata={"found": MetadataValue.table(records)}
        )
        return bool(check_again(instance, says, monkeypatch))

    assert alerts_again(north=1)
    assert not alerts_again(north=2)
    assert alerts_again(north=2, south=1)
    assert not alerts_again(south=5)
    assert alerts_again(west=1)


@pytest.mark.parametrize(
    ("severity", "is_error"), [(AssetCheckSeverity.WARN, False), (AssetCheckSeverity.ERROR, True)]
)
def test_an_alert_says_whether_it_is_an_error(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch, severity: AssetCheckSeverity, is_error: bool
) -> None:
    [alert] = check_again(instance, silent("north", severity), monkeypatch)

    assert alert.is_error == is_error
    assert alert.title == f"Check none_is_silent of {AssetKey('doors').to_user_string()} failed"


def test_as_it_stands_an_alert_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("sensor")
    alerts.notify(Alert("Run 1 failed", "why", is_error=True, run_id="1"), log)
    alerts.notify(Alert("Check 2 failed", "why not", is_error=False, run_id="1"), log)

    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("ERROR", "Run 1 failed: why"),
        ("WARNING", "Check 2 failed: why not"),
    ]
