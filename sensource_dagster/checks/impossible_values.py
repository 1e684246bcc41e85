"""Counts with impossible values. The API sent them, so they are a warning."""

from __future__ import annotations

from sensource_dagster.checks.judgement import Check, Judgement, counted
from sensource_dagster.checks.reading import Reading
from sensource_dagster.contract.model import DAY, HOUR, Table
from sensource_dagster.warehouse.sql import identifiers


def counts_are_not_negative(table: Table) -> Check:
    counts = [column.name for column in table.columns if column.unit == "people"]

    def judge(reading: Reading) -> Judgement:
        return _impossible(reading, f"least({identifiers(counts)}) < 0", counts, "negative", "a count below zero")

    return Check("counts_are_not_negative", f"{', '.join(counts)} are not below zero.", judge)


def _judge_order(reading: Reading) -> Judgement:
    wrong = "minoccupancy > avgoccupancy OR avgoccupancy > maxoccupancy OR minoccupancy > maxoccupancy"
    columns = ["minoccupancy", "avgoccupancy", "maxoccupancy"]
    return _impossible(reading, wrong, columns, "disordered", "a mean that is not between minimum and maximum")


OCCUPANCY_IS_IN_ORDER = Check(
    "occupancy_is_in_order",
    "minoccupancy <= avgoccupancy <= maxoccupancy. Values that are null are ignored.",
    _judge_order,
)


def _impossible(reading: Reading, condition: str, columns: list[str], kind: str, what: str) -> Judgement:
    shown = f"{reading.entity}, name, {DAY} AS day, {HOUR}, {identifiers(columns)}"
    findings = reading.findings(
        f"SELECT {shown} FROM {reading.rows()} WHERE {condition}", order=f"{HOUR}, {reading.entity}"
    )
    sentence = (
        f"{counted(findings.total, 'hour')} of {reading.table.name} on {reading.days} with {what}. Vea sent these "
        "values: ask SenSource about them."
        if findings
        else f"No hour of {reading.table.name} on {reading.days} has {what}."
    )
    return Judgement(sentence, {f"{kind}_hours": findings.total}, findings)
