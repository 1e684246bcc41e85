"""`make dev` as a newcomer types it, in a clone."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sensource_dagster_tests.clone import environment
from sensource_dagster_tests.end_to_end.dagster_dev import DagsterDev, started

SERVING = re.compile(r"^http://127\.0\.0\.1:(\d+) will serve the .*^Ready\.", re.DOTALL | re.MULTILINE)


@contextmanager
def make_dev(project: Path, log: Path) -> Iterator[DagsterDev]:
    """Start it, wait until it says where it serves, and end it with Ctrl-C; nothing of it is left."""
    scripts = Path(sys.executable).parent  # the environment that is there, so that make installs none
    command = ["make", "dev", f"BIN={scripts}", f"--old-file={scripts / '.installed'}"]

    def serving() -> int | None:
        said = SERVING.search(log.read_text())
        return int(said[1]) if said else None

    with started(command, project, environment(project), log, serving) as deployment:
        yield deployment
    deployment.until("every process has ended", lambda: not deployment.processes(), within=180)
