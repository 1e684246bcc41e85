"""A failed run is started again, whenever the daemon happens to look."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from dagster import DagsterEvent, DagsterInstance, DagsterRun, DagsterRunStatus, EventLogEntry
from dagster._core.events import JobFailureData, RunFailureReason
from dagster._core.storage.runs import RunStorage
from dagster._core.storage.tags import WILL_RETRY_TAG
from dagster._daemon.auto_run_reexecution.auto_run_reexecution import filter_runs_to_should_retry
from dagster._daemon.auto_run_reexecution.event_log_consumer import EventLogConsumerDaemon

from sensource_dagster.instance.run_retries import DecidedRuns
from sensource_dagster_tests.instance.failed_runs import FAILURE, fail, shown, started
from sensource_dagster_tests.instances import instance


def test_the_daemon_sees_a_failure_when_the_run_says_so_and_whether_it_is_started_again(
    history: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each moment between two writes of a failure, as a daemon that looks just then."""
    seen: list[tuple[list[str], DagsterRunStatus, str | None]] = []
    run = started(history)

    def look() -> None:
        now = history.get_run_by_id(run.run_id)
        assert now
        seen.append((shown(history), now.status, now.tags.get(WILL_RETRY_TAG)))

    def looking(method: str) -> None:
        write: Callable[..., None] = getattr(DecidedRuns, method)

        def and_look(storage: DecidedRuns, *arguments: object) -> None:
            look()
            write(storage, *arguments)
            look()

        monkeypatch.setattr(DecidedRuns, method, and_look)

    looking("handle_run_event")
    looking("add_run_tags")
    fail(history, run)

    assert len(seen) > 4
    undecided = [moment for moment in seen if moment[1] is DagsterRunStatus.STARTED]
    assert {tag for _, _, tag in undecided} == {None, "true"}
    assert all(runs == [] for runs, _, _ in undecided)
    assert seen[len(undecided) :] == [([run.run_id], DagsterRunStatus.FAILURE, "true")] * (
        len(seen) - len(undecided)
    )


def test_a_run_that_failed_in_a_step_is_not_started_again(history: DagsterInstance) -> None:
    run = started(history)
    fail(history, run, RunFailureReason.STEP_FAILURE)

    failed = history.get_run_by_id(run.run_id)
    assert failed
    assert failed.tags[WILL_RETRY_TAG] == "false"
    assert shown(history) == [run.run_id]


def write_the_event_alone(history: DagsterInstance, run: DagsterRun, seconds_ago: float) -> None:
    event = DagsterEvent(FAILURE.value, run.job_name, event_specific_data=JobFailureData(None))
    at = time.time() - seconds_ago
    entry = EventLogEntry(  # type: ignore[no-untyped-call]
        None, 10, "", run.run_id, at, job_name=run.job_name, dagster_event=event
    )
    history.event_log_storage.store_event(entry)


def test_failures_behind_one_that_is_not_decided_wait_for_it_so_that_none_is_passed_over(
    history: DagsterInstance,
) -> None:
    before, undecided, behind = (started(history) for _ in range(3))
    fail(history, before)
    write_the_event_alone(history, undecided, seconds_ago=1)
    fail(history, behind)

    assert shown(history) == [before.run_id]

    fail(history, undecided)
    assert shown(history) == [before.run_id, undecided.run_id, behind.run_id, undecided.run_id]


def test_a_failure_whose_writer_was_killed_half_way_holds_the_others_up_for_a_minute_alone(
    history: DagsterInstance,
) -> None:
    killed, behind = started(history), started(history)
    write_the_event_alone(history, killed, seconds_ago=50)
    fail(history, behind)

    assert shown(history) == []
    with time_machine.travel(time.time() + 11):
        assert shown(history) == [killed.run_id, behind.run_id]


def test_a_run_that_was_deleted_holds_nothing_up(history: DagsterInstance) -> None:
    deleted, behind = started(history), started(history)
    write_the_event_alone(history, deleted, seconds_ago=1)
    history.run_storage.delete_run(deleted.run_id)
    fail(history, behind)

    assert shown(history) == [deleted.run_id, behind.run_id]


class Daemon(EventLogConsumerDaemon):
    """Dagster's own, except that it notes the runs it would start again."""

    def __init__(self, history: DagsterInstance) -> None:
        super().__init__()
        self.started_again: list[str] = []
        self._workspace = SimpleNamespace(instance=history)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of how it logs that it has no cursors yet
            self.look()

    @property
    def handle_updated_runs_fns(self) -> Any:
        def note(workspace: Any, records: Any, _logger: object) -> Iterator[None]:
            failed = filter_runs_to_should_retry([record.dagster_run for record in records], workspace.instance)
            self.started_again.extend(run.run_id for run in failed)
            yield

        return [note]

    def look(self) -> None:
        list(self.run_iteration(self._workspace))  # type: ignore[arg-type]


def looks_between_two_writes(
    history: DagsterInstance, storage: type[RunStorage[DagsterInstance]], monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Whether a daemon that looks when the event is written, but not yet the status, starts the run again."""
    daemon, run = Daemon(history), started(history)
    write = storage.handle_run_event

    def look_first(self: RunStorage[DagsterInstance], *arguments: Any) -> None:
        daemon.look()
        write(self, *arguments)

    monkeypatch.setattr(storage, "handle_run_event", look_first)
    fail(history, run)
    daemon.look()
    return daemon.started_again == [run.run_id]


def test_a_daemon_that_looks_between_two_writes_starts_the_run_again(
    history: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looks_between_two_writes(history, type(history.run_storage), monkeypatch)


@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
def test_dagsters_own_storage_still_forgets_such_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, request: pytest.FixtureRequest
) -> None:
    """github.com/dagster-io/dagster/issues/34204"""
    own: dict[str, Any] = {"sqlite": {"base_dir": str(tmp_path / "stock")}}
    if kind == "PostgreSQL":
        of_server = request.getfixturevalue("new_postgres_storage")()["custom"]["config"]["postgres_db"]
        own = {"postgres": {"postgres_db": {**of_server, "scheme": "postgresql+psycopg2"}}}
    with instance(tmp_path / "stock", own) as stock:
        assert not looks_between_two_writes(stock, type(stock.run_storage), monkeypatch), (
            "Issue 34204 is fixed in this Dagster: delete me, instance/run_retries.py and what uses it."
        )
