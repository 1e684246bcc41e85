"""One live token per account, whatever happens to it and however many runs there are."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sensource_dagster.simulator import ManualClock, Options, fault_kinds
from sensource_dagster_tests.end_to_end.sync import error_text, run_counts, syncing
from sensource_dagster_tests.fork_server import fork

UTC = timezone.utc
NOW = datetime(2025, 12, 10, 18, 20, tzinfo=UTC)
FIRST, LAST = date(2025, 9, 1), date(2025, 10, 30)
START, END = datetime(2025, 9, 1, 6, tzinfo=UTC), datetime(2025, 10, 31, 6, tzinfo=UTC)


def test_a_token_that_ends_in_the_middle_of_a_batch_is_renewed_and_every_row_arrives(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    with syncing(tmp_path, Options(token_seconds=600), clock) as sync:

        def ten_minutes_later(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            clock.advance(seconds=601)
            return rows

        sync.simulator.faults.next(fault_kinds.rows(ten_minutes_later), path="/api/data/traffic")
        result = sync.run("counts", FIRST, LAST)
        assert result.success, error_text(result)
        assert sync.simulator.mints == 2
        assert sync.counts("traffic") == sync.truth("traffic", START, END)


def test_a_token_that_another_tool_s_mint_ended_is_renewed_once(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        assert sync.run("lists").success
        sync.simulator.end_token()
        result = sync.run("lists")
        assert result.success, error_text(result)
        assert sync.simulator.mints == 2


def test_a_passing_401_on_a_good_token_mints_nothing(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        sync.simulator.faults.next(fault_kinds.status(401), path="/api/zone")
        result = sync.run("lists")
        assert result.success, error_text(result)
        assert sync.simulator.mints == 1


def test_a_429_on_minting_is_waited_out(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        sync.simulator.faults.next(fault_kinds.status(429, retry_after="1"), times=2, path="/oauth/token")
        result = sync.run("lists")
        assert result.success, error_text(result)
        assert sync.simulator.mints == 1


@pytest.mark.parametrize("processes", [2, 6])
def test_runs_in_several_processes_at_once_mint_one_token_and_write_one_true_table(
    tmp_path: Path, processes: int
) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        environment = {**os.environ, **sync.variables}
        with ExitStack() as started:
            first, runs = FIRST, []
            for _ in range(processes):
                last = first + timedelta(days=60 // processes - 1)
                run = fork(run_counts, str(first), str(last), folder=tmp_path, environment=environment)
                runs.append(started.enter_context(run))
                first = last + timedelta(days=1)
            for run in runs:
                said, _ = run.communicate()
                assert run.returncode == 0, said
        assert sync.simulator.mints == 1
        for name in ("traffic", "occupancy"):
            assert sync.counts(name) == sync.truth(name, START, END)
