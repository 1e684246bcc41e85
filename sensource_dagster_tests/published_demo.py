"""The file that docs/questions.md is about: a simulated account on a fixed day, read as the schedules would."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sensource_dagster.cli import demo_account
from sensource_dagster.simulator import ManualClock
from sensource_dagster.views.published_copy import publish
from sensource_dagster_tests.end_to_end.sync import Sync, syncing

TODAY, START = date(2025, 12, 12), date(2024, 11, 1)
OPTIONS = demo_account.options(TODAY)
ZONE = ZoneInfo(OPTIONS.timezone)
_NIGHTS = 6  # in which the days before are read again, so that there are corrections
_SETTLED = 4  # days; after them an hour no longer changes


@dataclass(frozen=True)
class Demo:
    """A published file, and what the account holds, counted without the warehouse and its views.

    Attributes:
        traffic: (zone, local hour) -> (ins, outs).
        corrected: (day, zone) -> by how much each of its hours was corrected.
        location_of: the location's name of each zone.
        outer: the zones whose ins are visits.
    """

    file: Path
    traffic: Mapping[tuple[str, datetime], tuple[int, int]]
    corrected: Mapping[tuple[date, str], list[int]]
    location_of: Mapping[str, str]
    outer: frozenset[str]


def make_demo(folder: Path) -> Demo:
    """Read the account up to `TODAY` and publish the copy. It takes some 20 seconds."""
    nights = [TODAY - timedelta(days=number) for number in range(_NIGHTS, -1, -1)]
    traffic: dict[tuple[str, datetime], tuple[int, int]] = {}
    corrected: dict[tuple[date, str], list[int]] = defaultdict(list)
    clock = ManualClock(_local(nights[0]))
    with syncing(folder, replace(OPTIONS, token_seconds=10**8), clock=clock) as sync:
        for job, night in zip(("everything", *["counts"] * _NIGHTS), nights, strict=True):
            # At midnight no hour is running, so what changes later is a correction and no growth.
            clock.now = _local(night)
            first = START if job == "everything" else night - timedelta(days=_SETTLED)
            assert sync.run(job, first, night - timedelta(days=1)).success
            _count(sync, first, night, traffic, corrected)
        clock.now = _local(TODAY, hour=11)
        assert sync.run("counts", TODAY).success
        _count(sync, TODAY, TODAY + timedelta(days=1), traffic, corrected)
        copy = folder / "footfall.duckdb"
        publish(sync.settings.warehouse, copy, ZONE, wait_seconds=10)
        location_of, outer = _doors(sync)
    return Demo(copy, traffic, corrected, location_of, outer)


def _local(day: date, hour: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


def _count(
    sync: Sync,
    first: date,
    end: date,
    traffic: dict[tuple[str, datetime], tuple[int, int]],
    corrected: dict[tuple[date, str], list[int]],
) -> None:
    for (zone, hour), (_, ins, outs) in sync.truth("traffic", _local(first), _local(end)).items():
        key = zone, hour.astimezone(ZONE).replace(tzinfo=None, fold=0)
        before = traffic.get(key)
        if before and before[0] != ins:
            corrected[key[1].date(), zone].append(ins - before[0])
        traffic[key] = ins, outs


def _doors(sync: Sync) -> tuple[dict[str, str], frozenset[str]]:
    locations = {row["locationId"]: row["name"] for row in sync.simulator.entities("location")}
    sites = {row["siteId"]: locations.get(row["locationId"]) for row in sync.simulator.entities("site")}
    sensors = {row["sensorId"]: sites.get(row["siteId"]) for row in sync.simulator.entities("sensor")}
    zones = sync.simulator.entities("zone")
    location_of = {row["zoneId"]: sensors.get(row["sensorId"]) or "No location" for row in zones}
    perimeter = {row["zoneId"] for row in zones if row["perimeter"]}
    marked = {location_of[zone] for zone in perimeter}
    outer = {zone for zone, name in location_of.items() if zone in perimeter or name not in marked}
    return location_of, frozenset(outer)
