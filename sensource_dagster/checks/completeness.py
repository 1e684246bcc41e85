"""How many of the expected hours have a row."""

from __future__ import annotations

from sensource_dagster.checks.judgement import Check, Judgement, counted
from sensource_dagster.checks.reading import Findings, Reading, hour_number
from sensource_dagster.contract.model import DELETED, Table
from sensource_dagster.contract.tables import TABLES


def hours_are_complete(table: Table) -> Check:
    created = " from the first one that begins after it was created in Vea" if _has(table, "created_at") else ""
    enabled = " and not disabled" if _has(table, "disabled") else ""
    return Check(
        "hours_are_complete",
        f"Each {table.entity} that is listed{enabled} has a row for each hour of each day{created}. A day has 24 "
        "expected hours. A day on which the clocks change has 23, or 24 of 25, since Vea has no row for the first "
        "of two repeated hours. Today has those that ended before the run began. A missing hour is unknown, not "
        "zero. Sensors send up to two days late, so many missing hours of yesterday and today still arrive. If "
        f"the list has not been read, the {table.entity}s with counts on these days are judged.",
        _judge,
    )


def _judge(reading: Reading) -> Judgement:
    entity, days = reading.table.entity, reading.days
    total, findings = _missing(reading)
    if not total:
        return Judgement(f"Nothing to judge yet: no hour of {days} is over.")
    missing = findings.sums["hours_missing"]
    numbers = {
        "missing_hours": missing,
        f"incomplete_{entity}_days": findings.total,
        "percent_complete": round(100 * (1 - missing / total), 2),
    }
    judged = (
        ""
        if entity in reading.lists
        else f" (the list {entity} has not been read, so only {entity}s with counts are judged)"
    )
    sentence = (
        f"{missing:,} of {counted(total, 'hour')} of {days} are missing, on "
        f"{counted(findings.total, f'{entity} day')}{judged}. If whole days are missing, a sensor is offline or "
        f"the {entity} should be disabled in Vea."
        if findings
        else f"All {total:,} hours of {days} have a row{judged}."
    )
    return Judgement(sentence, numbers, findings)


def _missing(reading: Reading) -> tuple[int, Findings]:
    """The number of expected hours, and the days on which some are missing."""
    [(total,)] = reading.connection.execute(
        f"SELECT coalesce(sum(bit_count(due)), 0)::BIGINT FROM ({_due(reading)})"
    ).fetchall()
    findings = reading.findings(
        f"""
        SELECT {reading.entity}, due.name, day, bit_count(due & coalesce(hours, 0)) AS hours_present,
               bit_count(due) AS hours_expected, hours_expected - hours_present AS hours_missing
        FROM ({_due(reading)}) due LEFT JOIN (FROM {reading.daily} WHERE judged) USING ({reading.entity}, day)
        WHERE hours_missing > 0""",
        order=f"hours_missing DESC, day, {reading.entity}",
        sums=["hours_missing"],
    )
    return total, findings


def _due(reading: Reading) -> str:
    """A query: for each entity and judged day the hours that it should have, as bits."""
    created = f"least(greatest({hour_number('created_at', 'day')}, 0), 62)"
    return f"""
        SELECT {reading.entity}, name, day,
               expected & ((1::BIGINT << 62) - (1::BIGINT << coalesce({created}, 0))) AS due
        FROM ({_entities(reading)}) CROSS JOIN {reading.judged_days}"""


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
