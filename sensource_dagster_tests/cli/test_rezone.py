"""`sensource rezone` after a change of SENSOURCE_TIMEZONE: what it shows, moves and marks in Dagster."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import DagsterEventType, DagsterRunStatus, RunsFilter

from sensource_dagster.automation.nightly_days import nightly_days
from sensource_dagster.cli.partition_status import partition_status
from sensource_dagster.contract.tables import COUNTS, TABLES
from sensource_dagster.simulator import ManualClock, RunningSimulator, serving
from sensource_dagster_tests.cli.backfills import FIRST, assert_true, days
from sensource_dagster_tests.cli.project import Project, make_project
from sensource_dagster_tests.end_to_end.sync import Sync, error_text
from sensource_dagster_tests.own_account import asset_key

DAY = timedelta(days=1)
LAST = FIRST + 3 * DAY
W = "warehouse.sensource"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with serving(clock=ManualClock(datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc))) as running:
        yield running


@pytest.fixture(scope="module")
def denver(simulator: RunningSimulator, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Four of Denver's days have been read. No test changes it."""
    folder = tmp_path_factory.mktemp("denver")
    published = str(folder / "footfall.duckdb")
    project = make_project(folder, simulator, SENSOURCE_START_DATE=str(FIRST), SENSOURCE_PUBLISHED=published)
    with project.sync() as sync:
        assert sync.run("counts", FIRST, LAST).success
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        warehouse.execute(
            f"INSERT INTO {W}.corrections BY NAME SELECT 'traffic' AS table_name, 'z' AS entity_id, "
            f"TIMESTAMPTZ '{LAST} 23:00Z' AS record_date_hour_1, DATE '{LAST}' AS record_date, "
            "'sumins' AS column_name, '1' AS old_value, '2' AS new_value, now() AS seen_at"
        )
    return project


def moved_to(project: Project, zone: str, folder: Path) -> Project:
    """A copy of the project, whose owner has written another zone into `.env`."""
    shutil.copytree(project.folder.parent, folder)
    changes = ((str(project.folder.parent), str(folder)), ("America/Denver", zone))
    variables, env = dict(project.variables), (project.folder / ".env").read_text()
    for old, new in changes:
        variables = {name: text.replace(old, new) for name, text in variables.items()}
        env = env.replace(old, new)
    (folder / "project" / ".env").write_text(env)
    return Project(folder / "project", project.simulator, variables)


def wrong_days(sync: Sync, name: str) -> list[tuple[Any, ...]]:
    """The rows whose day or local hour is not that of the sync's zone, as Python makes it."""
    rows = sync.query(f"SELECT record_date_hour_1, record_date, record_hour FROM {W}.{name}")
    assert rows
    local = [(row[0].astimezone(sync.settings.timezone).replace(tzinfo=None), row) for row in rows]
    return [row for hour, row in local if row[1:] != (hour.date(), hour)]


