"""A failure waits for the code server that the daemon is going to ask about the run."""

from __future__ import annotations

import socket
import time

import time_machine
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.events import RunFailureReason
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.test_utils import create_run_for_test

from sensource_dagster_tests.instance.failed_runs import fail, shown, started


def with_code_server(history: DagsterInstance, port: int) -> DagsterRun:
    server = GrpcServerCodeLocationOrigin(host="127.0.0.1", port=port, location_name="elsewhere")
    origin = RemoteRepositoryOrigin(server, "__repository__").get_job_origin("counts")
    run: DagsterRun = create_run_for_test(
        history, status=DagsterRunStatus.STARTED, remote_job_origin=origin, job_name="counts"
    )
    return run


def test_a_run_is_started_again_when_its_code_server_is_there_and_the_daemon_knows_it(
    history: DagsterInstance,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        there = with_code_server(history, port)
        fail(history, there)
        assert shown(history) == [there.run_id]
    killed_with_its_server = with_code_server(history, port)
    fail(history, killed_with_its_server)
    assert shown(history) == []  # a daemon that has seen the first one would not ask for it again
    with socket.create_server(("127.0.0.1", port)):
        assert shown(history) == []
        with time_machine.travel(time.time() + 80):
            assert shown(history) == [there.run_id, killed_with_its_server.run_id]


def test_a_code_server_that_does_not_come_back_holds_the_others_up_for_a_quarter_of_an_hour_alone(
    history: DagsterInstance,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    gone, behind = with_code_server(history, port), started(history)
    fail(history, gone)
    fail(history, behind)
    assert shown(history) == []
    with time_machine.travel(time.time() + 910):
        assert shown(history) == [gone.run_id, behind.run_id]


def test_a_run_that_is_not_started_again_waits_for_no_code_server(history: DagsterInstance) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    run = with_code_server(history, port)
    fail(history, run, RunFailureReason.STEP_FAILURE)
    assert shown(history) == [run.run_id]
