"""The sensors see each run of the project that has ended, and tell people once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import time_machine
from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    SkipReason,
    build_sensor_context,
)

from sensource_dagster.automation.failing_days import KNOWN_FAILURE_TAG
from sensource_dagster.config.settings import read_settings
from sensource_dagster.definitions import build_definitions
from sensource_dagster_tests.automation.alert_deployment import Sensors, failing, subjects
from sensource_dagster_tests.automation.mail_server import Mailbox
from sensource_dagster_tests.instances import instance as project_instance


def test_both_sensors_are_on_from_the_first_start() -> None:
    made = {sensor.name: sensor for sensor in build_definitions(read_settings({})).sensors or []}
    for name in ("failed_runs", "failed_checks"):
        assert made[name].default_status is DefaultSensorStatus.RUNNING


def test_each_sensor_tells_of_its_runs_once(sensors: Sensors, mailbox: Mailbox) -> None:
    failed = sensors.run(failing)
    assert sensors.tick() == {"failed_runs": "1 new alert.", "failed_checks": "No new alerts."}
    sensors.run()
    assert sensors.tick() == {"failed_runs": "No new alerts.", "failed_checks": "1 new alert."}
    assert sensors.tick() == {"failed_runs": "No new alerts.", "failed_checks": "No new alerts."}
    assert subjects(mailbox) == [f"Run {failed} of failing failed", "Check none_is_silent of doors failed"]
    assert "as always" in mailbox.taken[0].get_content()


def test_what_happened_before_the_first_tick_is_not_told(tmp_path: Path) -> None:
    with project_instance(tmp_path / "history") as made:
        sensors = Sensors(made)
        sensors.run(failing)
        assert set(sensors.tick().values()) == {"From now on."}
        assert set(sensors.tick().values()) == {"No new alerts."}


def test_a_cursor_of_an_earlier_version_begins_anew(sensors: Sensors) -> None:
    sensors.cursors = {"failed_runs": '{"record_id": 3, "__class__": "RunStatusSensorCursor"}'}
    assert sensors.tick()["failed_runs"] == "From now on."


def killed(sensors: Sensors, will_retry: str | None = "true", **tags: str) -> str:
    """A run whose process is gone, as the daemon records it."""
    run = sensors.instance.create_run_for_job(failing, status=DagsterRunStatus.STARTED, tags=tags)
    sensors.instance.report_run_failed(run)
    if will_retry:
        assert sensors.instance.get_run_by_id(run.run_id).tags["dagster/will_retry"] == will_retry  # type: ignore[union-attr]
    return run.run_id


def test_a_killed_run_that_is_started_again_is_no_alert(sensors: Sensors, mailbox: Mailbox) -> None:
    run_id = killed(sensors)
    sensors.tick()
    sensors.instance.add_run_tags(run_id, {"dagster/auto_retry_run_id": "another"})
    sensors.tick()
    with time_machine.travel(700 + time.time()):
        sensors.tick()
    assert subjects(mailbox) == []


def test_a_killed_run_that_is_not_started_again_after_all_is_told(sensors: Sensors, mailbox: Mailbox) -> None:
    forgotten, given_up = killed(sensors), killed(sensors)
    sensors.tick()
    sensors.instance.add_run_tags(given_up, {"dagster/will_retry": "false"})
    sensors.tick()
    assert subjects(mailbox) == [f"Run {given_up} of failing failed"]
    with time_machine.travel(700 + time.time()):
        sensors.tick()
    assert subjects(mailbox)[1:] == [f"Run {forgotten} of failing failed"]


def test_a_killed_run_of_a_day_that_is_known_to_fail_is_not_told_either(sensors: Sensors) -> None:
    killed(sensors, **{KNOWN_FAILURE_TAG: "since 2026-01-01, tried weekly"})
    sensors.tick()
    with time_machine.travel(700 + time.time()):
        assert sensors.tick()["failed_runs"] == "No new alerts."


def test_a_tick_that_takes_long_leaves_the_other_runs_to_the_next_one(
    sensors: Sensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        sensors.run(failing)
    monkeypatch.setattr("sensource_dagster.automation.alert_sensors._LOOKS_FOR", 0.0)
    said = [sensors.tick()["failed_runs"] for _ in range(3)]
    assert said == ["1 new alert.", "1 new alert.", "No new alerts."]


def test_a_run_of_another_project_is_not_told(sensors: Sensors, monkeypatch: pytest.MonkeyPatch) -> None:
    own = sensors.run(failing)
    monkeypatch.setattr(
        "sensource_dagster.automation.alert_sensors.is_own_run",
        lambda _instance, run, _location: run.run_id == own,
    )
    sensors.run(failing)
    assert sensors.tick()["failed_runs"] == "1 new alert."


def test_a_run_whose_end_is_not_written_completely_is_looked_at_again(
    sensors: Sensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = sensors.run(failing)
    with monkeypatch.context() as half_written:
        whole = sensors.instance.get_run_by_id
        half_written.setattr(
            sensors.instance,
            "get_run_by_id",
            lambda run_id: whole(run_id).with_status(DagsterRunStatus.STARTED),  # type: ignore[union-attr]
        )
        assert sensors.tick()["failed_runs"] == "No new alerts."
    assert sensors.tick()["failed_runs"] == "1 new alert.", run_id


def test_a_tick_is_skipped_so_that_nothing_is_started(sensors: Sensors) -> None:
    for sensor in sensors.made():
        assert isinstance(sensor(build_sensor_context(sensors.instance)), SkipReason)
