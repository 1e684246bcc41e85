"""The metadata and log lines of a run's merges. Each day's own numbers go to that day's event.

The UI keeps the order of metadata. People look for ins and outs, so these come first and the query last.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from dagster import AssetKey, AssetMaterialization, AssetObservation, OutputContext

from sensource_dagster.contract.model import DAY, SCHEMA, Table
from sensource_dagster.contract.tables import CORRECTIONS
from sensource_dagster.warehouse.merge import NO_ROWS, MergeResult, RowCounts
from sensource_dagster.warehouse.preview import preview, row_count
from sensource_dagster.warehouse.schema import Target
from sensource_dagster.warehouse.sql import day, identifier, identifiers


def _numbers(table: Table, row_counts: RowCounts) -> dict[str, Any]:
    measures = {name: value for name, value in row_counts.measures.items() if value is not None}
    of_counts = {
        "rows_updated": row_counts.updated,
        "rows_vanished": row_counts.vanished,
        "values_kept": row_counts.kept,
    }
    return {
        **measures,
        "rows": row_counts.rows,
        "rows_inserted": row_counts.inserted,
        "rows_grown": row_counts.grown,
        "rows_corrected": row_counts.corrected,
        "rows_unchanged": row_counts.unchanged,
        **({} if table.is_list else of_counts),
        f"{table.entity}s": row_counts.entities,
    }


def query_of_day(table: Table, local_day: date) -> str:
    """What the UI shows beside the numbers of a day."""
    return (
        f"SELECT * FROM {identifier(SCHEMA)}.{identifier(table.name)} WHERE {identifier(DAY)} = {day(local_day)}"
    )


_CORRECTIONS = AssetKey([SCHEMA, CORRECTIONS.name])
_ROW_COUNT = "dagster/row_count"  # the whole table's


class MergeMetadata:
    """Collects the merges of one step and publishes them as metadata."""

    def __init__(self, context: OutputContext, table: Table) -> None:
        self._context, self._table = context, table
        self._days: dict[date | None, RowCounts] = {}
        self._deleted = 0
        self._facts: dict[str, Any] = {}
        self._corrections: dict[str, Any] = {}

    def look(self, connection: duckdb.DuckDBPyConnection, merge_result: MergeResult) -> None:
        """Note what the table has after this merge, and the table of corrections if it grew."""
        name = Target.of(connection, self._table).name
        self._facts[_ROW_COUNT] = row_count(connection, name)
        if self._table.is_list:
            self._facts["preview"] = preview(connection, name, order=identifiers(self._table.key))
        elif merge_result.corrections:
            name = Target.of(connection, CORRECTIONS).name
            newest = preview(connection, name, order="seen_at DESC, record_date_hour_1 DESC")
            self._corrections = {_ROW_COUNT: row_count(connection, name), "newest": newest}

    def add(self, merge_result: MergeResult) -> None:
        for change in merge_result.changes:
            self._context.log.warning(f"{change}.")
        self._days.update(merge_result.days)
        self._deleted += merge_result.deleted
        rows, inserted, grown, corrected, updated, unchanged, vanished, kept = (
            sum(getattr(row_counts, name) for row_counts in merge_result.days.values())
            for name in ("rows", "inserted", "grown", "corrected", "updated", "unchanged", "vanished", "kept")
        )
        self._context.log.info(
            f"Merged {rows} rows into {self._table.name}: {inserted} inserted, {grown} grown (their hour was "
            f"still running when they were last read), {corrected} corrected, {updated} updated (such as a new "
            f"name, or the first value of a measure), {unchanged} unchanged."
        )
        if vanished:
            self._context.log.info(
                f"Vea no longer sends {vanished} rows that {self._table.name} has for these days. They stay. "
                "`rows_vanished` of each day counts them, and the table of corrections has their values."
            )
        if kept:
            self._context.log.info(
                f"{kept} measures in {self._table.name} kept their values: their rows came without them. "
                "`values_kept` of each day counts them."
            )

    def publish_corrections(self) -> None:
        """Materialize the table of corrections, if it grew since the last call."""
        if self._corrections:
            self._context.log_event(AssetMaterialization(_CORRECTIONS, metadata=self._corrections))
            self._corrections = {}

    def publish(self, file: Path) -> None:
        """Add the metadata of the table's own event or events. `file` is the DuckDB file, closed by now."""
        facts = self._facts and {**self._facts, "dagster/size_bytes": file.stat().st_size}
        if self._table.is_list:
            numbers = _numbers(self._table, self._days.get(None, NO_ROWS))
            self._context.add_output_metadata({**numbers, "rows_deleted": self._deleted, **facts})
            return
        # One event for the whole run. On each day's event these would be a flat line in the plots. The UI shows
        # them on the asset's page all the same.
        if facts:
            self._context.log_event(AssetObservation(self._context.asset_key, metadata=facts))
        by_key: Mapping[str, RowCounts] = {
            str(local_day): row_counts for local_day, row_counts in self._days.items()
        }
        for key in self._context.asset_partition_keys:
            # Not add_output_metadata: it would put the numbers and the query of the whole run on every day's
            # event.
            self._context.step_context.add_asset_metadata(
                {
                    **_numbers(self._table, by_key.get(key, NO_ROWS)),
                    "Query": query_of_day(self._table, date.fromisoformat(key)),
                },
                asset_key=self._context.asset_key,
                partition_key=key,
            )
