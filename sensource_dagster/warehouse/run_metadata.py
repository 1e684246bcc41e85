"""The metadata and log lines of a run's merges. Each day's own numbers go to that day's event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dagster import OutputContext

from sensource_dagster.contract.model import DAY, Table
from sensource_dagster.warehouse.merge import MergeResult, RowCounts
from sensource_dagster.warehouse.sql import day, identifier


def _numbers(table: Table, row_counts: RowCounts) -> dict[str, Any]:
    measures = {name: value for name, value in row_counts.measures.items() if value is not None}
    return {
        "rows": row_counts.rows,
        "rows_inserted": row_counts.inserted,
        "rows_grown": row_counts.grown,
        "rows_corrected": row_counts.corrected,
        "rows_unchanged": row_counts.unchanged,
        f"{table.entity}s": row_counts.entities,
        **measures,
    }


_NOTHING = RowCounts(inserted=0, grown=0, corrected=0, unchanged=0, entities=0, measures={})


class MergeMetadata:
    """Collects the merges of one step and publishes them as metadata. `select` is a query of the whole table."""

    def __init__(self, context: OutputContext, table: Table, select: str) -> None:
        self._context, self._table, self._select = context, table, select
        self._days: dict[date | None, RowCounts] = {}
        self._deleted = 0

    def add(self, merge_result: MergeResult) -> None:
        for change in merge_result.changes:
            self._context.log.warning(f"{change}.")
        self._days.update(merge_result.days)
        self._deleted += merge_result.deleted
        rows, inserted, grown, corrected, unchanged = (
            sum(getattr(row_counts, name) for row_counts in merge_result.days.values())
            for name in ("rows", "inserted", "grown", "corrected", "unchanged")
        )
        self._context.log.info(
            f"Merged {rows} rows into {self._table.name}: {inserted} inserted, {grown} grown (their hour was "
            f"still running when they were last read), {corrected} corrected, {unchanged} unchanged."
        )

    def publish(self) -> None:
        if self._table.is_list:
            row_counts = self._days.get(None, _NOTHING)
            self._context.add_output_metadata({**_numbers(self._table, row_counts), "rows_deleted": self._deleted})
            return
        by_key: Mapping[str, RowCounts] = {
            str(local_day): row_counts for local_day, row_counts in self._days.items()
        }
        for key in self._context.asset_partition_keys:
            # Not add_output_metadata: it would put the numbers and the query of the whole run on every day's
            # event.
            self._context.step_context.add_asset_metadata(
                {
                    **_numbers(self._table, by_key.get(key, _NOTHING)),
                    "Query": f"{self._select} WHERE {identifier(DAY)} = {day(date.fromisoformat(key))}",
                },
                asset_key=self._context.asset_key,
                partition_key=key,
            )
