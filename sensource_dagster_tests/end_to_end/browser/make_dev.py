"""`make dev` as a newcomer types it, in a clone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sensource_dagster_tests.clone import environment
from sensource_dagster_tests.end_to_end.dagster_dev import STARTS_WITHIN, DagsterDev

SERVING = re.compile(r"Serving dagster-webserver on http://127\.0\.0\.1:(\d+)")


@contextmanager
def make_dev(project: Path, log: Path) -> Iterator[DagsterDev]:
    """Start it, wait until it says where it serves, and end it with Ctrl-C; nothing of it is left."""
    scripts = Path(sys.executable).parent  # the environment that is there, so that make installs none
    with (
        log.open("w") as output,
        subprocess.Popen(
            ["make", "dev", f"BIN={scripts}", f"--old-file={scripts / '.installed'}"],
            cwd=project,
            env=environment(project),
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        deadline = time.monotonic() + STARTS_WITHIN
        while not (serving := SERVING.search(log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.3)
        deployment = DagsterDev(int(serving[1]), process.pid)
        try:
            yield deployment
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                deployment.kill()
                raise
    deployment.until(lambda: not deployment.processes(), within=30)
