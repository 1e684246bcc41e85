"""How many alarms of the checks of doors are true: on a recording of a real library, and on a simulated year.

    .venv/bin/python benchmarks/alarms.py      half a minute

The recording has five doors and seven weeks, Thanksgiving among them. The year has closures, holidays, new doors,
dead doors and half days. The exit status is 1 if a target is missed.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import alarms_year
import duckdb
import pandas as pd
from alarms_year import ZONE
from measure import CONSOLE, HERE, Targets
from rich.table import Table

from sensource_dagster.checks.balance import ins_and_outs_agree
from sensource_dagster.checks.doors import DOOR_IS_UNUSUAL
from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.checks.judgement import Check
from sensource_dagster.checks.reading import Reading
from sensource_dagster.config.settings import read_settings
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.views.refresh import refresh

RECORDING = HERE.parent / "sensource_dagster_tests/recorded/traffic_read_20251210T225600Z.json.gz"
FIRST, LAST = date(2025, 11, 18), date(2025, 12, 9)  # four weeks after the first row, up to the last whole day
BALANCE = ins_and_outs_agree(read_settings({}))
FAR_BELOW, FAR_ABOVE, LEAST = 0.6, 2.5, 50

Alarm = tuple[str, date]
"""The door and the day."""


@dataclass(frozen=True)
class Outcome:
    """What a check said about some days, and what it should have said."""

    alarms: set[Alarm]
    wanted: set[Alarm]
    allowed: set[Alarm]
    """Alarms that are neither wanted nor false: the week after a fault."""

    @property
    def false(self) -> set[Alarm]:
        return self.alarms - self.wanted - self.allowed

    @property
    def found(self) -> set[Alarm]:
        return self.alarms & self.wanted


@contextmanager
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        refresh(connection, ZONE)
        connection.execute("USE sensource")
        yield connection


def alarms(connection: duckdb.DuckDBPyConnection, check: Check, first: date, last: date) -> set[Alarm]:
    now = datetime.combine(last + timedelta(days=1), time(3), ZONE)
    # A check lists the first of its findings only, so each week is judged by itself.
    weeks = (first + timedelta(days=7 * number) for number in range((last - first).days // 7 + 1))
    lists = frozenset({"zone", "sensor", "site"})
    judged = [
        check.judge(
            Reading(
                connection,
                TABLES["traffic"],
                JudgedDays(((week, min(last, week + timedelta(days=6))),), ZONE, now),
                lists | {"traffic"},
                lists,
                check.aggregates,
                check.days_before,
            )
        )
        for week in weeks
    ]
    return {(row["zone_id"], row["day"]) for each in judged if each.findings for row in each.findings.rows}


def recorded(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Write the recording into the empty tables; its five doors are those of one location."""
    rows = json.loads(gzip.decompress(RECORDING.read_bytes()))["results"]
    connection.register("recorded", pd.DataFrame(rows))
    connection.execute(
        f"""INSERT INTO traffic (zone_id, record_date_hour_1, name, sumins, sumouts, record_hour, record_date,
            _synced_at)
        SELECT zoneId, recordDate_hour_1::TIMESTAMPTZ AS instant, name, sumins, sumouts,
               instant AT TIME ZONE '{ZONE.key}' AS local, local::DATE, now() FROM recorded"""
    )
    zones = [zone for (zone,) in connection.execute("SELECT DISTINCT zone_id FROM traffic ORDER BY 1").fetchall()]
    alarms_year.list_doors(connection, dict.fromkeys(zones, "library"))
    return zones


@contextmanager
def broken(connection: duckdb.DuckDBPyConnection, change: alarms_year.Change) -> Iterator[None]:
    connection.execute("CREATE OR REPLACE TEMP TABLE kept AS FROM traffic")
    change.apply(connection)
    yield
    connection.execute("DELETE FROM traffic; INSERT INTO traffic FROM kept")


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def cut_at_noon(connection: duckdb.DuckDBPyConnection, zones: list[str]) -> Outcome:
    """Each door of the recording cut at noon on each day on which it counted 50 people, one at a time."""
    people: dict[Alarm, int] = {
        (zone, day): count
        for zone, day, count in connection.execute(
            "SELECT zone_id, record_date, sum(sumins + sumouts) FROM traffic GROUP BY ALL"
        ).fetchall()
    }
    found, wanted = set(), {(z, d) for z in zones for d in days(FIRST, LAST) if people[z, d] >= LEAST}
    for zone, day in wanted:
        with broken(connection, alarms_year.Change(zone, day, day, alarms_year.ZERO, from_hour=12)):
            found |= alarms(connection, DOOR_IS_UNUSUAL, day, day) & {(zone, day)}
    return Outcome(found, wanted, set())


