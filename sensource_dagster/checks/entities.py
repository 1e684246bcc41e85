"""Whether the entities of the counts, and those that a list refers to, are listed."""

from __future__ import annotations

from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.reading import Reading
from sensource_dagster.contract.model import DELETED, Table
from sensource_dagster.contract.plurals import counted


def entities_are_listed(table: Table) -> Check:
    return Check(
        "entities_are_listed",
        f"Each {table.entity} with counts is in the list {table.entity}. It may be marked as deleted there.",
        _judge_listed,
    )


def _judge_listed(reading: Reading) -> Judgement:
    entity = reading.table.entity
    if entity not in reading.lists:
        return Judgement(f"Nothing to judge yet: the list {entity} has not been read.")
    findings = reading.findings(
        f"""SELECT {reading.entity}, any_value(name) AS name, min(day) AS first_day, max(day) AS last_day,
               sum(rows)::BIGINT AS hours
        FROM (FROM {reading.daily} WHERE judged) ANTI JOIN {reading.name(entity)} USING ({reading.entity})
        GROUP BY 1""",
        order=reading.entity,
    )
    sentence = (
        f"{counted(findings.total, entity)} with counts on {reading.days} and without an entry in the list "
        f"{entity}. Read the list again. If that does not help, check in Vea whether the API client has the right "
        "to see them."
        if findings
        else f"Every {entity} with counts on {reading.days} is in the list {entity}."
    )
    return Judgement(sentence, {f"unlisted_{entity}s": findings.total}, findings)


JOINS = {"zone": "sensor", "sensor": "site", "site": "location", "space": "location"}
"""The list that each list refers to. The column is named after it."""


def joins_hit(table: Table) -> Check:
    target = JOINS[table.name]

    def judge(reading: Reading) -> Judgement:
        return _judge_joins(reading, target)

    return Check(
        "joins_hit",
        f"Each {table.name}.{target}_id is in the list {target}. Otherwise sums per location miss these rows. "
        "Rows that are deleted in Vea are not judged.",
        judge,
    )


def _judge_joins(reading: Reading, target: str) -> Judgement:
    table = reading.table
    if target not in reading.lists:
        return Judgement(f"Nothing to judge yet: the list {target} has not been read.")
    column = f"{target}_id"
    findings = reading.findings(
        f"""SELECT {reading.entity}, name, {column} FROM {reading.name(table.name)}
        ANTI JOIN {reading.name(target)} USING ({column}) WHERE NOT coalesce({DELETED}, false)""",
        order=reading.entity,
    )
    sentence = (
        f"{counted(findings.total, table.name)} without a {target}: Vea lists no {target} with this {column}."
        if findings
        else f"Every {table.name} has its {target} in the list."
    )
    return Judgement(sentence, {"missed_joins": findings.total}, findings)
