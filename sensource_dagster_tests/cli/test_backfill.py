"""`sensource backfill` as a script runs it: real processes and signals, a simulator, the project's own history."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import date, datetime, timezone
from pathlib import Path

import pytest
import yaml
from dagster import RunsFilter

from sensource_dagster.config.settings import NO_CREDENTIALS
from sensource_dagster.contract.tables import COUNTS
from sensource_dagster.simulator import ManualClock, RunningSimulator, fault_kinds
from sensource_dagster_tests.cli.backfills import (
    DENVER,
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
from sensource_dagster_tests.cli.project import Project, make_project, until


def test_a_first_backfill_reads_all_days_in_batches_and_a_second_finds_nothing_to_do(
    project: Project, simulator: RunningSimulator
) -> None:
    status, printed = project.run("backfill", *RANGE)
    assert status == 0, printed
    lines = printed.splitlines()
    assert [line.split(":")[0] for line in lines[:4]] == [
        "lists",
        "2025-07-01 to 2025-07-30",
        "2025-07-31 to 2025-08-29",
        "2025-08-30 to 2025-09-03",
    ]
    assert lines[3].endswith("rows (65 of 65 days)")
    assert lines[4:] == ["No day from 2025-07-01 to 2025-09-03 is missing or failed."]
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
        assert sum(int(count.replace(",", "")) for count in re.findall(r": ([\d,]+) rows \(", printed)) == rows
        newest = sync.instance.get_runs(RunsFilter(job_name="counts"), limit=1)[0]
        warnings = [record.user_message for record in sync.instance.all_logs(newest.run_id)]
        assert any(message.startswith("Merged ") for message in warnings)  # quiet here, but kept for the UI
    requests = len(simulator.requests)
    status, printed = project.run("backfill", *RANGE)
    assert (status, printed) == (0, "Nothing to do: no day from 2025-07-01 to 2025-09-03 is missing or failed.\n")
    assert len(simulator.requests) == requests


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
    assert printed.splitlines()[-2:] == [
        "traffic, failed: 2025-07-31 to 2025-08-29",
        "Do what the messages above say, and run the same command again.",
    ]
    seen = len(requested_days(simulator, TRAFFIC))
    status, printed = project.run("backfill", *RANGE)
    assert status == 0, printed
    assert requested_days(simulator, TRAFFIC)[seen:] == ["2025-07-31"]
    with project.sync() as sync:
        assert_true(sync, FIRST, LAST)


def test_days_that_another_run_has_read_are_left_out_and_the_gaps_between_become_batches(
    project: Project, simulator: RunningSimulator
) -> None:
    with project.sync() as sync:
        assert sync.run("counts", date(2025, 7, 4), date(2025, 7, 5)).success
    seen = len(requested_days(simulator, TRAFFIC))
    status, printed = project.run("backfill", "--from", "2025-07-02", "--to", "2025-07-08")
    assert status == 0, printed
    assert requested_days(simulator, TRAFFIC)[seen:] == ["2025-07-02", "2025-07-06"]
    with project.sync() as sync:
        assert_true(sync, date(2025, 7, 2), date(2025, 7, 8))


def test_its_runs_are_on_the_page_of_their_job_and_tell_the_command(project: Project) -> None:
    command = ("backfill", "--from", "2025-07-02", "--to", "2025-07-03", "--again")
    status, printed = project.run(*command)
    assert status == 0, printed
    [location] = yaml.safe_load((project.folder / "workspace.yaml").read_text())["load_from"]
    name = location["python_module"]["location_name"]
    with project.sync() as sync:
        # The filter of the job's page.
        [run] = sync.instance.get_runs(
            RunsFilter(job_name="counts", tags={".dagster/repository": f"__repository__@{name}"})
        )
    assert run.tags["sensource/command"] == " ".join(("sensource", *command))
    assert run.remote_job_origin  # without it, Overview leaves a run out
    assert run.remote_job_origin.location_name == name


def test_a_daemon_does_not_start_its_failed_runs_again(project: Project, simulator: RunningSimulator) -> None:
    simulator.faults.next(FOR_EVER, path=TRAFFIC)
    with project.started("backfill", *RANGE) as process:
        until(lambda: len(requested_days(simulator, TRAFFIC)) == 1, process)
    with project.sync() as sync:
        [run] = sync.instance.get_runs(RunsFilter(job_name="counts"))
        sync.instance.report_run_failed(run)
        failed = sync.instance.get_run_by_id(run.run_id)
    assert failed
    assert failed.tags["dagster/will_retry"] == "false"


def test_only_reads_one_of_the_counts(project: Project, simulator: RunningSimulator) -> None:
    status, printed = project.run("backfill", *RANGE, "--only", "occupancy")
    assert status == 0, printed
    assert not requested_days(simulator, TRAFFIC)
    with project.sync() as sync:
        assert green(sync.instance, "occupancy") == days(FIRST, LAST)
        assert green(sync.instance, "traffic") == []
        assert runs(sync.instance)[0] == (SUCCESS, "2025-07-01", "2025-07-30")


def test_again_reads_days_that_were_read_before_and_so_gets_their_corrections(
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


def test_today_is_read_each_time_since_it_is_never_complete(project: Project, simulator: RunningSimulator) -> None:
    today = str(datetime.now(DENVER).date())
    for time in (1, 2):
        status, printed = project.run("backfill", "--from", today)
        assert status == 0, printed
        assert len(requested_days(simulator, TRAFFIC)) == time


def test_a_terminal_shows_a_bar_that_counts_days_and_rows(project: Project) -> None:
    ours, its = os.openpty()
    with project.started("backfill", *RANGE, stdout=its) as process:
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

    with project.started("backfill", *RANGE, stdout=its) as process:
        os.close(its)
        until(lambda: not shown() and len(requested_days(simulator, TRAFFIC)) == 1, process)
        until(lambda: b"\x1b" in shown(), process)
    os.close(ours)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--from", "2025-13-01"], "--from: '2025-13-01': it is not a date; use YYYY-MM-DD"),
        (["--to", "yesterday"], "--to: 'yesterday': it is not a date; use YYYY-MM-DD"),
        (
            ["--from", "2025-06-30"],
            "--from: 2025-06-30 lies before SENSOURCE_START_DATE; allowed is 2025-07-01 or",
        ),
        (["--to", "2025-06-30"], "--to: 2025-06-30 lies before SENSOURCE_START_DATE; allowed is 2025-07-01"),
        (["--to", "2999-01-01"], "--to: 2999-01-01 is in the future; use today ("),
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
    project = make_project(tmp_path, simulator, SENSOURCE_CLIENT_ID="", SENSOURCE_CLIENT_SECRET="")
    result = project.invoke("backfill")
    assert result.exit_code == 1
    assert NO_CREDENTIALS in result.output
    assert not (project.folder / "data").exists()


def test_a_wrong_setting_is_named(simulator: RunningSimulator, tmp_path: Path) -> None:
    result = make_project(tmp_path, simulator, SENSOURCE_BACKFILL_DAYS="many").invoke("backfill")
    assert result.exit_code == 1
    assert "SENSOURCE_BACKFILL_DAYS='many'" in result.output
