"""A published file with names that are hard to export, and the command `sensource export` as it is run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import duckdb
from click.testing import CliRunner, Result

from sensource_dagster.cli import main
from sensource_dagster.config import project_folder
from sensource_dagster.contract.model import View
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.views.refresh import refresh
from sensource_dagster.warehouse.merge import merge
from sensource_dagster_tests.warehouse.samples import FIRST, KEEP, Row, Store, count, frame_of, hour

Export = Callable[..., Result]
LOCATIONS = {"l1": "Main, Library", "l2": '=HYPERLINK("http://x","y")'}
DOORS = {  # each of a site of its own
    "z1": 'North "big" door',
    "z2": "Süd 😀\nsecond line",
    "z3": '=1+cmd|"/C calc"!A0',
    "z4": "a;=2+3",
}
FIRST_HOUR, HOURS = 7, 60  # into December 2025: midnight in Denver, and then two days and a half
ZONE = "America/Denver"
VIEW = {view.name: view for view in VIEWS}


def location_of(zone: str) -> str:
    return "l2" if zone == "z4" else "l1"


def ins(zone: str, at: int) -> int:
    return 100 * int(zone[1]) + at


def hours_of(zone: str) -> list[int]:
    """z2 lacks one hour, which is unknown."""
    return [at for at in range(FIRST_HOUR, FIRST_HOUR + HOURS) if (zone, at) != ("z2", FIRST_HOUR + 3)]


def make_published(file: Path) -> Path:
    store = Store(file)
    store.put(*[{"locationId": key, "name": name} for key, name in LOCATIONS.items()], table="location")
    sites: list[Row] = [
        {"siteId": f"s{zone}", "locationId": location_of(zone), "name": name} for zone, name in DOORS.items()
    ]
    store.put(*sites, table="site")
    store.put(*[{"sensorId": f"n{zone}", "siteId": f"s{zone}", "name": zone} for zone in DOORS], table="sensor")
    zones: list[Row] = [  # z3 is an interior door
        {"zoneId": zone, "sensorId": f"n{zone}", "name": zone, "perimeter": zone != "z3"} for zone in DOORS
    ]
    store.put(*zones, table="zone")
    store.put({"spaceId": "p1", "name": "Hall", "locationId": "l1", "maxCapacity": 80}, table="space")
    traffic = [count(zone, at, ins(zone, at), 1) for zone in DOORS for at in hours_of(zone)]
    occupancy = {"spaceId": "p1", "name": "Hall", "maxoccupancy": 7, "minoccupancy": 0, "avgoccupancy": 2.25}
    spaces = [{**occupancy, "recordDate_hour_1": hour(at)} for at in (FIRST_HOUR, FIRST_HOUR + 1)]
    with store.warehouse.open() as connection:
        for table, rows in ((TABLES["traffic"], traffic), (TABLES["occupancy"], spaces)):
            merge(connection, table, frame_of(table, *rows, zone=ZONE), FIRST, KEEP)
        refresh(connection, ZoneInfo(ZONE))
    return file


def rows_of(file: Path, view: View) -> list[dict[str, Any]]:
    """All rows of a view in no order, an instant as its ISO text in UTC."""
    names = [
        f"strftime(make_timestamp(epoch_us({c.name})), '%Y-%m-%dT%H:%M:%SZ') AS {c.name}"
        if c.type.value == "TIMESTAMPTZ"
        else c.name
        for c in view.columns
    ]
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute(f"USE {file.stem}.sensource")
        found = connection.execute(f"SELECT {', '.join(names)} FROM {view.name}").fetchall()
    return [dict(zip([c.name for c in view.columns], row, strict=True)) for row in found]


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As every export sorts them: by day, then the name, then the hour."""
    by = ("day", "door", "space", "kind", "subject", "location", "record_date_hour_1")
    return sorted(rows, key=lambda row: [str(row[name]) for name in by if name in row])


@contextmanager
def exporting(folder: Path, published: Path, command: str = "export") -> Iterator[Export]:
    """Runs the command in `folder`, of a project in another one."""
    project = folder / "project"
    project.mkdir()
    before = Path.cwd()

    def run(*arguments: str, **variables: str) -> Result:
        os.chdir(folder)
        settings = {"SENSOURCE_PUBLISHED": str(published), "SENSOURCE_TIMEZONE": ZONE, **variables}
        with mock.patch.dict(os.environ, settings), mock.patch.object(project_folder, "CLONE", project):
            return CliRunner().invoke(main, [command, *arguments], catch_exceptions=False)

    try:
        yield run
    finally:
        os.chdir(before)


def names(folder: Path) -> list[str]:
    """What is in a folder, with hidden files."""
    return sorted(file.name for file in folder.iterdir() if file.name != "project")
