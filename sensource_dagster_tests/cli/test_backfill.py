"""`sensource backfill` as a script runs it: real processes and signals, a simulator, the project's own history."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance, DagsterRunStatus
from dagster._utils.interrupts import capture_interrupts

from sensource_dagster.assets.common import POOL, asset_key
from sensource_dagster.cli.backfill import run as run_backfill
from sensource_dagster.cli.backfill_progress import BackfillProgress
from sensource_dagster.cli.runs import stop_requests
from sensource_dagster.settings import NO_CREDENTIALS
from sensource_dagster.simulator import ManualClock, RunningSimulator, fault_kinds, serving
from sensource_dagster.tables import COUNTS, TABLES
from sensource_dagster.vea.windows import day_start
from sensource_dagster_tests.cli.project import Project, make_project, until
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START, Sync

FIRST, LAST = date(2025, 7, 1), date(2025, 9, 3)  # 65 days, none of them with 25 hours
RANGE = ("--from", str(FIRST), "--to", str(LAST))
DENVER = ZoneInfo("America/Denver")
TRAFFIC = "/api/data/traffic"
FOR_EVER = fault_kinds.delay(3600)
GOOD = fault_kinds.delay(0)
SUCCESS, FAILURE, CANCELED = DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc))


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[RunningSimulator]:
    with serving(clock=clock) as running:
        yield running


@pytest.fixture
def project(simulator: RunningSimulator, tmp_path: Path) -> Project:
    return make_project(tmp_path, simulator, SENSOURCE_START_DATE=str(FIRST))


def runs(instance: DagsterInstance) -> list[tuple[DagsterRunStatus, str, str]]:
    """Status, first and last day of each run, the oldest first."""
    return [
        (run.status, run.tags[RANGE_START], run.tags[RANGE_END])
        for run in reversed(instance.get_runs())
        if run.job_name == "counts"
    ]


def green(instance: DagsterInstance, table: str) -> list[str]:
    return sorted(instance.get_materialized_partitions(asset_key(TABLES[table])))


def days(first: date, last: date) -> list[str]:
    return [str(first + timedelta(days=number)) for number in range((last - first).days + 1)]


def asked(simulator: RunningSimulator, path: str) -> list[str]:
    """The first day of each request so far, in the order of the requests."""
    return [request.query["startDate"][:10] for request in simulator.requests if request.path == path]


def assert_true(sync: Sync, first: date, last: date) -> None:
    """That the warehouse holds what the account holds of these days, and nothing else."""
    zone = sync.settings.timezone
    start, end = day_start(first, zone), day_start(last + timedelta(days=1), zone)
    for table in COUNTS:
        assert sync.counts(table.name) == sync.truth(table.name, start, end)


def test_a_first_backfill_reads_all_days_in_batches_and_a_second_finds_nothing_to_do(
    project: Project, simulator: RunningSimulator
) -> None:
    status, printed = project.run("backfill", *RANGE)
    assert status == 0, printed
    lines = printed.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == [
        "2025-07-01 to 2025-07-30",
        "2025-07-31 to 2025-08-29",
        "2025-08-30 to 2025-09-03",
    ]
    assert lines[2].endswith("rows (65 of 65 days)")
    assert lines[3:] == ["Every day from 2025-07-01 to 2025-09-03 is there."]
    with project.sync() as sync:
        assert runs(sync.instance) == [
            (SUCCESS, "2025-07-01", "2025-07-30"),
            (SUCCESS, "2025-07-31", "2025-08-29"),
            (SUCCESS, "2025-08-30", "2025-09-03"),
        ]
        for table in COUNTS:
            assert green(sync.instance, table.name) == days(FIRST, LAST)
        assert_true(sync, FIRST, LAST)
        rows = sum(len(sync.counts(table.name)) for table in COUNTS)
        assert sum(int(count.replace(",", "")) for count in re.findall(r": ([\d,]+) rows", printed)) == rows
        warnings = [record.user_message for record in sync.instance.all_logs(sync.instance.get_runs()[0].run_id)]
        assert any(message.startswith("Merged ") for message in warnings)  # quiet here, but kept for the UI
    requests = len(simulator.requests)
    status, printed = project.run("backfill", *RANGE)
    assert (status, printed) == (0, "Nothing to do: every day from 2025-07-01 to 2025-09-03 is there.\n")
    assert len(simulator.requests) == requests


@pytest.mark.parametrize(
    ("ended_by", "to_all"),
    [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False)],
    ids=["Ctrl-C at a terminal", "SIGINT to it alone", "SIGTERM to it alone"],
)
def test_a_stopped_backfill_leaves_no_run_behind_and_the_same_command_reads_only_the_rest(
    project: Project, simulator: RunningSimulator, ended_by: signal.Signals, to_all: bool
) -> None:
    simulator.faults.next(GOOD, path=TRAFFIC)
    simulator.faults.next(FOR_EVER, path=TRAFFIC)
    with project.started("backfill", *RANGE) as process:
        until(lambda: asked(simulator, TRAFFIC) == ["2025-07-01", "2025-07-31"], process)
        os.killpg(process.pid, ended_by) if to_all else process.send_signal(ended_by)
        printed = process.communicate()[0]
    assert process.returncode == 130, printed
    assert "Stopped; 30 of 65 days were read. Run the same command again to go on." in printed
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
    assert asked(simulator, TRAFFIC)[2:] == ["2025-07-31", "2025-08-30"]
    with project.sync() as sync:
        assert_true(sync, FIRST, LAST)
        assert green(sync.instance, "traffic") == days(FIRST, LAST)


def test_a_stop_between_two_batches_is_not_forgotten(project: Project) -> None:
    def stop(_progress: BackfillProgress, _rows: int) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    with project.entered(), mock.patch.object(BackfillProgress, "read", stop):
        assert run_backfill(str(FIRST), str(LAST), None, again=False) == 130
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


def test_a_backfill_waits_for_another_run_and_says_so_can_be_stopped_then_and_outlives_a_killed_one(
    project: Project, simulator: RunningSimulator
) -> None:
    simulator.faults.next(FOR_EVER, path=TRAFFIC)
    with project.started("backfill", *RANGE, "--only", "traffic") as holder:
        until(lambda: len(asked(simulator, TRAFFIC)) == 1, holder)
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
        assert [status for status, *_ in runs(sync.instance)] == [FAILURE, CANCELED, SUCCESS, SUCCESS, SUCCESS]
        assert_true(sync, FIRST, LAST)


def test_a_failed_batch_is_named_the_others_are_read_and_the_next_backfill_reads_it_alone(
    project: Project, simulator: RunningSimulator
) -> None:
    simulator.faults.next(GOOD, path=TRAFFIC)
    simulator.faults.next(fault_kinds.status(404), path=TRAFFIC)
    status, printed = project.run("backfill", *RANGE)
    assert status == 1
    assert "2025-07-31 to 2025-08-29 failed:\n" in printed
    assert "HTTP 404" in printed
    assert "2025-08-30 to 2025-09-03: " in printed
    assert printed.splitlines()[-1] == "traffic, failed: 2025-07-31 to 2025-08-29"
    seen = len(asked(simulator, TRAFFIC))
    status, printed = project.run("backfill", *RANGE)
    assert status == 0, printed
    assert asked(simulator, TRAFFIC)[seen:] == ["2025-07-31"]
    with project.sync() as sync:
        assert_true(sync, FIRST, LAST)


def test_days_that_another_run_has_read_are_left_out_and_the_gaps_between_become_batches(
    project: Project, simulator: RunningSimulator
) -> None:
    with project.sync() as sync:
        assert sync.run("counts", date(2025, 7, 4), date(2025, 7, 5)).success
    seen = len(asked(simulator, TRAFFIC))
    status, printed = project.run("backfill", "--from", "2025-07-02", "--to", "2025-07-08")
    assert status == 0, printed
    assert asked(simulator, TRAFFIC)[seen:] == ["2025-07-02", "2025-07-06"]
    with project.sync() as sync:
        assert_true(sync, date(2025, 7, 2), date(2025, 7, 8))


def test_only_reads_one_of_the_counts(project: Project, simulator: RunningSimulator) -> None:
    status, printed = project.run("backfill", *RANGE, "--only", "occupancy")
    assert status == 0, printed
    assert not asked(simulator, TRAFFIC)
    with project.sync() as sync:
        assert green(sync.instance, "occupancy") == days(FIRST, LAST)
        assert green(sync.instance, "traffic") == []
        assert runs(sync.instance)[0] == (SUCCESS, "2025-07-01", "2025-07-30")


def test_again_reads_the_days_that_are_there_and_so_what_was_corrected_since(
    project: Project, simulator: RunningSimulator, clock: ManualClock
) -> None:
    settled = clock.now
    clock.now = datetime(2025, 7, 9, 6, tzinfo=timezone.utc)  # the end of the 8th in Denver
    week = ("--from", "2025-07-02", "--to", "2025-07-08")
    assert project.run("backfill", *week)[0] == 0
    clock.now = settled
    assert project.run("backfill", *week)[1].startswith("Nothing to do")
    with project.sync() as sync, pytest.raises(AssertionError):
        assert_true(sync, date(2025, 7, 2), date(2025, 7, 8))
    status, printed = project.run("backfill", *week, "--again")
    assert status == 0, printed
    with project.sync() as sync:
        assert_true(sync, date(2025, 7, 2), date(2025, 7, 8))


def test_a_stopped_again_says_from_which_day_it_goes_on(project: Project, simulator: RunningSimulator) -> None:
    assert project.run("backfill", *RANGE)[0] == 0
    seen = len(asked(simulator, TRAFFIC))
    simulator.faults.next(GOOD, path=TRAFFIC)
    simulator.faults.next(FOR_EVER, path=TRAFFIC)
    with project.started("backfill", *RANGE, "--again") as process:
        until(lambda: len(asked(simulator, TRAFFIC)) == seen + 2, process)
        process.send_signal(signal.SIGINT)
        printed = process.communicate()[0]
    assert "30 of 65 days were read. Add --from 2025-07-31 to go on." in printed


def test_today_is_read_each_time_since_it_is_never_all_there(
    project: Project, simulator: RunningSimulator
) -> None:
    today = str(datetime.now(DENVER).date())
    for time in (1, 2):
        status, printed = project.run("backfill", "--from", today)
        assert status == 0, printed
        assert len(asked(simulator, TRAFFIC)) == time


def test_a_terminal_shows_a_bar_that_counts_days_and_rows(project: Project) -> None:
    ours, its = os.openpty()
    with project.started("backfill", *RANGE, stdout=its, stderr=its) as process:
        os.close(its)
        shown = b""
        with suppress(OSError):  # how Linux says that the other side is closed
            while block := os.read(ours, 65536):
                shown += block
        os.close(ours)
        process.wait()
    assert process.returncode == 0, shown
    assert "━" in shown.decode()
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown.decode())
    with project.sync() as sync:
        rows = sum(len(sync.counts(table.name)) for table in COUNTS)
    assert f"65/65 days, {rows:,} rows, left:" in text
    assert "rows (65 of 65 days)" not in text


def test_the_bar_moves_on_while_a_run_does(project: Project, simulator: RunningSimulator) -> None:
    simulator.faults.next(FOR_EVER, path=TRAFFIC)
    ours, its = os.openpty()
    os.set_blocking(ours, False)

    def shown() -> bytes:
        with suppress(BlockingIOError):
            return os.read(ours, 65536)
        return b""

    with project.started("backfill", *RANGE, stdout=its, stderr=its) as process:
        os.close(its)
        until(lambda: not shown() and len(asked(simulator, TRAFFIC)) == 1, process)
        until(lambda: b"\x1b" in shown(), process)
    os.close(ours)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--from", "2025-13-01"], "--from: '2025-13-01': no date; allowed is YYYY-MM-DD"),
        (["--to", "yesterday"], "--to: 'yesterday': no date; allowed is YYYY-MM-DD"),
        (
            ["--from", "2025-06-30"],
            "--from: 2025-06-30 lies before SENSOURCE_START_DATE; allowed is 2025-07-01 or",
        ),
        (["--to", "2025-06-30"], "--to: 2025-06-30 lies before SENSOURCE_START_DATE; allowed is 2025-07-01"),
        (["--to", "2999-01-01"], "--to: 2999-01-01 lies in the future; allowed is today ("),
        (
            ["--from", "2025-07-09", "--to", "2025-07-08"],
            "--from: 2025-07-09 is after the last day; allowed is 2025",
        ),
        (["--only", "zone"], "'--only': 'zone' is not one of 'traffic', 'occupancy'"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_allowed_and_nothing_is_begun(
    project: Project, simulator: RunningSimulator, arguments: list[str], says: str
) -> None:
    result = project.invoke("backfill", *arguments)
    assert result.exit_code == 2
    assert says in result.output
    assert not simulator.requests
    assert not (project.folder / "data").exists()


def test_without_credentials_it_says_what_to_set_and_begins_nothing(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    project = make_project(tmp_path, simulator, SENSOURCE_CLIENT_ID="")
    result = project.invoke("backfill")
    assert result.exit_code == 1
    assert NO_CREDENTIALS in result.output
    assert not (project.folder / "data").exists()


def test_a_wrong_setting_is_named(simulator: RunningSimulator, tmp_path: Path) -> None:
    result = make_project(tmp_path, simulator, SENSOURCE_BACKFILL_DAYS="many").invoke("backfill")
    assert result.exit_code == 1
    assert "SENSOURCE_BACKFILL_DAYS='many'" in result.output
