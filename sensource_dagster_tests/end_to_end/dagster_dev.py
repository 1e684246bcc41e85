"""`dagster dev` as a user starts it: in a project folder, with the settings in `.env`."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

PROJECT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 90  # seconds


def project_folder(folder: Path, variables: Mapping[str, str]) -> Path:
    """A folder with the project's own files and a `.env`."""
    folder.mkdir()
    for name in ("workspace.yaml", "dagster.yaml", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder / name)
    lines = [f"{name}={value}\n" for name, value in variables.items()]
    (folder / ".env").write_text("".join(lines))
    return folder


class DagsterDev:
    """A running deployment and its GraphQL API."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def query(self, text: str, **variables: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/graphql", json={"query": text, "variables": variables}, timeout=30)
        document: dict[str, Any] = answer.json()
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


@contextmanager
def dagster_dev(folder: Path, log: Path) -> Iterator[DagsterDev]:
    """Start in `folder`, wait until the web server answers, and end with what Ctrl-C sends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("SENSOURCE_", "DAGSTER"))
    }
    command = [sys.executable, "-m", "dagster", "dev", "--port", str(port)]
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
        ) as process,
    ):
        deployment = DagsterDev(port)
        try:
            deadline = time.monotonic() + STARTS_WITHIN
            while not deployment.is_up():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.3)
            yield deployment
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
