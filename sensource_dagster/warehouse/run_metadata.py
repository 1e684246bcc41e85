"""What a run says of its merges: each day's own numbers on that day's event, a line for each merge in the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dagster import OutputContext

from sensource_dagster.contract.tables import DAY, Table
from sensource_dagster.warehouse.merge import Merged, Tally
from sensource_dagster.warehouse.sql import day, identifier


def _numbers(table: Table, tally: Tally) -> dict[str, Any]:
    measures = {name: value for name, value in tally.measures.items() if value is not None}
    return {
        "rows": tally.rows,
        "rows_inserted": tally.inserted,
        "rows_grown": tally.grown,
        "rows_corrected": tally.corrected,
        "rows_unchanged": tally.unchanged,
        f"{table.entity}s": tally.entities,
        **measures,
    }


_NOTHING = Tally(inserted=0, grown=0, corrected=0, unchanged=0, entities=0, measures={})


class Report:
    """Collects the merges of one step and publishes them as its metadata; `select` reads the whole table."""

    def __init__(self, context: OutputContext, table: Table, select: str) -> None:
        self._context, self._table, self._select = context, table, select
        self._days: dict[date | None, Tally] = {}
        self._deleted = 0

    def add(self, merged: Merged) -> None:
        for change in merged.changes:
            self._context.log.warning(f"{change}.")
        self._days.update(merged.days)
        self._deleted += merged.deleted
        rows, inserted, grown, corrected, unchanged = (
            sum(getattr(tally, name) for tally in merged.days.values())
            for name in ("rows", "inserted", "grown", "corrected", "unchanged")
        )
        self._context.log.info(
            f"Merged {rows} rows into {self._table.name}: {inserted} new, {grown} grown since their hour was "
            f"still running, {corrected} corrected, {unchanged} unchanged."
        )

    def publish(self) -> None:
        if self._table.is_list:
            tally = self._days.get(None, _NOTHING)
            self._context.add_output_metadata({**_numbers(self._table, tally), "rows_deleted": self._deleted})
            return
        by_key: Mapping[str, Tally] = {str(local_day): tally for local_day, tally in self._days.items()}
        for key in self._context.asset_partition_keys:
            # Not add_output_metadata: it would repeat the batch's numbers, and its query, on every day's event.
            self._context.step_context.add_asset_metadata(
                {
                    **_numbers(self._table, by_key.get(key, _NOTHING)),
                    "Query": f"{self._select} WHERE {identifier(DAY)} = {day(date.fromisoformat(key))}",
                },
                asset_key=self._context.asset_key,
                partition_key=key,
            )
