"""The report is made after each night, when all of the night's runs have ended, and not after each copy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dagster import AssetMaterialization, DagsterEvent, DagsterEventType, DagsterInstance, DagsterRunStatus
from dagster._core.events import StepMaterializationData
from dagster._core.test_utils import create_run_for_test

from sensource_dagster.automation.report_due import report_is_due
from sensource_dagster.config.settings import Settings, read_settings
from sensource_dagster.report.write import report_file
from sensource_dagster_tests.automation.nights import store
from sensource_dagster_tests.own_account import REPORT


@pytest.fixture
def history() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = replace(read_settings({}), published=tmp_path / "footfall.duckdb")
    report_file(made).parent.mkdir()
    return made


def make_report(history: DagsterInstance, settings: Settings) -> None:
    report_file(settings).touch()
    data = StepMaterializationData(AssetMaterialization(REPORT))
    event = DagsterEvent(DagsterEventType.ASSET_MATERIALIZATION.value, "publish", event_specific_data=data)
    store(history, "", [event])


def run(history: DagsterInstance, schedule: str) -> str:
    tags = {"dagster/schedule_name": schedule}
    return str(create_run_for_test(history, "everything", tags=tags, status=DagsterRunStatus.STARTED).run_id)


def end(history: DagsterInstance, run_id: str, how: DagsterEventType = DagsterEventType.RUN_SUCCESS) -> None:
    history.report_dagster_event(DagsterEvent(how.value, "everything"), run_id)


def test_the_first_report_is_due_at_once_and_one_that_somebody_deleted_too(
    history: DagsterInstance, settings: Settings
) -> None:
    assert report_is_due(history, settings)
    make_report(history, settings)
    assert not report_is_due(history, settings)
    report_file(settings).unlink()
    assert report_is_due(history, settings)


def test_after_an_hourly_run_no_report_is_due(history: DagsterInstance, settings: Settings) -> None:
    make_report(history, settings)
    end(history, run(history, "hourly"))
    assert not report_is_due(history, settings)


@pytest.mark.parametrize("how", [DagsterEventType.RUN_SUCCESS, DagsterEventType.RUN_FAILURE])
def test_after_the_last_run_of_a_night_one_report_is_due(
    history: DagsterInstance, settings: Settings, how: DagsterEventType
) -> None:
    make_report(history, settings)
    first, second = run(history, "nightly"), run(history, "nightly")
    assert not report_is_due(history, settings)
    end(history, first)
    assert not report_is_due(history, settings)
    end(history, second, how)
    assert report_is_due(history, settings)
    time.sleep(0.01)
    make_report(history, settings)
    assert not report_is_due(history, settings)
