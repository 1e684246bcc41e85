"""A PostgreSQL server of a test's own, on a socket in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "not for logs"


def binaries() -> Path | None:
    """Debian keeps them out of the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def postgres() -> Iterator[dict[str, Any]]:
    """The `storage` of a dagster.yaml that uses a server of the test's own."""
    with postgres_server() as folder:
        yield {
            "postgres": {
                "postgres_db": {
                    "scheme": "postgresql+psycopg2",
                    "hostname": "",
                    "username": "dagster",
                    "password": PASSWORD,
                    "db_name": "postgres",
                    "params": {"host": str(folder)},
                }
            }
        }


def libpq_of(folder: Path, database: str = "postgres") -> str:
    """A libpq string for a server. PGPASSWORD has to be `PASSWORD`."""
    return f"host={folder} user=dagster dbname={database}"


@contextmanager
def postgres_server() -> Iterator[Path]:
    """The folder of its socket. The test is skipped where PostgreSQL is not installed."""
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    # It refuses to run as root. Others cannot look into the folders of the tests.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="sensource-postgres-") as name:
        folder, data = Path(name), Path(name, "data")
        (folder / "password").write_text(PASSWORD)
        if user:
            owner = pwd.getpwnam(user)
            for path in (folder, folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)

        def run(*command: str | Path) -> None:
            program, *arguments = command
            subprocess.run([found / program, *arguments], user=user, cwd=folder, check=True, capture_output=True)

        password = f"--pwfile={folder / 'password'}"
        run("initdb", "-D", data, "-U", "dagster", "--auth=scram-sha-256", password, "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "--wait", "start")
        try:
            yield folder
        finally:
            run("pg_ctl", "-D", data, "--mode=immediate", "stop")
