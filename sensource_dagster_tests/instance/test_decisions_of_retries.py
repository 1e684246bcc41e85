"""What is written first of a run: its parent, and whether it is started again."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

import pytest
from dagster import DagsterEvent, DagsterEventType, DagsterInstance, DagsterRun, EventLogEntry
from dagster._core.events import JobFailureData, RunFailureReason
from dagster._core.storage.tags import PARENT_RUN_ID_TAG, ROOT_RUN_ID_TAG, WILL_RETRY_TAG
from dagster._core.utils import make_new_run_id

from sensource_dagster.instance.run_retries import _is_decided
from sensource_dagster_tests.instance.failed_runs import FAILURE, started


@pytest.mark.parametrize(
    ("data", "decision"),
    [
        (JobFailureData(None, failure_reason=RunFailureReason.UNKNOWN), "true"),
        (JobFailureData(None, failure_reason=RunFailureReason.STEP_FAILURE), "false"),
        (None, "true"),
    ],
)
def test_the_first_write_of_a_failure_has_the_decision_and_the_time(
    history: DagsterInstance, data: JobFailureData | None, decision: str
) -> None:
    """Dagster's own decision comes later; a daemon may look before it."""
    run, at = started(history), datetime(2025, 12, 1, tzinfo=timezone.utc)
    history.run_storage.handle_run_event(
        run.run_id, DagsterEvent(FAILURE.value, run.job_name, event_specific_data=data), at
    )
    record = history.get_run_record_by_id(run.run_id)
    assert record
    assert record.dagster_run.tags[WILL_RETRY_TAG] == decision
    assert record.end_time == at.timestamp()


def test_a_run_that_succeeds_needs_no_decision(history: DagsterInstance) -> None:
    run = started(history)
    success = DagsterEvent(DagsterEventType.RUN_SUCCESS.value, run.job_name)
    history.run_storage.handle_run_event(run.run_id, success)
    ended = history.get_run_by_id(run.run_id)
    assert ended
    assert WILL_RETRY_TAG not in ended.tags


def test_only_a_failure_where_runs_are_started_again_waits_for_a_decision(
    history: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(history)

    def decided(kind: DagsterEventType) -> bool:
        event = DagsterEvent(kind.value, run.job_name)
        return _is_decided(
            EventLogEntry(  # type: ignore[no-untyped-call]
                None, 10, "", run.run_id, time.time(), job_name=run.job_name, dagster_event=event
            ),
            history,
        )

    assert [decided(DagsterEventType.RUN_SUCCESS), decided(FAILURE)] == [True, False]
    monkeypatch.setattr(DagsterInstance, "run_retries_enabled", False)
    assert decided(FAILURE)


@pytest.mark.parametrize(
    ("tags", "fields", "kept"),
    [
        ({PARENT_RUN_ID_TAG: "parent", ROOT_RUN_ID_TAG: "root"}, {}, ("parent", "root")),
        ({PARENT_RUN_ID_TAG: "parent"}, {}, (None, None)),
        ({ROOT_RUN_ID_TAG: "root"}, {}, (None, None)),
        (
            {PARENT_RUN_ID_TAG: "another", ROOT_RUN_ID_TAG: "another"},
            {"parent_run_id": "parent", "root_run_id": "root"},
            ("parent", "root"),
        ),
    ],
)
def test_a_run_that_names_its_parent_by_tags_alone_has_it_in_the_fields_that_the_ui_reads(
    history: DagsterInstance, tags: dict[str, str], fields: dict[str, Any], kept: tuple[str | None, str | None]
) -> None:
    run_id = make_new_run_id()
    history.run_storage.add_run(DagsterRun("counts", run_id, tags=tags, **fields))
    run = history.get_run_by_id(run_id)
    assert run
    assert (run.parent_run_id, run.root_run_id) == kept