def year(connection: duckdb.DuckDBPyConnection) -> dict[str, Outcome]:
    """The alarms of the simulated year. A day of a door is wanted if it counted far fewer or more than came."""
    alarms_year.make(connection)
    wrong = connection.execute(
        f"""SELECT zone_id, day, coalesce(seen, 0) AS people, came
        FROM (SELECT zone_id, day, sum(sumins + sumouts) AS came FROM truth GROUP BY ALL)
        LEFT JOIN (SELECT zone_id, record_date AS day, sum(sumins + sumouts) AS seen FROM traffic GROUP BY ALL)
        USING (zone_id, day)
        WHERE day BETWEEN '{alarms_year.FIRST}' AND '{alarms_year.LAST}' AND came >= {LEAST}
          AND (people < {FAR_BELOW} * came OR people > {FAR_ABOVE} * came)"""
    ).fetchall()
    one_way = {
        (fault.doors, day) for fault in alarms_year.FAULTS[BALANCE.name] for day in days(fault.first, fault.last)
    }
    after = {(door, day + timedelta(days=number)) for door, day in one_way for number in range(7)}
    unusual, unbalanced = (
        alarms(connection, check, alarms_year.FIRST, alarms_year.LAST) for check in (DOOR_IS_UNUSUAL, BALANCE)
    )
    return {
        DOOR_IS_UNUSUAL.name: Outcome(unusual, {(zone, day) for zone, day, _, _ in wrong}, one_way),
        BALANCE.name: Outcome(unbalanced, one_way, after),
    }


def main() -> int:
    shown = Table("data", "check", "alarms", "true", "false", "faults", "missed")
    targets = Targets()

    def show(data: str, check: str, outcome: Outcome) -> None:
        counts = (outcome.alarms, outcome.found, outcome.false, outcome.wanted, outcome.wanted - outcome.found)
        shown.add_row(data, check, *(str(len(each)) for each in counts))

    with warehouse() as connection:
        zones = recorded(connection)
        for check in (DOOR_IS_UNUSUAL, BALANCE):
            as_recorded = Outcome(alarms(connection, check, FIRST, LAST), set(), set())
            show("the recording", check.name, as_recorded)
            bound = 1 if check is DOOR_IS_UNUSUAL else 0
            targets.at_most(f"alarms of {check.name} on the recording", len(as_recorded.false), bound, "")
        cut = cut_at_noon(connection, zones)
        show("each door cut at noon", DOOR_IS_UNUSUAL.name, cut)
        targets.at_least("share found of the doors cut at noon", len(cut.found) / len(cut.wanted), 0.96, "")
        weeks = (FIRST - timedelta(days=13), LAST)
        for zone in zones:
            with broken(connection, alarms_year.Change(zone, *weeks, alarms_year.ZERO)):
                said = {door for door, day in alarms(connection, DOOR_IS_UNUSUAL, LAST, LAST)}
            targets.at_least(f"door {zone[:3]}… dead for five weeks: named", len(said & {zone}), 1, "")
        for zone in zones:
            week = LAST - timedelta(days=6)
            for what, values in (("turned round", alarms_year.TURNED), ("without outs", ("sumins", "0"))):
                with broken(connection, alarms_year.Change(zone, week, LAST, values)):
                    said = {door for door, day in alarms(connection, BALANCE, LAST, LAST)}
                targets.at_least(f"door {zone[:3]}… {what} for a week: named alone", said == {zone}, 1, "")
    with warehouse() as connection:
        for name, outcome in year(connection).items():
            show("the simulated year", name, outcome)
            false = len(outcome.false) / len(outcome.alarms)
            targets.at_most(f"share of false alarms of {name} in the year", false, 0.1, "")
    CONSOLE.print(shown)
    return targets.exit_status()


if __name__ == "__main__":
    sys.exit(main())
