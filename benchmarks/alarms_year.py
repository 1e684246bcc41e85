"""A simulated year of twelve doors in five locations, with what happens there, and the faults of its sensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from sensource_dagster.simulator.draws import key_of
from sensource_dagster.simulator.footfall import Counter, busyness, flow
from sensource_dagster.simulator.late_data import is_lost, known_share

ZONE = ZoneInfo("America/Denver")
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
BEFORE = date(2024, 11, 1)
# Location, people who enter in the busiest hour, outs for each in.
DOORS = {
    **{"a1": ("A", 190, 0.82), "a2": ("A", 110, 1.0), "a3": ("A", 70, 1.2), "a4": ("A", 60, 0.9)},
    **{"a5": ("A", 30, 1.1), "a6": ("A", 20, 1.0), "b1": ("B", 150, 0.95), "b2": ("B", 60, 1.15)},
    **{"b3": ("B", 40, 0.85), "c1": ("C", 60, 1.05), "c2": ("C", 25, 0.9), "d1": ("D", 40, 1.0)},
}
CUT_DAYS = 40
_CLOSED_NOISE = 0.03


@dataclass(frozen=True)
class Change:
    """What happens to some doors on some days, from an hour on.

    Attributes:
        doors: a regular expression.
        values: SQL of the new ins and outs. None deletes the rows.
    """

    doors: str
    first: date
    last: date
    values: tuple[str, str] | None
    from_hour: int = 0

    def apply(self, connection: duckdb.DuckDBPyConnection) -> None:
        where = (
            f"regexp_full_match(zone_id, '{self.doors}') AND hour(record_hour) >= {self.from_hour} "
            f"AND record_date BETWEEN '{self.first}' AND '{self.last}'"
        )
        if self.values is None:
            connection.execute(f"DELETE FROM traffic WHERE {where}")
        else:
            ins, outs = self.values
            connection.execute(f"UPDATE traffic SET sumins = {ins}, sumouts = {outs} WHERE {where}")


def _day(month: int, day: int) -> date:
    return date(2025, month, day)


def _share(percent: int) -> tuple[str, str]:
    """A share of the people, which is another one for each door and day."""
    share = f"{percent} * (0.6 + 0.8 * (hash(zone_id, record_date) % 1000) / 1000) / 100"
    return f"round(sumins * {share})", f"round(sumouts * {share})"


ZERO, TURNED = ("0", "0"), ("sumouts", "sumins")
# No sensor is at fault: no alarm is wanted.
EVENTS = (
    Change(".*", _day(3, 17), _day(3, 21), _share(20)),  # spring break
    Change(".*", _day(12, 22), _day(12, 31), _share(4)),  # only the staff comes
    Change(".*", _day(11, 26), _day(11, 26), ZERO, from_hour=12),  # closes at noon
    Change(".*", _day(12, 24), _day(12, 24), ZERO, from_hour=12),
    Change("b.", _day(7, 3), _day(7, 3), ZERO, from_hour=12),
    Change("a.", _day(6, 2), _day(6, 8), ZERO),  # works in the building
    Change("d1", _day(8, 6), _day(8, 8), ZERO),
    Change("c.", _day(10, 13), _day(10, 14), ZERO),
    Change("b2", _day(5, 10), _day(5, 10), ("sumins * 2", "sumouts * 2")),  # a book sale
    Change("a4", date(2024, 11, 1), _day(3, 31), None),  # new doors
    Change("b3", date(2024, 11, 1), _day(8, 31), None),
)
FAULTS = {
    "door_is_unusual": (
        Change("a2", _day(2, 3), _day(3, 10), ZERO),
        Change("c1", _day(5, 5), _day(5, 25), None),
        Change("b1", _day(7, 7), _day(8, 3), ("CAST(hour(record_hour) = 12 AS BIGINT)", "0")),
        Change("d1", _day(6, 9), _day(7, 6), ZERO),
        Change("a3", _day(11, 3), _day(11, 9), ("sumins * 4 + 10", "sumouts * 4 + 10")),
    ),
    "ins_and_outs_agree": (
        Change("a1", _day(9, 1), _day(9, 28), TURNED),
        Change("a6", _day(4, 1), _day(4, 20), TURNED),
        Change("b2", _day(10, 6), _day(10, 19), ("sumins", "0")),
    ),
}


def make(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the year into the empty tables of the schema in use.

    The table `truth` has the ins and outs that a sensor without faults would have counted.
    """
    columns = ["zone_id", "hour", "sumins", "sumouts", "is_known"]
    connection.register("simulated", pd.DataFrame(_rows(), columns=columns))
    connection.execute(
        f"""CREATE TABLE all_rows AS
        SELECT zone_id, to_timestamp(hour * 3600) AS instant, instant AT TIME ZONE '{ZONE.key}' AS local, sumins,
               sumouts, is_known
        FROM simulated;
        INSERT INTO traffic (zone_id, record_date_hour_1, name, sumins, sumouts, record_hour, record_date,
            _synced_at)
        SELECT zone_id, instant, zone_id, sumins, sumouts, local, local::DATE, now() FROM all_rows;
        UPDATE traffic SET sumins = 1
        WHERE sumins = 0 AND hash(zone_id, record_hour) % 1000 < {1000 * _CLOSED_NOISE}"""
    )
    for event in EVENTS:
        event.apply(connection)
    connection.execute("CREATE TABLE truth AS SELECT zone_id, record_date AS day, sumins, sumouts FROM traffic")
    connection.execute(
        "DELETE FROM traffic USING all_rows a "
        "WHERE a.zone_id = traffic.zone_id AND a.instant = record_date_hour_1 AND NOT is_known"
    )
    cut = tuple(
        Change(door, day, day, ZERO, from_hour=12)
        for number in range(CUT_DAYS)
        for door in [list(DOORS)[number * 7 % len(DOORS)]]
        for day in [FIRST + timedelta(days=9 + 8 * number)]
    )
    for fault in (*cut, *(fault for faults in FAULTS.values() for fault in faults)):
        fault.apply(connection)
    list_doors(connection, {door: location for door, (location, _, _) in DOORS.items()})


def list_doors(connection: duckdb.DuckDBPyConnection, locations: Mapping[str, str]) -> None:
    """Write the lists of doors, each with the location that it has."""
    for door, location in locations.items():
        for table, key, other, value in (
            ("zone", "zone_id", "sensor_id", door),
            ("sensor", "sensor_id", "site_id", door),
            ("site", "site_id", "location_id", location),
        ):
            connection.execute(
                f"INSERT INTO {table} ({key}, {other}, _synced_at, _deleted) VALUES (?, ?, now(), false)",
                [door, value],
            )


def _rows() -> list[tuple[str, int, int, int, bool]]:
    counters = [
        Counter(key_of("alarms", "zone", door), door, door, size, balance)
        for door, (_, size, balance) in DOORS.items()
    ]
    start, end = (
        int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()) // 3600
        for day in (BEFORE, LAST + timedelta(days=1))
    )
    weather = {location: key_of("alarms", "weather", location) for location, _, _ in DOORS.values()}
    rows = []
    for hour in range(start, end):
        if is_lost(ZONE, hour):
            continue
        for counter in counters:
            key = weather[DOORS[counter.id][0]]
            busy, before = (busyness(key, ZONE, at, holidays=True) for at in (hour, hour - 1))
            is_known = known_share(counter.key, hour, end * 3600.0 + 1e6, corrected=0) is not None
            rows.append((counter.id, hour, *flow(counter, hour, busy, before), is_known))
    return rows
