"""For all tests."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from hypothesis import settings

from sensource_dagster.config import project_folder
from sensource_dagster.warehouse import extensions
from sensource_dagster_tests import migrations
from sensource_dagster_tests.lakes import NewLake, lake_in, why_no_lake
from sensource_dagster_tests.postgres import PASSWORD, postgres_server

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C. `nohup` has
# them ignore the end of the terminal. Some tests send these signals.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The tests write hundreds of SQLite and DuckDB files, each write of which a disk has to confirm. In memory, where
# there is room, they take a fifth less time.
MEMORY = Path("/dev/shm")
TESTS = Path(__file__).parent
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

migrations.read_once()

# The files whose tests take longest, in this order before all others. The first two use a core all the time; those
# after them mostly wait, so that four to six run beside one another on two cores. The last to end is a short one.
LONGEST = (
    "end_to_end/test_thirty_days.py",
    "end_to_end/test_quiet_month.py",
    "end_to_end/test_runs.py",
    "end_to_end/test_other_instances.py",
    "end_to_end/test_dagster_dev.py",
    "cli/test_dev_ended.py",
    "end_to_end/test_another_code_location.py",
    "end_to_end/browser/test_newcomer.py",
    "end_to_end/test_compose_processes.py",
    "end_to_end/test_wheel.py",
    "end_to_end/test_secrets.py",
    "cli/test_demo_and_dev.py",
    "end_to_end/test_lists_and_counts.py",
    "test_tools.py",
    "end_to_end/test_any_response.py",
)

# How long one example takes says more about the machine than about the project.
settings.register_profile("sensource", deadline=None)
settings.load_profile("sensource")


@pytest.fixture(autouse=True)
def _own_project_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the working folder were the clone: no test meets the `.env` and the warehouse of the one it is in.

    A command goes to the project folder, and takes its `.env` into the environment. Here it comes back.
    """
    monkeypatch.setattr(project_folder, "CLONE", Path())
    monkeypatch.chdir(Path.cwd())
    with mock.patch.dict(os.environ):
        os.environ.pop(project_folder.DAGSTER_HOME, None)
        yield


@pytest.fixture(scope="session")
def _lake_server() -> Iterator[Path]:
    with postgres_server() as folder:
        yield folder


@pytest.fixture
def new_lake(_lake_server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NewLake:
    """Makes lakes that do not exist yet. Their files are in `tmp_path`."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    # To check the signatures of the extensions takes a fifth of a second each time that a lake is opened. The
    # processes that tests start do it.
    monkeypatch.setitem(extensions.NO_DOWNLOAD, "allow_unsigned_extensions", "true")
    return lambda: lake_in(_lake_server, tmp_path / f"lake {uuid4().hex[:8]}")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A new bucket for the files of a lake, on loopback. The environment has its keys, as a deployment's has."""
    for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "tiger", "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    # Both are in the environment of `make test-lake` alone.
    boto3, moto = import_module("boto3"), import_module("moto.server")
    server = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    try:
        made = boto3.resource("s3", region_name="us-east-1").Bucket("footfall")
        made.create()
        yield made
    finally:
        server.stop()


def pytest_report_header() -> str | None:
    why = why_no_lake()
    return f"lakes are not tested, because {why}; make test-lake" if why else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Lakes are tested where there can be one.

    The longest files come first, then the folders with long tests: none runs alone at the end.
    """
    if why_no_lake():
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("lake")])
        items[:] = [item for item in items if not item.get_closest_marker("lake")]
    items.sort(key=lambda item: _turn(item.path))


def _turn(file: Path) -> tuple[int, bool]:
    name = file.relative_to(TESTS).as_posix() if file.is_relative_to(TESTS) else ""
    turn = LONGEST.index(name) if name in LONGEST else len(LONGEST)
    return turn, not {"end_to_end", "cli"} & set(file.parts)
