"""What only a fault of this project, or a hand in its tables, can break: an ERROR, which fails the run."""

from __future__ import annotations

from sensource_dagster.checks.judgement import ERROR, Check, Judgement, counted
from sensource_dagster.checks.reading import Findings, Reading
from sensource_dagster.contract.tables import DAY, HOUR, Table
from sensource_dagster.warehouse.sql import identifiers


def key_is_unique(table: Table) -> Check:
    return Check(
        "key_is_unique",
        f"No two rows have the same {' and '.join(table.key)}, and no row lacks one of them.",
        _judge_key,
        blocking=True,
    )


def _judge_key(reading: Reading) -> Judgement:
    table = reading.table
    if table.is_list:
        faults = _faulty_keys(reading, reading.name(table.name))
    else:
        faults = sum((_faulty_keys(batch, batch.rows_by_hour_or_day()) for batch in reading.batches()), Findings())
    sentence = (
        f"{counted(faults.total, 'key')} of {table.name} on more than one row, or without a part. Every sum "
        "counts such rows twice: find out who wrote them, and delete them by hand."
        if faults
        else f"Each key of {table.name} is there once."
    )
    return Judgement(sentence, {"faulty_keys": faults.total}, faults, ERROR)


def _faulty_keys(reading: Reading, rows: str) -> Findings:
    key = identifiers(reading.table.key)
    lacking = " OR ".join(f"{column} IS NULL" for column in reading.table.key)
    about = "any_value(name) AS name" + ("" if reading.table.is_list else f", any_value({DAY}) AS day")
    return reading.faults(
        f"SELECT {key}, {about}, count(*) AS rows FROM {rows} GROUP BY {key} HAVING count(*) > 1 OR {lacking}",
        order=key,
    )


def _judge_days(reading: Reading) -> Judgement:
    days = reading.days
    found = reading.fetch(
        f"""SELECT {HOUR}, {DAY}, count(*) AS rows, min({reading.entity}) AS "{reading.entity}"
        FROM {reading.rows_by_hour_or_day()} WHERE {HOUR} IS NOT NULL GROUP BY ALL ORDER BY ALL"""
    )
    wrong = []
    for row in found:
        local = row[HOUR].astimezone(days.zone).date()
        if row[DAY] != local:
            wrong.append({**row, "local_day": local})
    rows = sum(row["rows"] for row in wrong)
    sentence = (
        f"{counted(rows, 'row')} of {reading.table.name} on another day than the hour has in {days.zone.key}. If "
        "SENSOURCE_TIMEZONE was changed, set the days anew: the README's Settings have the statement."
        if wrong
        else f"Every hour of {days} stands on its local day in {days.zone.key}."
    )
    return Judgement(sentence, {"rows_on_wrong_day": rows}, Findings(len(wrong), wrong), ERROR)


DAYS_ARE_LOCAL = Check(
    "days_are_local",
    f"{DAY} is the local day of {HOUR} in SENSOURCE_TIMEZONE.",
    _judge_days,
    blocking=True,
)
