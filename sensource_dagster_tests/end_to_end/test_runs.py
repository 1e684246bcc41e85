"""Backfills through the real daemon that fail, are cancelled or killed: what is missing, and what heals it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import parse_qs

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from sensource_dagster.simulator import Options, fault_kinds, serving
from sensource_dagster.simulator.fault_kinds import Fault
from sensource_dagster.vea.windows import day_windows, instant_text
from sensource_dagster_tests.end_to_end.dagster_dev import CLIENT, project_folder, start_timeout
from sensource_dagster_tests.end_to_end.deployment import (
    CANCEL,
    DAYS_A_RUN,
    DENVER,
    HEALS_WITHIN,
    TERMINATE,
    Deployment,
)
from sensource_dagster_tests.end_to_end.sync import variables_of

pytestmark = pytest.mark.slow  # a `dg dev` of their own, its daemon and kills


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    tmp_path = tmp_path_factory.mktemp("runs")
    with serving(Options(client_id=CLIENT)) as simulator:
        variables = variables_of(
            simulator, tmp_path, SENSOURCE_START_DATE="2026-01-01", SENSOURCE_BACKFILL_DAYS=str(DAYS_A_RUN)
        )
        del variables["SENSOURCE_WAREHOUSE"]  # the default path, below the project's folder
        deployment = Deployment(simulator, project_folder(tmp_path / "project", variables))
        deployment.start()
        try:
            yield deployment
        finally:
            deployment.end()


@pytest.fixture
def deployment(running: Deployment) -> Iterator[Deployment]:
    yield running
    running.simulator.faults.clear()


def batches(first: date, runs: int) -> list[list[date]]:
    days = [first + timedelta(days=number) for number in range(runs * DAYS_A_RUN)]
    return [days[at : at + DAYS_A_RUN] for at in range(0, len(days), DAYS_A_RUN)]


def days_of(parts: list[list[date]]) -> list[date]:
    return [day for part in parts for day in part]


def in_window(batch: list[date], fault: Fault) -> Fault:
    """A fault for the requests of one batch alone."""
    start = instant_text(day_windows(batch[0], batch[-1], DENVER)[0].start)

    async def only_there(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        there = parse_qs(scope["query_string"].decode())["startDate"] == [start]
        await (fault(app, scope, receive, send) if there else app(scope, receive, send))

    return only_there


class Hold:
    """A fault that gives no response for as long as the client waits, and says that a request has come."""

    def __init__(self) -> None:
        self.met = threading.Event()

    async def __call__(self, _app: ASGIApp, scope: Scope, _receive: Receive, _send: Send) -> None:
        self.met.set()
        while not scope["transport"].is_closing():
            await asyncio.sleep(0.05)


def test_what_a_failing_batch_and_a_cancelled_backfill_leave_out_can_be_completed(deployment: Deployment) -> None:
    dagster, simulator = deployment.dagster, deployment.simulator
    failing, cancelled = batches(date(2026, 2, 1), runs=3), batches(date(2026, 3, 1), runs=3)
    refused, hold = in_window(failing[1], fault_kinds.status(400)), Hold()
    simulator.faults.at_random(1, [in_window(cancelled[1], hold)], path="/api/data/")
    cancelled_backfill = dagster.launch(days_of(cancelled))
    assert hold.met.wait(HEALS_WITHIN)
    simulator.faults.clear()
    simulator.faults.at_random(1, [refused], path="/api/data/")
    failing_backfill = dagster.launch(days_of(failing))

    # As the UI cancels: the backfill, and then its runs.
    dagster.query(CANCEL, id=cancelled_backfill)
    dagster.query(TERMINATE, ids=dagster.active_runs(cancelled_backfill))
    assert dagster.ended(cancelled_backfill) == "CANCELED"
    # The pool's one slot is free again: the other backfill gets on.
    assert dagster.ended(failing_backfill) == "COMPLETED_FAILED"
    # The published copy may still be made, in a run of its own.
    dagster.until("every run has ended", lambda: not dagster.active_runs())
    dagster.until("no slot is claimed", lambda: not deployment.claimed_slots())

    missing = set(failing[1])
    assert deployment.true_days(days_of(failing)) == set(days_of(failing)) - missing
    assert deployment.days("FAILED") & set(days_of(failing)) == missing
    assert deployment.days("MATERIALIZED") & set(days_of(failing)) == set(days_of(failing)) - missing
    # Neither the client, nor the step, nor the run tries again: one refusal for each count.
    assert [request.status for request in simulator.requests].count(400) == 2
    true = deployment.true_days(days_of(cancelled))
    assert not true & set(cancelled[1])
    assert deployment.days("MATERIALIZED") & set(days_of(cancelled)) == true

    simulator.faults.clear()
    asked_before = len(simulator.requests)
    retry = dagster.retry_failed(failing_backfill)
    rest = dagster.launch(sorted(set(days_of(cancelled)) - true))
    assert dagster.ended(retry) == dagster.ended(rest) == "COMPLETED_SUCCESS"
    days = days_of(failing) + days_of(cancelled)
    assert deployment.true_days(days) == set(days)
    assert deployment.days("MATERIALIZED") >= set(days)
    # Only what was missing is asked again, each batch once for each count, with the token that there was.
    batches_missing = 1 + (len(days_of(cancelled)) - len(true)) // DAYS_A_RUN
    assert len(simulator.requests) - asked_before == 2 * batches_missing


# Run monitoring looks each 10 s, and frees a slot 30 s after the run.
def test_a_backfill_goes_on_after_everything_was_killed_and_started_again(deployment: Deployment) -> None:
    simulator = deployment.simulator
    parts = batches(date(2026, 4, 1), runs=4)
    days, script_day = days_of(parts), date(2026, 5, 1)
    hold = Hold()
    simulator.faults.at_random(1, [in_window(parts[1], hold)], path="/api/data/")

    backfill = deployment.dagster.launch(days)
    assert hold.met.wait(HEALS_WITHIN)
    script = deployment.start_script(script_day)  # waits for the pool
    deployment.dagster.until("the script's run is started", lambda: deployment.script_runs() == ["STARTED"])
    deployment.dagster.until("no run is starting", lambda: "STARTING" not in deployment.statuses())
    script.kill()
    script.wait()
    deployment.kill()
    assert not deployment.true_days(days) & set(parts[1])

    simulator.faults.clear()
    deployment.start()
    dagster = deployment.dagster
    dagster.until("every day is green", lambda: deployment.days("MATERIALIZED") >= set(days), within=HEALS_WITHIN)
    assert dagster.ended(backfill) == "COMPLETED_SUCCESS"
    assert deployment.true_days(days) == set(days)
    # Not "started" for ever: run monitoring looks each 10 s.
    dagster.until("the script's run has failed", lambda: deployment.script_runs()[-1] == "FAILURE")
    dagster.until("no slot is claimed", lambda: not deployment.claimed_slots(), within=HEALS_WITHIN)


# Dagster looks after a run that is starting only once its time to start is over.
def test_a_run_that_was_starting_when_everything_was_killed_is_started_again(deployment: Deployment) -> None:
    parts = batches(date(2026, 6, 1), runs=3)
    days, hold = days_of(parts), Hold()
    deployment.simulator.faults.at_random(1, [in_window(parts[0], hold)], path="/api/data/")
    backfill = deployment.dagster.launch(days)
    assert hold.met.wait(HEALS_WITHIN)
    deployment.dagster.until("a run is starting", lambda: "STARTING" in deployment.statuses())
    deployment.kill()

    deployment.simulator.faults.clear()
    start_timeout(deployment.folder, 60)
    deployment.start()
    assert deployment.dagster.ended(backfill) == "COMPLETED_SUCCESS"
    assert deployment.true_days(days) == set(days)


def test_the_web_server_listens_on_loopback_alone(deployment: Deployment) -> None:
    port = deployment.dagster.port
    others = {"127.0.0.2", socket.gethostbyname(socket.gethostname())} - {"127.0.0.1"}
    for address in others:  # a server on 0.0.0.0 would respond at all of them
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, port), timeout=5)
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
