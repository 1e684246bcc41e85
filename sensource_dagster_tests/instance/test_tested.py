"""On a Dagster that the project was not tested with, Dagster's own classes do the work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from dagster import DagsterInstance
from packaging.specifiers import SpecifierSet

from sensource_dagster.automation.upkeep import upkeep
from sensource_dagster.cli.backfill import run as run_backfill
from sensource_dagster.cli.stop_signals import noted_signals
from sensource_dagster.instance import tested
from sensource_dagster.instance.batched_event_log import BatchedEventLog
from sensource_dagster.instance.run_retries import DecidedRuns
from sensource_dagster_tests.cli.backfills import FIRST, SUCCESS, assert_true, runs
from sensource_dagster_tests.cli.conftest import clock, project, simulator  # noqa: F401 # fixtures
from sensource_dagster_tests.cli.project import Project
from sensource_dagster_tests.instances import instance

LAST = FIRST.replace(day=3)


@pytest.fixture
def untested(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tested, "TESTED", SpecifierSet("<1"))
    tested._warn.cache_clear()
    with mock.patch.dict(os.environ):
        os.environ.pop("DAGSTER_EVENT_BATCH_SIZE", None)
        yield


def is_ours(history: DagsterInstance) -> tuple[bool, bool]:
    return isinstance(history.run_storage, DecidedRuns), isinstance(history.event_log_storage, BatchedEventLog)


def test_the_storage_is_the_projects_own_on_the_installed_dagster(tmp_path: Path) -> None:
    with instance(tmp_path / "history") as history:
        assert is_ours(history) == (True, True)


def test_the_storage_is_dagsters_own_on_another_dagster_and_one_line_of_the_log_says_so(
    tmp_path: Path, untested: None, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("history", "another"):
        with instance(tmp_path / name) as history:
            assert is_ours(history) == (False, False)
            assert "DAGSTER_EVENT_BATCH_SIZE" not in os.environ
    [line] = caplog.messages
    assert "is not in the range that this project was tested with (<1)" in line


@pytest.mark.slow
def test_backfill_status_and_upkeep_work_on_another_dagster(
    project: Project,  # noqa: F811
    untested: None,
) -> None:
    with project.entered(), noted_signals() as stopped:
        assert run_backfill(str(FIRST), str(LAST), None, False, stopped) == 0
    shown = project.invoke("status").output
    assert "2025-07-01" in shown
    assert "counts" in shown
    with project.sync() as sync:
        assert is_ours(sync.instance) == (False, False)
        assert runs(sync.instance) == [(SUCCESS, str(FIRST), str(LAST))]
        assert_true(sync, FIRST, LAST)
        result = upkeep.execute_in_process(instance=sync.instance)
        assert "Deleted 0 runs" in "\n".join(log.user_message for log in sync.instance.all_logs(result.run_id))