def test_it_only_shows_what_moves_until_somebody_says_yes(
    denver: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = moved_to(denver, "Europe/Paris", tmp_path / "paris")
    with project.sync() as sync:
        before = sync.table("traffic")
        # In Denver's summer 16:00 is midnight in Paris.
        [(rows, moving)] = sync.query(
            f"SELECT count(*), count(*) FILTER (hour(record_hour) >= 16) FROM {W}.traffic"
        )
    for at_terminal, asked in ((False, []), (True, ["Move them? [y/N]: "])):
        monkeypatch.setattr(
            import_module("sensource_dagster.cli.rezone"), "_at_terminal", lambda at=at_terminal: at
        )
        shown = project.invoke("rezone")
        assert shown.exit_code == 1
        lines = shown.output.splitlines()
        assert lines[:2] == [
            "In Europe/Paris:",
            f"  traffic: rows that move to another day: {moving}, of 5 days; "
            f"rows that get another local hour: {rows}",
        ]
        assert lines[3] == "  corrections: rows that move to another day: 1, of 2 days"
        assert [line for line in lines[4:] if "Move" in line] == asked
    with project.sync() as sync:
        assert sync.table("traffic") == before


def test_after_a_move_to_the_east_each_row_has_its_day_and_the_first_day_has_to_be_read_again(
    denver: Project, tmp_path: Path
) -> None:
    project = moved_to(denver, "Europe/Paris", tmp_path / "paris")
    with project.sync() as sync:
        moving = f"SELECT record_date, count(*) FROM {W}.traffic WHERE hour(record_hour) >= 16 GROUP BY 1"
        moved = {str(day): rows for day, rows in sync.query(moving)}
    status, printed = project.run("rezone", "--yes")
    assert status == 0, printed
    assert f"Some hours of {FIRST} have not been read" in printed
    assert f"sensource backfill --from {FIRST} --to {FIRST}" in printed

    shown = project.invoke("status").output
    assert re.search(r"last run +failure, \S+ \S+, counts +failure, \S+ \S+, counts", shown), shown  # of FIRST

    with project.sync() as sync:
        for table in COUNTS:
            assert not wrong_days(sync, table.name)
            found = partition_status(sync.instance, table, sync.settings, FIRST, LAST + DAY)
            assert (found.failed, found.missing) == ([FIRST], [LAST + DAY])  # half of the last one was read
        tonight = LAST + sync.settings.lookback_days * DAY
        assert nightly_days(sync.instance, sync.settings, tonight, ()).missed == [(FIRST, FIRST)]
        [run, _] = sync.instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.FAILURE]))
        assert (run.job_name, run.tags["sensource/command"]) == ("counts", "sensource rezone")
        assert not sync.instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED)
        # Each day that is whole has an event with its new numbers.
        sums = sync.query(
            "SELECT record_date, sum(sumins), sum(sumouts), count(*), count(DISTINCT zone_id) "
            f"FROM {W}.traffic GROUP BY 1 ORDER BY 1"
        )
        numbers = {str(day): tuple(values) for day, *values in sums}
        records = sync.instance.fetch_materializations(asset_key(TABLES["traffic"]), limit=3).records
        assert sorted(str(record.partition_key) for record in records) == days(FIRST + DAY, LAST)
        for record in records:
            event = record.asset_materialization
            assert event
            said = {name: value.value for name, value in event.metadata.items()}
            assert tuple(said[name] for name in ("ins", "outs", "rows", "zones")) == numbers[str(event.partition)]
            assert said["rows_moved_out"] == moved.pop(str(event.partition))
            assert f"DATE '{event.partition}'" in str(said["Query"])
        assert said["rows_moved_in"] == moved[str(FIRST)]  # the oldest of the events came last
        # The runs' check `days_are_local`, which would fail it, is green.
        result = sync.run("counts", FIRST, LAST + DAY)
        assert result.success, error_text(result)
        assert_true(sync, FIRST, LAST + DAY)

    shown = project.invoke("status").output
    assert re.search(r"last run +success, \S+ \S+, counts +success, \S+ \S+, counts", shown), shown

    with duckdb.connect(str(tmp_path / "paris" / "footfall.duckdb"), read_only=True) as copy:
        assert copy.execute("SELECT record_date FROM footfall.sensource.corrections").fetchall() == [(LAST + DAY,)]
        newest = copy.execute("SELECT max(day) FROM footfall.sensource.traffic_daily").fetchall()
        assert newest == [(LAST + DAY,)]

    again = project.invoke("rezone", "--yes")
    nothing = "Nothing to do: every row has its local day and hour in Europe/Paris.\n"
    assert (again.exit_code, again.output) == (0, nothing)


def test_where_it_is_stopped_the_rows_are_as_they_were_and_days_can_only_be_read_once_too_often(
    denver: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = moved_to(denver, "Europe/Paris", tmp_path / "paris")
    module = import_module("sensource_dagster.cli.rezone")
    mark = module._mark

    def mark_and_stop(*arguments: Any) -> None:
        mark(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_mark", mark_and_stop)
    assert project.invoke("rezone", "--yes").exit_code == 1
    with project.sync() as sync:
        assert len(wrong_days(sync, "traffic")) == len(sync.counts("traffic"))
        assert partition_status(sync.instance, TABLES["traffic"], sync.settings, FIRST, LAST).failed == [FIRST]


def test_without_a_warehouse_it_says_so(denver: Project, tmp_path: Path) -> None:
    project = moved_to(denver, "Europe/Paris", tmp_path / "paris")
    (tmp_path / "paris" / "warehouse.duckdb").unlink()
    result = project.invoke("rezone", "--yes")
    assert result.exit_code == 1
    assert "does not exist yet" in result.output
