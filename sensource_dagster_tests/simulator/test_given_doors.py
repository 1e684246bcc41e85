"""An account whose doors are given: an interior one, two that fail, and holidays."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sensource_dagster.simulator import Door, Options
from sensource_dagster.simulator.simulator import Simulator
from sensource_dagster_tests.simulator.client import NOW, utc

DENVER = ZoneInfo("America/Denver")
SILENT_FROM = date(2025, 12, 3)
HALF_DAY = date(2025, 11, 26)
DOORS = (
    Door("Main Entrance", location=0, size=150),
    Door("Garden Door", location=0, size=40, half_day=HALF_DAY),
    Door("Children's Room", location=0, size=50, perimeter=False),
    Door("Side Door", location=1, size=60, silent_from=SILENT_FROM),
)


@pytest.fixture(scope="module")
def library() -> Simulator:
    return Simulator(Options(doors=DOORS, holidays=True), lambda: NOW)


def ins_by_day(library: Simulator) -> dict[str, dict[date, int]]:
    """The ins of each site on each local day from 24 November to 9 December."""
    sensors = {row["sensorId"]: row["siteId"] for row in library.entities("sensor")}
    sites = {row["siteId"]: row["name"] for row in library.entities("site")}
    names = {row["zoneId"]: sites[sensors[row["sensorId"]]] for row in library.entities("zone")}
    ins: dict[str, dict[date, int]] = {name: defaultdict(int) for name in names.values()}
    for row in library.truth("traffic", utc(2025, 11, 24, 7), utc(2025, 12, 10, 7), final=True):
        hour = datetime.fromisoformat(row["recordDate_hour_1"].replace("Z", "+00:00"))
        ins[names[row["zoneId"]]][hour.astimezone(DENVER).date()] += row["sumins"]
    return ins


def test_a_door_is_known_by_its_site_and_every_join_finds_its_row(library: Simulator) -> None:
    lists: dict[str, list[dict[str, Any]]] = {
        name: library.entities(name) for name in ("location", "site", "sensor", "zone", "space")
    }
    assert [row["name"] for row in lists["site"]] == [door.site for door in DOORS]
    assert [row["perimeter"] for row in lists["zone"]] == [True, True, False, True]
    for child, parent in (("zone", "sensor"), ("sensor", "site"), ("site", "location"), ("space", "location")):
        known = {row[f"{parent}Id"] for row in lists[parent]}
        assert {row[f"{parent}Id"] for row in lists[child]} <= known
    assert len({row["name"] for row in lists["zone"]}) < len(DOORS)


def test_of_a_half_day_there_is_no_row_after_noon(library: Simulator) -> None:
    start = datetime(HALF_DAY.year, HALF_DAY.month, HALF_DAY.day, tzinfo=DENVER)
    zones = [row["zoneId"] for row in library.entities("zone")]
    hours: dict[str, list[int]] = {zone: [] for zone in zones}
    for row in library.truth("traffic", start, start + timedelta(days=1), final=True):
        hour = datetime.fromisoformat(row["recordDate_hour_1"].replace("Z", "+00:00")).astimezone(DENVER)
        hours[row["zoneId"]].append(hour.hour)
    main, garden, children, _ = (hours[zone] for zone in zones)
    assert set(garden) <= {*range(13)}
    assert len(garden) >= 7
    assert max(main) == max(children) == 23


def test_an_interior_door_counts_a_part_of_those_who_came_in(library: Simulator) -> None:
    ins = ins_by_day(library)
    for day, people in ins["Main Entrance"].items():
        assert ins["Children's Room"][day] < people or people == 0


def test_a_silent_door_sends_rows_of_zeros_from_its_day_on(library: Simulator) -> None:
    side = ins_by_day(library)["Side Door"]
    assert {day for day, people in side.items() if people == 0} == {
        date(2025, 11, 27),  # Thanksgiving
        *(day for day in side if day >= SILENT_FROM),
    }
    zone = library.entities("zone")[3]["zoneId"]
    rows = library.truth("traffic", utc(2025, 12, 4), utc(2025, 12, 9), final=True)
    assert {row["sumouts"] for row in rows if row["zoneId"] == zone} == {0}


def test_nobody_comes_on_a_holiday_unless_holidays_are_off(library: Simulator) -> None:
    thanksgiving = (utc(2025, 11, 27, 7), utc(2025, 11, 28, 7))
    rows = library.truth("traffic", *thanksgiving)
    assert len(rows) > 60
    assert {row["sumins"] for row in rows} == {0}
    open_on_it = Simulator(Options(doors=DOORS), lambda: NOW).truth("traffic", *thanksgiving)
    assert sum(row["sumins"] for row in open_on_it) > 100


def test_the_people_in_a_space_came_through_the_outer_doors_of_its_location(library: Simulator) -> None:
    window = (utc(2025, 11, 17), utc(2025, 11, 24))
    rows = library.truth("occupancy", *window)
    first = library.entities("space")[0]["spaceId"]
    space = sum(row["sumins"] for row in rows if row["spaceId"] == first)
    outer = [row["zoneId"] for row in library.entities("zone")[:2]]
    doors = sum(row["sumins"] for row in library.truth("traffic", *window) if row["zoneId"] in outer)
    assert 0.9 * doors < space < 1.1 * doors


@pytest.mark.parametrize(("corrected", "least", "most"), [(0, 0, 0), (0.06, 1, 12), (1, 20, 100)])
def test_the_share_of_corrected_hours_can_be_set(corrected: float, least: int, most: int) -> None:
    account = Simulator(Options(corrected=corrected), lambda: NOW)
    window = (utc(2025, 12, 9), utc(2025, 12, 10, 22))
    final = account.truth("traffic", *window, final=True)
    changed = [row for row in account.truth("traffic", *window) if row not in final]
    assert least <= len(changed) <= most
