"""`sensource backfill` stopped by real signals, and kept waiting by another run."""

from __future__ import annotations

import os
import re
import signal
from unittest import mock

import pytest
from dagster import RunsFilter

from sensource_dagster.cli.backfill import run as run_backfill
from sensource_dagster.cli.backfill_progress import BackfillProgress
from sensource_dagster.cli.runs import stop_requests
from sensource_dagster.cli.stop_signals import noted_signals
from sensource_dagster.instance.private import capture_interrupts
from sensource_dagster.simulator import RunningSimulator
from sensource_dagster_tests.cli.backfills import (
    CANCELED,
    FAILURE,
    FIRST,
    FOR_EVER,
    GOOD,
    LAST,
    RANGE,
    SUCCESS,
    TRAFFIC,
    assert_true,
    days,
    green,
    requested_days,
    runs,
)
from sensource_dagster_tests.cli.project import Project, until
from sensource_dagster_tests.own_account import POOL


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ended_by", "to_all"),
    [
        (signal.SIGINT, True),
        (signal.SIGINT, False),
        (signal.SIGTERM, False),
    ],
    ids=["Ctrl-C at a terminal", "SIGINT to it alone", "SIGTERM to it alone"],
)
def test_a_stopped_backfill_leaves_no_run_behind_and_the_same_command_reads_only_the_rest(
    project: Project, simulator: RunningSimulator, ended_by: signal.Signals, to_all: bool
) -> None:
    simulator.faults.next(GOOD, path=TRAFFIC)
    simulator.faults.next(FOR_EVER, path=TRAFFIC)
    with project.started("backfill", *RANGE) as process:
        until(lambda: requested_days(simulator, TRAFFIC) == ["2025-07-01", "2025-07-31"], process)
        os.killpg(process.pid, ended_by) if to_all else process.send_signal(ended_by)
        printed = process.communicate()[0]
    assert process.returncode == 130, printed
    assert [line.split(":")[0] for line in printed.splitlines()[:-1]] == ["lists", "2025-07-01 to 2025-07-30"]
    assert re.search(
        r"^Stopped; 30 of 65 days were read, [\d,]+ rows are kept\. To go on, run the same command again\.$",
        printed,
        re.M,
    )
    with project.sync() as sync:
        assert runs(sync.instance) == [
            (SUCCESS, "2025-07-01", "2025-07-30"),
            (CANCELED, "2025-07-31", "2025-08-29"),
        ]
        pool = sync.instance.event_log_storage.get_concurrency_info(POOL)
        assert not pool.claimed_slots
        assert not pool.pending_steps
    status, printed = project.run("backfill", *RANGE)
    assert status == 0, printed
    assert requested_days(simulator, TRAFFIC)[2:] == ["2025-07-31", "2025-08-30"]
    with project.sync() as sync:
        assert_true(sync, FIRST, LAST)
        assert green(sync.instance, "traffic") == days(FIRST, LAST)


def test_a_stop_between_two_batches_is_not_forgotten(project: Project) -> None:
    def stop(progress: BackfillProgress, _rows: int) -> None:
        if progress._batch:  # not after the lists
            os.kill(os.getpid(), signal.SIGTERM)

    with project.entered(), mock.patch.object(BackfillProgress, "read", stop), noted_signals() as stopped:
        assert run_backfill(str(FIRST), str(LAST), None, False, stopped) == 130
    with project.sync() as sync:
        assert runs(sync.instance) == [(SUCCESS, "2025-07-01", "2025-07-30")]


def test_a_stop_that_comes_when_a_run_is_all_but_over_is_not_forgotten() -> None:
    handler = signal.getsignal(signal.SIGINT)
    with stop_requests() as stopped:
        assert not stopped()
        with capture_interrupts():  # as Dagster does for each run
            os.kill(os.getpid(), signal.SIGINT)
        assert stopped()
        assert stopped()
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.slow
def test_a_backfill_waits_for_another_run_and_says_so_can_be_stopped_then_and_outlives_a_killed_one(
    project: Project, simulator: RunningSimulator
) -> None:
    simulator.faults.next(FOR_EVER, path=TRAFFIC)
    with project.started("backfill", *RANGE, "--only", "traffic") as holder:
        until(lambda: len(requested_days(simulator, TRAFFIC)) == 1, holder)
        with project.started("backfill", *RANGE, "--only", "occupancy") as waiting:
            assert waiting.stdout
            assert waiting.stdout.readline().startswith("Waiting for another run")
            waiting.send_signal(signal.SIGINT)
            assert "0 of 65 days were read" in waiting.communicate()[0]
        assert waiting.returncode == 130
    assert holder.returncode == -signal.SIGKILL
    status, printed = project.run("backfill", *RANGE)
    assert status == 0, printed
    with project.sync() as sync:
        lists = sync.instance.get_runs(RunsFilter(job_name="lists"))
        assert [run.status for run in lists] == [SUCCESS, CANCELED, SUCCESS]
        assert [status for status, *_ in runs(sync.instance)] == [FAILURE, SUCCESS, SUCCESS, SUCCESS]
        assert_true(sync, FIRST, LAST)


@pytest.mark.slow
def test_a_stopped_again_says_from_which_day_it_goes_on(project: Project, simulator: RunningSimulator) -> None:
    assert project.run("backfill", *RANGE)[0] == 0
    seen = len(requested_days(simulator, TRAFFIC))
    simulator.faults.next(GOOD, path=TRAFFIC)
    simulator.faults.next(FOR_EVER, path=TRAFFIC)
    with project.started("backfill", *RANGE, "--again") as process:
        until(lambda: len(requested_days(simulator, TRAFFIC)) == seen + 2, process)
        process.send_signal(signal.SIGINT)
        printed = process.communicate()[0]
    assert re.search(r"30 of 65 days were read, [\d,]+ rows are kept\. To go on, add --from 2025-07-31\.", printed)
