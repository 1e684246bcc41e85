"""In an instance whose launcher notices nothing, a sensor ends the runs whose process was killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, DefaultSensorStatus, build_sensor_context
from dagster._core.test_utils import create_run_for_test

from sensource_dagster.automation.gone_runs import gone_runs_sensor
from sensource_dagster.config.settings import read_settings
from sensource_dagster_tests.instance.waiting_run import waiting_run
from sensource_dagster_tests.instances import instance


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def stock(home: Path) -> Iterator[DagsterInstance]:
    with instance(home, {"sqlite": {"base_dir": str(home)}}) as made:
        assert not made.run_launcher.supports_check_run_worker_health
        yield made


def tick(history: DagsterInstance) -> str | None:
    return gone_runs_sensor(read_settings({})).evaluate_tick(build_sensor_context(history)).skip_message


def status_of(history: DagsterInstance, run: DagsterRun) -> DagsterRunStatus:
    found = history.get_run_by_id(run.run_id)
    assert found
    return found.status


def test_it_is_on() -> None:
    assert gone_runs_sensor(read_settings({})).default_status is DefaultSensorStatus.RUNNING


def test_a_killed_run_is_failed_one_that_lives_and_one_of_another_project_go_on(
    stock: DagsterInstance, home: Path
) -> None:
    another = create_run_for_test(stock, status=DagsterRunStatus.STARTED)
    with waiting_run(stock, home) as (process, run):
        stock.event_log_storage.set_concurrency_slots("pool", 1)
        stock.event_log_storage.claim_concurrency_slot("pool", run.run_id, "step")
        assert tick(stock) == "No run's process is gone."
        assert status_of(stock, run) is DagsterRunStatus.STARTED
        os.kill(process.pid, SIGKILL)
        process.wait()
    assert tick(stock) == "The processes of 1 runs were gone."
    assert status_of(stock, run) is DagsterRunStatus.FAILURE
    assert not stock.event_log_storage.get_concurrency_info("pool").claimed_slots
    assert status_of(stock, another) is DagsterRunStatus.STARTED


def test_a_killed_run_that_was_being_canceled_is_canceled(stock: DagsterInstance, home: Path) -> None:
    with waiting_run(stock, home) as (process, run):
        stock.report_run_canceling(run)
        os.kill(process.pid, SIGKILL)
        process.wait()
    assert tick(stock)
    assert status_of(stock, run) is DagsterRunStatus.CANCELED
