"""Rows of Vea that do not fit their table. They are set aside, and nothing in the table stands for them."""

from __future__ import annotations

from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.reading import Findings, Reading
from sensource_dagster.contract.model import DAY, HOUR
from sensource_dagster.contract.plurals import counted
from sensource_dagster.contract.tables import REJECTED
from sensource_dagster.warehouse.sql import schema_of


def _judge(reading: Reading) -> Judgement:
    table, days = reading.table, reading.days
    on_days = "" if table.is_list else f" on {days}"
    findings = Findings()
    if REJECTED.name in reading.tables:
        findings = _rejected(reading)
    sentence = (
        f"{counted(findings.total, 'row')} of {table.name}{on_days} that Vea sent do not fit the table. They are "
        f"in {schema_of(reading.connection)}.{REJECTED.name}, each with the reason. They leave it if a later "
        "response fits. Ask SenSource about the values, or update sensource_dagster."
        if findings
        else f"Every row of {table.name}{on_days} that Vea sent fits the table."
    )
    return Judgement(sentence, {"rejected_rows": findings.total}, findings)


def _rejected(reading: Reading) -> Findings:
    table = reading.table
    columns = f"entity_id AS {reading.entity}, \"row\" ->> '$.name' AS name"
    if table.is_list:
        rows, judged, order = f"SELECT {columns}, reason", "", reading.entity
    else:
        rows, order = f"SELECT {columns}, {DAY} AS day, {HOUR}, reason", f"day, {HOUR}, {reading.entity}"
        judged = f" AND {reading.on_judged_day()}"
    return reading.findings(
        f"{rows} FROM {reading.name(REJECTED.name)} WHERE table_name = $table{judged}",
        order=order,
        values={"table": table.name},
    )


NO_ROWS_REJECTED = Check(
    "no_rows_rejected",
    f"Each row that Vea sent fits the table. A row that does not fit is in the table `{REJECTED.name}`.",
    _judge,
)
