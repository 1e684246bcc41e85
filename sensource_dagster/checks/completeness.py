"""How many of the expected hours have a row."""

from __future__ import annotations

from typing import Any

from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.outages import LATE_DAYS, OUTAGE_DAYS, newest_outages, settled_before
from sensource_dagster.checks.reading import Findings, Reading, hour_number
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.model import DELETED, Table
from sensource_dagster.contract.plurals import counted
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.sql import day


def hours_are_complete(table: Table, settings: Settings) -> Check:
    created = ", from the first one after its creation in Vea" if _has(table, "created_at") else ""
    enabled = " and not disabled" if _has(table, "disabled") else ""
    return Check(
        "hours_are_complete",
        f"Each {table.entity} that is listed{enabled} has a row for each hour of each day{created}. A day has 24 "
        "expected hours. A day on which the clocks change has 23, or 24 of 25, because Vea has no row for the "
        "first of two repeated hours. Today has those that ended before the run began. A missing hour is unknown, "
        f"not zero. Sensors send up to {LATE_DAYS} days late, so the check fails only for older days. For newer "
        "days it says how many hours are missing. If the list has not been read, the check judges the "
        f"{table.entity}s with counts on these days.",
        lambda reading: _judge(reading, settings),
        days_before=OUTAGE_DAYS,
    )


def _judge(reading: Reading, settings: Settings) -> Judgement:
    entity, days = reading.table.entity, reading.days
    total, late, findings = _missing(reading)
    if not total:
        return Judgement(f"Nothing to judge yet: no hour of {days} is over.")
    missing = findings.sums["hours_missing"] + late
    outages = newest_outages(reading, settings, _half_missing)
    offline = sum(1 for outage in outages.values() if not outage.back) if outages is not None else None
    numbers = {
        "missing_hours": missing,
        "hours_that_may_still_come": late,
        **({f"{entity}s_offline": offline} if offline is not None else {}),
        f"incomplete_{entity}_days": findings.total,
        "percent_complete": round(100 * (1 - missing / total), 2),
    }
    judged = (
        ""
        if entity in reading.lists
        else f" (the list {entity} has not been read, so only {entity}s with counts are judged)"
    )
    sentence = (
        f"{missing:,} of {counted(total, 'hour')} of {days} are missing{judged}."
        if missing
        else f"All {total:,} hours of {days} have a row{judged}."
    )
    if findings:
        sentence += (
            f" {missing - late:,} of them {'is' if missing - late == 1 else 'are'} on "
            f"{counted(findings.total, f'{entity} day')} older than {LATE_DAYS} days. If whole days are missing, "
            f"a sensor is offline or the {entity} should be disabled in Vea."
        )
    if late:
        sentence += f" {counted(late, 'hour')} of the newest days may still come."
    if offline:
        sentence += (
            f" {counted(offline, entity)} sent nothing, or at most half of the hours, up to the last day that is "
            f"older than {LATE_DAYS} days."
        )
    return Judgement(sentence, numbers, findings, outages=outages, judges_outages=True)


def _missing(reading: Reading) -> tuple[int, int, Findings]:
    """The number of expected hours, the missing ones that may still come, and the older days with missing ones."""
    late_from = day(settled_before(reading.days.today))
    hours = _per_day(reading, reading.judged_days)
    [(total, late)] = reading.connection.execute(
        f"""SELECT coalesce(sum(hours_expected), 0)::BIGINT,
               coalesce(sum(hours_missing) FILTER (day >= {late_from}), 0)::BIGINT
        FROM ({hours})"""
    ).fetchall()
    findings = reading.findings(
        f"SELECT * FROM ({hours}) WHERE hours_missing > 0 AND day < {late_from}",
        order=f"hours_missing DESC, day, {reading.entity}",
        sums=["hours_missing"],
    )
    return total, late, findings


def _half_missing(reading: Reading, days: JudgedDays) -> list[dict[str, Any]]:
    """The entities and days on which at least half of the expected hours are missing."""
    half = "hours_missing > 0 AND 2 * hours_missing >= hours_expected"
    return reading.fetch(f"FROM ({_per_day(reading, reading.relation_of(days))}) WHERE {half} ORDER BY day")


def _per_day(reading: Reading, days: str) -> str:
    """A query: how many hours of each entity and day are expected, there and missing."""
    return f"""
        SELECT {reading.entity}, due.name, day, bit_count(due & coalesce(hours, 0)) AS hours_present,
               bit_count(due) AS hours_expected, hours_expected - hours_present AS hours_missing
        FROM ({_due(reading, days)}) due
        LEFT JOIN (SELECT {reading.entity}, day, bit_or(hours) AS hours FROM {reading.daily} GROUP BY ALL)
            USING ({reading.entity}, day)"""


def _due(reading: Reading, days: str) -> str:
    """A query: for each entity and day the hours that it should have, as bits."""
    created = f"least(greatest({hour_number('created_at', 'day')}, 0), 62)"
    return f"""
        SELECT {reading.entity}, name, day,
               expected & ((1::BIGINT << 62) - (1::BIGINT << coalesce({created}, 0))) AS due
        FROM ({_entities(reading)}) CROSS JOIN {days}"""


def _entities(reading: Reading) -> str:
    """A query: the entities that should have hours, and since when; null is always."""
    entity = reading.table.entity
    if entity not in reading.lists:
        return (
            f"SELECT {reading.entity}, any_value(name) AS name, NULL::TIMESTAMPTZ AS created_at "
            f"FROM {reading.daily} WHERE judged GROUP BY 1"
        )
    created = "TRY_CAST(created_at AS TIMESTAMPTZ)" if _has(reading.table, "created_at") else "NULL::TIMESTAMPTZ"
    enabled = "NOT coalesce(TRY_CAST(disabled AS BOOLEAN), false)" if _has(reading.table, "disabled") else "true"
    return (
        f"SELECT {reading.entity}, name, {created} AS created_at FROM {reading.name(entity)} "
        f"WHERE NOT coalesce({DELETED}, false) AND {enabled}"
    )


def _has(table: Table, column: str) -> bool:
    """Whether the list of the table's entities has this column."""
    return column in {known.name for known in TABLES[table.entity].columns}
