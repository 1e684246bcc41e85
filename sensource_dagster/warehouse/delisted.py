"""Marks the rows of a list that Vea no longer lists. It refuses to if the response may be only a part."""

from __future__ import annotations

from datetime import datetime

from sensource_dagster.contract.model import DELETED, SYNCED_AT
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.confirmations import Confirmations
from sensource_dagster.warehouse.schema import Target
from sensource_dagster.warehouse.sql import identifier

_DELETED, _SYNCED_AT = identifier(DELETED), identifier(SYNCED_AT)
_LISTED = f"NOT coalesce({_DELETED}, false)"
_SHORT_LIST = 3  # rows: of so few, any part may vanish at once


def raise_if_empty(target: Target) -> None:
    """Refuse a list without rows, if the warehouse has rows of it.

    Raises:
        WarehouseError: it says how to accept the empty list.
    """
    # fetchall everywhere: DuckDB 2 refuses the next statement until a result is read to its end.
    [(listed,)] = target.connection.execute(f"SELECT count(*) FROM {target.name} WHERE {_LISTED}").fetchall()
    if listed:
        raise WarehouseError(
            f"The API listed no {target.table.name} at all, but the warehouse has {listed}. The cause may be an "
            "error of the API or missing rights of the API client, so no row was marked as deleted. If the "
            f"account really is empty now, run: {_accept(target)}"
        )


def mark(
    target: Target, requested_at: datetime, messages: str, confirmations: Confirmations
) -> tuple[int, list[str]]:
    """Mark the rows that the staged list does not have, if no later request had them. Call it before the merge.

    If Vea sent messages with the list, none is marked: the messages may say that the list is only a part.

    Returns:
        How many rows were marked, and a line for the log if rows were kept because of the messages.

    Raises:
        WarehouseError: more than half of the list would vanish at once. It says how to accept that.
    """
    key = identifier(target.table.key[0])
    vanished = (
        f"{_LISTED} AND {confirmations.later('t')} IS NOT TRUE "
        f"AND NOT EXISTS (SELECT 1 FROM incoming s WHERE t.{key} = s.{key})"
    )
    given = {"requested_at": requested_at}
    [(listed, gone)] = target.connection.execute(
        f"SELECT count(*), count(*) FILTER ({vanished}) FROM {target.name} t WHERE {_LISTED}",
        given,
    ).fetchall()
    rows = f"{target.table.entity}s"
    accept = f"If they really are gone, run: {_accept(target)} Then read the list again, which unmarks the others"
    if gone and messages:
        kept = f"{gone} {rows} of the warehouse are not in the list, but Vea sent messages with it: {messages}. "
        return 0, [f"{kept}So none of them was marked as deleted. {accept}"]
    if listed > _SHORT_LIST and gone > listed / 2:
        raise WarehouseError(
            f"The API no longer lists {gone} of the {listed} {rows} of the warehouse. The cause may be a list "
            "that is only a part, missing rights of the API client, or another account, so nothing was written. "
            f"{accept}."
        )
    if gone:
        target.connection.execute(
            f"UPDATE {target.name} t SET {_DELETED} = true, {_SYNCED_AT} = $requested_at WHERE {vanished}", given
        ).fetchall()
    return int(gone), []


def _accept(target: Target) -> str:
    return f"UPDATE {target.name} SET {_DELETED} = true;"
