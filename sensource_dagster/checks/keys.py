"""Checks that only a bug of this project or a change by hand can break. They are an ERROR and fail the run."""

from __future__ import annotations

from sensource_dagster.checks.judgement import ERROR, Check, Judgement
from sensource_dagster.checks.reading import Findings, Reading
from sensource_dagster.contract.model import DAY, HOUR, SCHEMA, Table
from sensource_dagster.contract.plurals import counted
from sensource_dagster.warehouse.sql import identifiers, schema_of


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
    elif _may_repeat(reading):
        findings = sum((_wrong_keys(batch, _rows_and_strays(batch)) for batch in reading.batches()), Findings())
    else:
        findings = Findings()
    sentence = (
        f"{counted(findings.total, 'key')} of {table.name} are on more than one row or have a null part. Sums "
        "count such rows more than once. Find out who wrote these rows, and delete the surplus ones by hand."
        if findings
        else f"Each key of {table.name} is on one row."
    )
    return Judgement(sentence, {"faulty_keys": findings.total}, findings, ERROR)


def _may_repeat(reading: Reading) -> bool:
    """Whether a key can be on two rows or be null. If not, nothing has to be looked at row by row.

    Rows with different hours of one day have different keys. Two rows can have the same hour and different days
    only if one of them is on a wrong day.
    """
    repeated = f"rows > bit_count(hours) OR {reading.entity} IS NULL"
    [(found,)] = reading.connection.execute(
        f"SELECT EXISTS (FROM {reading.daily} WHERE judged AND ({repeated}))"
    ).fetchall()
    return found or reading.has_wrong_days


def _wrong_keys(reading: Reading, rows: str) -> Findings:
    key = identifiers(reading.table.key)
    null_part = " OR ".join(f"{column} IS NULL" for column in reading.table.key)
    details = "any_value(name) AS name" + ("" if reading.table.is_list else f", any_value({DAY}) AS day")
    return reading.findings(
        f"SELECT {key}, {details}, count(*) AS rows FROM {rows} GROUP BY {key} HAVING count(*) > 1 OR {null_part}",
        order=key,
    )


def _rows_and_strays(reading: Reading) -> str:
    """A relation: the rows whose hour or day is in the judged days."""
    return f"(FROM {reading.rows()} UNION ALL FROM {reading.stray_rows()})"


def _judge_days(reading: Reading) -> Judgement:
    days = reading.days
    findings = Findings()
    if reading.has_wrong_days:
        findings = _on_wrong_day(reading)
    rows = findings.sums.get("rows", 0)
    advice = (
        "If SENSOURCE_TIMEZONE was changed, or the rules of time zones were updated, run `sensource rezone`: it "
        "moves the rows to their days."
        if schema_of(reading.connection) == SCHEMA
        else "If the account's `timezone` was changed, change it back. Or let the account begin anew, with "
        "another prefix."
    )
    sentence = (
        f"{counted(rows, 'row')} of {reading.table.name} whose {DAY} is not the local day of the hour in "
        f"{days.zone.key}. {advice}"
        if findings
        else f"Every hour of {days} has its local day in {days.zone.key}."
    )
    return Judgement(sentence, {"rows_on_wrong_day": rows}, findings, ERROR)


def _on_wrong_day(reading: Reading) -> Findings:
    found = reading.fetch(
        f"""SELECT {HOUR}, {DAY} AS day, count(*) AS rows, min({reading.entity}) AS "{reading.entity}"
        FROM {_rows_and_strays(reading)} WHERE {HOUR} IS NOT NULL GROUP BY ALL ORDER BY ALL"""
    )
    wrong = []
    for row in found:
        local = row[HOUR].astimezone(reading.days.zone).date()
        if row["day"] != local:
            wrong.append({**row, "local_day": local})
    return Findings(len(wrong), wrong, {"rows": sum(row["rows"] for row in wrong)})


DAYS_ARE_LOCAL = Check(
    "days_are_local",
    f"{DAY} is the local day of {HOUR} in the account's time zone.",
    _judge_days,
    blocking=True,
)
