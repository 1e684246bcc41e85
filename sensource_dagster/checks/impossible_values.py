"""Counts that cannot be: as the API sent them, so a warning."""

from __future__ import annotations

from sensource_dagster.checks.judgement import Check, Judgement, counted
from sensource_dagster.checks.reading import Reading
from sensource_dagster.contract.tables import DAY, HOUR, Table
from sensource_dagster.warehouse.sql import identifiers


def counts_are_not_negative(table: Table) -> Check:
    counts = [column.name for column in table.columns if column.unit == "people"]

    def judge(reading: Reading) -> Judgement:
        return _impossible(reading, f"least({identifiers(counts)}) < 0", counts, "negative", "a count below zero")

    return Check("counts_are_not_negative", f"None of {', '.join(counts)} is below zero.", judge)


def _judge_order(reading: Reading) -> Judgement:
    wrong = "minoccupancy > avgoccupancy OR avgoccupancy > maxoccupancy OR minoccupancy > maxoccupancy"
    columns = ["minoccupancy", "avgoccupancy", "maxoccupancy"]
    return _impossible(reading, wrong, columns, "disordered", "a mean that is not between least and most")


OCCUPANCY_IS_IN_ORDER = Check(
    "occupancy_is_in_order",
    "minoccupancy <= avgoccupancy <= maxoccupancy, of those that are not null.",
    _judge_order,
)


def _impossible(reading: Reading, condition: str, columns: list[str], kind: str, what: str) -> Judgement:
    shown = f"{reading.entity}, name, {DAY} AS day, {HOUR}, {identifiers(columns)}"
    faults = reading.faults(
        f"SELECT {shown} FROM {reading.rows()} WHERE {condition}", order=f"{HOUR}, {reading.entity}"
    )
    sentence = (
        f"{counted(faults.total, 'hour')} of {reading.table.name} on {reading.days} with {what}, as Vea sent it."
        if faults
        else f"No hour of {reading.table.name} on {reading.days} has {what}."
    )
    return Judgement(sentence, {f"{kind}_hours": faults.total}, faults)
