"""`dg dev` as a user starts it: in a project folder, with the settings in `.env`."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import requests

T = TypeVar("T")
PROJECT = Path(__file__).resolve().parents[2]
QUICK_DAEMON = Path(__file__).parent / "quick_daemon"
CLIENT = "library"
"""An API client that is not the demo's. Of that one the schedules are on, and start runs at ten past each hour."""
STARTS_WITHIN = 600  # seconds; a busy machine imports for minutes
FINISHES_WITHIN = 900  # seconds
RUN_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
_MARK = "DEPLOYMENT_OF_A_TEST"
DG = str(Path(sys.executable).with_name("dg"))

LAUNCH = """
mutation($backfill: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfill) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}"""
RETRY = """
mutation($id: String!) {
  reexecutePartitionBackfill(reexecutionParams: {parentRunId: $id, strategy: FROM_FAILURE}) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}"""
STATUS = """
query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"""


def project_folder(folder: Path, variables: Mapping[str, str]) -> Path:
    """A copy of the project's own files and package, with a `.env`."""
    folder.mkdir()
    shutil.copytree(PROJECT / "sensource_dagster", folder / "sensource_dagster")
    for name in ("workspace.yaml", "dagster.yaml", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder / name)
    start_timeout(folder, STARTS_WITHIN)
    lines = [f"{name}={value}\n" for name, value in variables.items()]
    (folder / ".env").write_text("".join(lines))
    return folder


def start_timeout(folder: Path, seconds: int) -> None:
    """How long a run's process may take until it begins; a busy machine needs longer than a user's."""
    settings = folder / "dagster.yaml"
    changed, count = re.subn(r"(start_timeout_seconds:) \d+", rf"\1 {seconds}", settings.read_text())
    assert count == 1
    settings.write_text(changed)


class DagsterDev:
    """A running deployment and its GraphQL API."""

    def __init__(self, port: int, mark: str = "") -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._mark = mark

    def processes(self) -> list[int]:
        """All that belong to it."""
        return processes_of(self._mark)

    def kill(self) -> None:
        """As a power cut does: every process at once."""
        _kill(self._mark)

    def query(self, text: str, **variables: Any) -> dict[str, Any]:
        response = requests.post(f"{self.url}/graphql", json={"query": text, "variables": variables}, timeout=30)
        document: dict[str, Any] = response.json()
        assert "errors" not in document, document
        data: dict[str, Any] = document["data"]
        return data

    def is_up(self) -> bool:
        try:
            return requests.get(f"{self.url}/server_info", timeout=2).ok
        except requests.RequestException:
            return False

    def runs(self) -> list[dict[str, Any]]:
        found = self.query("{runsOrError{... on Runs{results{runId status jobName tags{key value}}}}}")
        runs: list[dict[str, Any]] = found["runsOrError"]["results"]
        return runs

    def active_runs(self, backfill: str | None = None) -> list[str]:
        """The ids of the runs that have not ended, of one backfill or of all."""
        tag = {"key": "dagster/backfill", "value": backfill}
        active = [run for run in self.runs() if run["status"] not in RUN_ENDED]
        return [run["runId"] for run in active if backfill is None or tag in run["tags"]]

    def launch(self, days: Sequence[date]) -> str:
        """A backfill of both counts; its id."""
        assets = [{"path": ["sensource", "traffic"]}, {"path": ["sensource", "occupancy"]}]
        backfill = {"assetSelection": assets, "partitionNames": [str(day) for day in days]}
        return _backfill_id(self.query(LAUNCH, backfill=backfill)["launchPartitionBackfill"])

    def retry_failed(self, backfill_id: str) -> str:
        """What the UI's "Re-execute from failure" does; the new backfill's id."""
        return _backfill_id(self.query(RETRY, id=backfill_id)["reexecutePartitionBackfill"])

    def ended(self, backfill_id: str) -> str:
        """Wait for a backfill's end; its status."""

        def ended() -> str | None:
            now: str = self.query(STATUS, id=backfill_id)["partitionBackfillOrError"]["status"]
            return (
                now
                if now in {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "COMPLETED", "FAILED", "CANCELED"}
                else None
            )

        return self.until(f"the backfill {backfill_id} has ended", ended)

    def until(self, what: str, seen: Callable[[], T | None], within: float = FINISHES_WITHIN) -> T:
        """Wait until `seen` returns something true, and return it; a failure says what was waited for."""
        deadline = time.monotonic() + within
        while True:
            try:
                if found := seen():
                    return found
                assert time.monotonic() < deadline, f"after {within:g} s not yet: {what}; runs: {self.runs()}"
            except requests.RequestException as error:
                raise AssertionError(f"the server was gone before {what}: {error}") from None
            time.sleep(1)  # each look costs the server time


def _backfill_id(response: dict[str, Any]) -> str:
    assert "backfillId" in response, response
    return str(response["backfillId"])


def marked(environment: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """An environment by which a process and all that it starts are found, and its mark."""
    mark = f"{_MARK}={uuid4()}"
    return {**environment, **dict([mark.split("=")])}, mark


def processes_of(mark: str) -> list[int]:
    """All that have the mark, whatever session they are in. One that has ended has none."""
    found = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in found if mark and mark.encode() in _environment_of(pid).split(b"\0")]


def _environment_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def _kill(mark: str) -> None:
    while alive := processes_of(mark):
        for pid in alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


@contextmanager
def dagster_dev(folder: Path, log: Path, command: Sequence[str] = (DG, "dev")) -> Iterator[DagsterDev]:
    """Start in `folder`, wait until the web server responds, and end with what Ctrl-C sends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("SENSOURCE_", "DAGSTER"))
    }
    search_path = [str(QUICK_DAEMON), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(search_path)

    def serving() -> int | None:
        return port if DagsterDev(port).is_up() else None

    with started([*command, "--port", str(port)], folder, environment, log, serving) as deployment:
        yield deployment


@contextmanager
def started(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    serving: Callable[[], int | None],
) -> Iterator[DagsterDev]:
    """Start a command that brings up a deployment, wait until `serving` knows its port, and end it with Ctrl-C."""
    with_mark, mark = marked(environment)
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=folder, env=with_mark, stdout=output, stderr=output, start_new_session=True
        ) as process,
    ):
        try:
            deadline = time.monotonic() + STARTS_WITHIN
            while not (port := serving()):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.3)
            yield DagsterDev(port, mark)
        finally:
            with suppress(ProcessLookupError):  # the test has killed it
                os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(timeout=180)
            except subprocess.TimeoutExpired:
                _kill(mark)
                raise
