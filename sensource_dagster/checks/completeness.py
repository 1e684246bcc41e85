"""How many of the hours that should be there are there."""

from __future__ import annotations

from dataclasses import replace

from sensource_dagster.checks.judgement import Check, Judgement, counted
from sensource_dagster.checks.reading import Findings, Reading
from sensource_dagster.contract.tables import DELETED, HOUR, TABLES, Table


def hours_are_complete(table: Table) -> Check:
    created = " from the first that begins after it was created in Vea" if _has(table, "created_at") else ""
    enabled = " and not disabled" if _has(table, "disabled") else ""
    return Check(
        "hours_are_complete",
        f"Each {table.entity} that is listed{enabled} has a row for each hour of each day{created}: 24, or what "
        "the change of the clocks leaves (23; 24 of 25, since Vea has no row for the first of two repeated "
        "hours), of today those that ended before the run began. An absent hour is unknown, not zero. Sensors "
        "send up to two days late, so of yesterday and today many still come. Without the list, "
        f"the {table.entity}s that have counts on these days are judged.",
        _judge,
    )


def _judge(reading: Reading) -> Judgement:
    entity, days = reading.table.entity, reading.days
    total, faults = 0, Findings()
    for batch in reading.batches():
        total_of_batch, faults_of_batch = _missing(batch)
        total, faults = total + total_of_batch, faults + faults_of_batch
    if not total:
        return Judgement(f"Nothing to judge yet: no hour of a {entity} is over on {days}.")
    missing = faults.sums["hours_missing"]
    numbers = {
        "missing_hours": missing,
        f"incomplete_{entity}_days": faults.total,
        "percent_complete": round(100 * (1 - missing / total), 2),
    }
    judged = "" if entity in reading.lists else f" (the list {entity} has not been read: only those with counts)"
    sentence = (
        f"{missing:,} of {counted(total, 'hour')} missing on {days}, over {counted(faults.total, f'{entity} day')}"
        f"{judged}. Where whole days are missing a sensor is offline, or the {entity} should be disabled in Vea."
        if faults
        else f"All {total:,} hours of {days} are there{judged}."
    )
    worst = sorted(faults.rows, key=lambda row: -row["hours_missing"])
    return Judgement(sentence, numbers, replace(faults, rows=worst))


def _missing(reading: Reading) -> tuple[int, Findings]:
    """How many hours there should be, and the days on which some are missing."""
    expected = reading.days.expected_hours()
    values = {"hours": [hour for hour, _ in expected], "days": [day for _, day in expected]}
    [(total,)] = reading.connection.execute(
        f"WITH {_due(reading)} SELECT coalesce(sum(hours_expected), 0)::BIGINT FROM due", values
    ).fetchall()
    # A row is matched by the whole hour at or after its start: where local time is half an hour off UTC, it is not
    # known whether Vea's hours are.
    faults = reading.faults(
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
    return total, faults


def _due(reading: Reading) -> str:
    """Common table expressions: `expected` hours, `entities`, and how many hours are `due` of each on each day."""
    return f"""
        expected AS (SELECT unnest($hours::TIMESTAMPTZ[]) AS hour, unnest($days::DATE[]) AS day),
        entities AS ({_entities(reading)}),
        due AS (
            SELECT {reading.entity}, name, day,
                   len(list_filter(hours, lambda hour: hour >= created_at)) AS hours_expected
            FROM entities CROSS JOIN (SELECT day, list(hour) AS hours FROM expected GROUP BY day))"""


def _entities(reading: Reading) -> str:
    """A query: what should have hours, and since when."""
    entity = reading.table.entity
    always = "'-infinity'::TIMESTAMPTZ"
    if entity not in reading.lists:
        return (
            f"SELECT {reading.entity}, any_value(name) AS name, {always} AS created_at "
            f"FROM {reading.rows()} GROUP BY 1"
        )
    created = f"coalesce(created_at, {always})" if _has(reading.table, "created_at") else always
    enabled = "NOT coalesce(disabled, false)" if _has(reading.table, "disabled") else "true"
    return (
        f"SELECT {reading.entity}, name, {created} AS created_at FROM {reading.name(entity)} "
        f"WHERE NOT coalesce({DELETED}, false) AND {enabled}"
    )


def _has(table: Table, column: str) -> bool:
    """Whether the list of the table's entities has the column."""
    return column in {known.name for known in TABLES[table.entity].columns}
