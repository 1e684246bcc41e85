"""`sensource demo --accounts`, run as a newcomer runs it, in a copy of the project."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from sensource_dagster.cli.demo_accounts import show
from sensource_dagster_tests.clone import clone, environment

SENSOURCE = [sys.executable, "-c", "from sensource_dagster.cli import main; main()", "demo", "--accounts"]


@pytest.mark.slow
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
        for visits in (east, west):
            assert f" {'-' if visits is None else format(visits, ',')} " in line
    assert any(east != west for _, east, west in rows)
    assert (folder / "visits" / "defs" / "west" / "defs.yaml").exists()
    assert not (tmp_path / "real.duckdb").exists()


def test_a_day_that_has_begun_in_one_time_zone_alone_has_no_visits_of_the_other_account(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "footfall.duckdb")) as connection:
        connection.execute("CREATE SCHEMA all_accounts")
        connection.execute(
            "CREATE TABLE all_accounts.location_daily AS SELECT * FROM (VALUES ('east', DATE '2026-01-10', 1200), "
            "('west', DATE '2026-01-10', 30), ('east', DATE '2026-01-11', 0)) AS of (account, day, visits)"
        )
    printed = StringIO()
    show(Console(file=printed, width=200), tmp_path)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.getvalue().splitlines()]
    assert [row for row in cells if row] == [["2026-01-11", "0", "-"], ["2026-01-10", "1,200", "30"]]
