"""Counts with impossible values. The API sent them, so they are a warning."""

from __future__ import annotations

from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.reading import Findings, Reading
from sensource_dagster.contract.model import DAY, HOUR, Table
from sensource_dagster.contract.plurals import counted
from sensource_dagster.warehouse.sql import identifiers


def counts_are_not_negative(table: Table) -> Check:
    counts = [column.name for column in table.columns if column.unit == "people"]
    return _check(
        "counts_are_not_negative",
        f"{', '.join(counts)} are not below zero.",
        f"least({identifiers(counts)}) < 0",
        counts,
        "negative",
        "a count below zero",
    )


def occupancy_is_in_order() -> Check:
    return _check(
        "occupancy_is_in_order",
        "minoccupancy <= avgoccupancy <= maxoccupancy. A null is not compared.",
        "minoccupancy > avgoccupancy OR avgoccupancy > maxoccupancy OR minoccupancy > maxoccupancy",
        ["minoccupancy", "avgoccupancy", "maxoccupancy"],
        "disordered",
        "a mean that is not between minimum and maximum",
    )


def _check(name: str, description: str, condition: str, columns: list[str], kind: str, what: str) -> Check:
    hours = f"{kind}_hours"

    def judge(reading: Reading) -> Judgement:
        [(total,)] = reading.connection.execute(
            f"SELECT coalesce(sum({hours}), 0)::BIGINT FROM {reading.daily} WHERE judged"
        ).fetchall()
        findings = _found(reading, condition, columns) if total else Findings()
        sentence = (
            f"{counted(total, 'hour')} of {reading.table.name} on {reading.days} with {what}. Vea sent these "
            "values: ask SenSource about them."
            if total
            else f"No hour of {reading.table.name} on {reading.days} has {what}."
        )
        return Judgement(sentence, {hours: total}, findings)

    return Check(name, description, judge, aggregates={hours: f"count_if({condition})"})


def _found(reading: Reading, condition: str, columns: list[str]) -> Findings:
    shown = f"{reading.entity}, name, {DAY} AS day, {HOUR}, {identifiers(columns)}"
    return reading.findings(
        f"SELECT {shown} FROM {reading.rows()} WHERE {condition}", order=f"{HOUR}, {reading.entity}"
    )
