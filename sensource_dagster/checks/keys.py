"""Checks that only a bug of this project or a change by hand can break. They are an ERROR and fail the run."""

from __future__ import annotations

from sensource_dagster.checks.judgement import ERROR, Check, Judgement, counted
from sensource_dagster.checks.reading import Findings, Reading
from sensource_dagster.contract.model import DAY, HOUR, Table
from sensource_dagster.warehouse.sql import identifiers


def key_is_unique(table: Table) -> Check:
    return Check(
        "key_is_unique",
        f"No two rows have the same {' and '.join(table.key)}, and none of these is null.",
        _judge_key,
        blocking=True,
    )


def _judge_key(reading: Reading) -> Judgement:
    table = reading.table
    if table.is_list:
        findings = _wrong_keys(reading, reading.name(table.name))
    else:
        findings = sum(
            (_wrong_keys(batch, batch.rows_by_hour_or_day()) for batch in reading.batches()), Findings()
        )
    sentence = (
        f"{counted(findings.total, 'key')} of {table.name} are on more than one row or have a null part. Sums "
        "count such rows more than once. Find out who wrote these rows, and delete the surplus ones by hand."
        if findings
        else f"Each key of {table.name} is on one row."
    )
    return Judgement(sentence, {"faulty_keys": findings.total}, findings, ERROR)


def _wrong_keys(reading: Reading, rows: str) -> Findings:
    key = identifiers(reading.table.key)
    null_part = " OR ".join(f"{column} IS NULL" for column in reading.table.key)
    details = "any_value(name) AS name" + ("" if reading.table.is_list else f", any_value({DAY}) AS day")
    return reading.findings(
        f"SELECT {key}, {details}, count(*) AS rows FROM {rows} GROUP BY {key} HAVING count(*) > 1 OR {null_part}",
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
        f"{counted(rows, 'row')} of {reading.table.name} whose {DAY} is not the local day of the hour in "
        f"{days.zone.key}. If SENSOURCE_TIMEZONE was changed, or the rules of time zones were updated, run "
        "`sensource rezone`: it moves the rows to their days."
        if wrong
        else f"Every hour of {days} has its local day in {days.zone.key}."
    )
    return Judgement(sentence, {"rows_on_wrong_day": rows}, Findings(len(wrong), wrong), ERROR)


DAYS_ARE_LOCAL = Check(
    "days_are_local",
    f"{DAY} is the local day of {HOUR} in SENSOURCE_TIMEZONE.",
    _judge_days,
    blocking=True,
)
