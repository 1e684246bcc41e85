"""A query for the doors and spaces that a short alert does not name. It can be run on the published copy."""

from __future__ import annotations

from collections.abc import Sequence

from sensource_dagster.contract.model import DAY
from sensource_dagster.contract.tables import TABLES

_QUERIES = {
    "hours_are_complete": (
        "SELECT {id}, name FROM {schema}.{entity} WHERE NOT _deleted AND {id} NOT IN (SELECT {id} FROM "
        "{schema}.{table} WHERE {day} = '{last}' GROUP BY {id} HAVING count(*) > 12)"
    ),
    "entities_are_listed": (
        "SELECT DISTINCT {id}, name FROM {schema}.{table} ANTI JOIN {schema}.{entity} USING ({id})"
    ),
    "no_rows_rejected": (
        "SELECT DISTINCT entity_id, reason FROM {schema}.rejected WHERE table_name = '{table}' "
        "AND {day} BETWEEN '{first}' AND '{last}'"
    ),
    "key_is_unique": "SELECT {key} FROM {schema}.{table} GROUP BY {key} HAVING count(*) > 1",
}


def rest_query(check: str, key: Sequence[str], first: str, last: str) -> str | None:
    """The query of a check over the days of its findings; None for a check without one.

    Args:
        key: of the asset that was checked, in parts.
        first: the first day, in ISO form, or an empty text for findings without days.
        last: the last day.
    """
    schema, table = key[0], key[-1]
    query, described = _QUERIES.get(check), TABLES.get(table)
    if query is None or described is None or (not first and "{first}" in query):
        return None
    return query.format(
        schema=schema,
        table=table,
        entity=described.entity,
        id=described.key[0],
        key=", ".join(described.key),
        day=DAY,
        first=first,
        last=last,
    )
