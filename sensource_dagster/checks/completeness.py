"""How many of the expected hours have a row."""

from __future__ import annotations

from dataclasses import replace

from sensource_dagster.checks.judgement import Check, Judgement, counted
from sensource_dagster.checks.reading import Findings, Reading
from sensource_dagster.contract.model import DELETED, HOUR, Table
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
    total, findings = 0, Findings()
    for batch in reading.batches():
        total_of_batch, findings_of_batch = _missing(batch)
        total, findings = total + total_of_batch, findings + findings_of_batch
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
    worst = sorted(findings.rows, key=lambda row: -row["hours_missing"])
    return Judgement(sentence, numbers, replace(findings, rows=worst))


def _missing(reading: Reading) -> tuple[int, Findings]:
    """The number of expected hours, and the days on which some are missing."""
    expected = reading.days.expected_hours()
    values = {"hours": [hour for hour, _ in expected], "days": [day for _, day in expected]}
    [(total,)] = reading.connection.execute(
        f"WITH {_due(reading)} SELECT coalesce(sum(hours_expected), 0)::BIGINT FROM due", values
    ).fetchall()
    # A row is assigned to the whole UTC hour at or after its start. In a zone that is half an hour off UTC, it is
    # not known whether Vea's hours start at whole UTC hours.
    findings = reading.findings(
        f"""
        WITH {_due(reading)},
        slots AS (SELECT hour, day, row_number() OVER (PARTITION BY day ORDER BY hour) AS slot FROM expected),
        present AS (
            SELECT {reading.entity}, slots.day, bit_count(bit_or(1::BIGINT << slot)) AS hours_present
            FROM {reading.rows()} counts
            JOIN slots ON slots.hour = date_trunc('hour', counts.{HOUR} + INTERVAL '59 minutes 59 seconds')
            JOIN entities USING ({reading.entity})
            WHERE slots.hour >= entities.created_at GROUP BY {reading.entity}, slots.day)
        SELECT {reading.entity}, name, day, coalesce(hours_present, 0) AS hours_present, hours_expected,
               hours_expected - coalesce(hours_present, 0) AS hours_missing
        FROM due LEFT JOIN present USING ({reading.entity}, day)
        WHERE hours_missing > 0""",
        order=f"hours_missing DESC, day, {reading.entity}",
        values=values,
        sums=["hours_missing"],
    )
    return total, findings


def _due(reading: Reading) -> str:
    """Common table expressions: `expected` hours, `entities`, and the hours that are `due` per entity and day."""
    return f"""
        expected AS (SELECT unnest($hours::TIMESTAMPTZ[]) AS hour, unnest($days::DATE[]) AS day),
        entities AS ({_entities(reading)}),
        due AS (
            SELECT {reading.entity}, name, day,
                   len(list_filter(hours, lambda hour: hour >= created_at)) AS hours_expected
            FROM entities CROSS JOIN (SELECT day, list(hour) AS hours FROM expected GROUP BY day))"""


def _entities(reading: Reading) -> str:
    """A query: the entities that should have hours, and since when."""
    entity = reading.table.entity
    always = "'-infinity'::TIMESTAMPTZ"
    if entity not in reading.lists:
        return (
            f"SELECT {reading.entity}, any_value(name) AS name, {always} AS created_at "
            f"FROM {reading.rows()} GROUP BY 1"
        )
    created = always
    if _has(reading.table, "created_at"):
        created = f"coalesce(TRY_CAST(created_at AS TIMESTAMPTZ), {always})"
    enabled = "NOT coalesce(TRY_CAST(disabled AS BOOLEAN), false)" if _has(reading.table, "disabled") else "true"
    return (
        f"SELECT {reading.entity}, name, {created} AS created_at FROM {reading.name(entity)} "
        f"WHERE NOT coalesce({DELETED}, false) AND {enabled}"
    )


def _has(table: Table, column: str) -> bool:
    """Whether the list of the table's entities has this column."""
    return column in {known.name for known in TABLES[table.entity].columns}
