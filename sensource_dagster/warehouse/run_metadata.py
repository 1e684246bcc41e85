"""The metadata and log lines of a run's merges. Each day's own numbers go to that day's event.

The UI keeps the order of metadata. People look for ins and outs, so these come first and the query last.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import duckdb
from dagster import AssetKey, AssetMaterialization, AssetObservation, OutputContext

from sensource_dagster.contract.model import DAY, Table
from sensource_dagster.contract.tables import CORRECTIONS, REJECTED
from sensource_dagster.warehouse.merge import NO_ROWS, MergeResult, RowCounts
from sensource_dagster.warehouse.preview import preview, row_count
from sensource_dagster.warehouse.rejected import sentence
from sensource_dagster.warehouse.schema import Target
from sensource_dagster.warehouse.sql import day, identifier, identifiers, qualified


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


def query_of_day(schema: str, table: Table, local_day: date) -> str:
    """What the UI shows beside the numbers of a day."""
    return f"SELECT * FROM {qualified(schema, table.name)} WHERE {identifier(DAY)} = {day(local_day)}"


_ROW_COUNT = "dagster/row_count"  # the whole table's


class MergeMetadata:
    """Collects the merges of one step and publishes them as metadata."""

    def __init__(self, context: OutputContext, table: Table) -> None:
        self._context, self._table = context, table
        self._schema = context.asset_key.path[0]
        self._days: dict[date | None, RowCounts] = {}
        self._deleted = 0
        self._facts: dict[str, Any] = {}
        self._derived: dict[AssetKey, dict[str, Any]] = {}
        self._rejected: Counter[date | None] = Counter()

    def look(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Note what the table has after the merges of a group."""
        name = Target.of(connection, self._table).name
        self._facts[_ROW_COUNT] = row_count(connection, name)
        if self._table.is_list:
            self._facts["preview"] = preview(connection, name, order=identifiers(self._table.key))

    def look_at_derived(self, connection: duckdb.DuckDBPyConnection, merge_result: MergeResult) -> None:
        """Note what each derived table has that this merge changed. It is told even if the next merge fails."""
        if merge_result.corrections:
            self._look_at(connection, CORRECTIONS)
        if merge_result.rejected_changed:
            self._look_at(connection, REJECTED)

    def _look_at(self, connection: duckdb.DuckDBPyConnection, table: Table) -> None:
        name = Target.of(connection, table).name
        newest = preview(connection, name, order="seen_at DESC, record_date_hour_1 DESC")
        key = AssetKey([self._schema, table.name])
        self._derived[key] = {_ROW_COUNT: row_count(connection, name), "newest": newest}

    def add(self, merge_result: MergeResult) -> None:
        for change in merge_result.changes:
            self._context.log.warning(f"{change}.")
        if merge_result.rejected:
            self._context.log.warning(sentence(self._schema, self._table, merge_result.rejected))
        self._rejected.update(row.day for row in merge_result.rejected)
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

    def publish_derived(self) -> None:
        """Materialize the tables of corrections and of rejected rows, if they changed since the last call."""
        for key, metadata in self._derived.items():
            self._context.log_event(AssetMaterialization(key, metadata=metadata))
        self._derived = {}

    def publish(self, size: int) -> None:
        """Add the metadata of the table's own event or events. `size` is the warehouse's, in bytes."""
        facts = self._facts and {**self._facts, "dagster/size_bytes": size}
        if self._table.is_list:
            numbers = _numbers(self._table, self._days.get(None, NO_ROWS))
            more = {"rows_rejected": self._rejected[None], "rows_deleted": self._deleted}
            self._context.add_output_metadata({**numbers, **more, **facts})
            return
        # One event for the whole run. On each day's event these would be a flat line in the plots. The UI shows
        # them on the asset's page all the same.
        if facts:
            self._context.log_event(AssetObservation(self._context.asset_key, metadata=facts))
        for key in self._context.asset_partition_keys:
            local_day = date.fromisoformat(key)
            # Not add_output_metadata: it would put the numbers and the query of the whole run on every day's
            # event.
            self._context.step_context.add_asset_metadata(
                {
                    **_numbers(self._table, self._days.get(local_day, NO_ROWS)),
                    "rows_rejected": self._rejected[local_day],
                    "Query": query_of_day(self._schema, self._table, local_day),
                },
                asset_key=self._context.asset_key,
                partition_key=key,
            )
