"""`sensource demo --accounts`, run as a newcomer runs it, in a copy of the project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from sensource_dagster_tests.clone import clone, environment

pytestmark = pytest.mark.slow

SENSOURCE = [sys.executable, "-c", "from sensource_dagster.cli import main; main()", "demo", "--accounts"]


def test_it_reads_two_accounts_into_one_file_and_shows_both_by_the_query_that_it_prints(tmp_path: Path) -> None:
    project = clone(tmp_path / "project")
    own = {**environment(project), "SENSOURCE_PUBLISHED": str(tmp_path / "real.duckdb")}
    folder = project / "data" / "demo_accounts"
    folder.mkdir(parents=True)
    (folder / "footfall.duckdb").write_text("of a demo that was killed")
    done = subprocess.run(SENSOURCE, cwd=project, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.splitlines()
    [query] = [line.removeprefix("The query: ") for line in printed if line.startswith("The query")]
    with duckdb.connect(str(folder / "footfall.duckdb"), read_only=True) as connection:
        rows = connection.execute(query).fetchall()
        assert [column[0] for column in connection.description or []] == ["day", "east", "west"]
    assert len(rows) == 8
    for day, east, west in rows:
        [line] = [line for line in printed if f" {day} " in line]
        assert f" {east:,} " in line
        assert f" {west:,} " in line
    assert any(east != west for _, east, west in rows)
    assert (folder / "visits" / "defs" / "west" / "defs.yaml").exists()
    assert not (tmp_path / "real.duckdb").exists()
