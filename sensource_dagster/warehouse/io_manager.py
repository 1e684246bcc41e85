"""The I/O manager. It writes frames to tables and loads tables as frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
from dagster import InputContext, OutputContext, TimeWindow
from dagster_duckdb import DuckDBIOManager
from pydantic import Field

from sensource_dagster.config.settings import VARIABLES
from sensource_dagster.config.warehouse_place import WarehousePlace, warehouse_place
from sensource_dagster.contract.model import SCHEMA, Table
from sensource_dagster.contract.response import Response
from sensource_dagster.errors import WarehouseError
from sensource_dagster.failures import errors_as_failures
from sensource_dagster.instance.private import DbClient, DbIOManager, DbTypeHandler, TableSlice
from sensource_dagster.warehouse.connection import Warehouse
from sensource_dagster.warehouse.frame_stream import FrameStream
from sensource_dagster.warehouse.merge import MergeResult, merge
from sensource_dagster.warehouse.own_output import MAIN, check_output, contract_of, write_own
from sensource_dagster.warehouse.run_metadata import MergeMetadata
from sensource_dagster.warehouse.sql import day, full_schema, identifier, identifiers
from sensource_dagster.warehouse.warehouse_of import warehouse_of


class FrameTypeHandler(DbTypeHandler[Any]):
    """Merges frames into the tables of the contract, writes others into tables of their own, and loads all."""

    def handle_output(
        self,
        context: OutputContext,
        table_slice: TableSlice,
        obj: pd.DataFrame | Response | FrameStream,
        connection: Warehouse,
    ) -> None:
        """Write all frames. Each partition's own numbers go to its own event.

        Raises:
            Failure: it has the text of the WarehouseError.
        """
        with errors_as_failures(context):
            table = contract_of(context, table_slice)
            if table:
                _merge_all(context, table, obj, connection)
            else:
                write_own(context, table_slice, obj, connection)

    def load_input(self, context: InputContext, table_slice: TableSlice, connection: Warehouse) -> pd.DataFrame:
        """The requested columns of the requested partitions. All rows if the input has no partitions.

        Raises:
            Failure: it has the text of the WarehouseError.
        """
        with errors_as_failures(context), connection.open(read_only=True) as session:
            try:
                return session.execute(_select(table_slice, full_schema(session, table_slice.schema))).df()
            except duckdb.Error as error:
                raise WarehouseError(f"Table {table_slice.table} cannot be read: {error}") from None

    @property
    def supported_types(self) -> Sequence[type[object]]:
        return [pd.DataFrame, Response, FrameStream]


def _config(context: OutputContext | InputContext) -> dict[str, Any]:
    return dict(context.resource_config or {})


def _merge_all(
    context: OutputContext, table: Table, obj: pd.DataFrame | Response | FrameStream, warehouse: Warehouse
) -> None:
    metadata = MergeMetadata(context, table)
    config = _config(context)
    keep, zone = timedelta(days=config["corrections_days"]), ZoneInfo(config["timezone"])
    if isinstance(obj, pd.DataFrame):
        obj = Response(obj, datetime.now(timezone.utc))
    for group in [[obj]] if isinstance(obj, Response) else obj.groups():
        done: list[MergeResult] = []
        try:
            with warehouse.open() as session:
                while group:  # each frame is freed after its merge
                    response = group.pop(0)
                    done.append(
                        merge(
                            *(session, table, response.frame, response.requested_at, keep, zone),
                            window=response.window,
                        )
                    )
                    del response
                    metadata.look_at_derived(session, done[-1])
                metadata.look(session)
        finally:  # with the file closed: writing events to Dagster's storage can be slow
            for merge_result in done:
                metadata.add(merge_result)
            metadata.publish_derived()
    metadata.publish(warehouse.size())


def _place(config: Mapping[str, Any]) -> WarehousePlace:
    place = warehouse_place(config["database"])
    return place if isinstance(place, Path) else replace(place, data=config["lake_data"] or None)


def _names(table_slice: TableSlice) -> tuple[str, str, str]:
    database = warehouse_of(warehouse_place(table_slice.database or ""), 0).name
    return database, table_slice.schema, table_slice.table


def _select(table_slice: TableSlice, schema: str) -> str:
    columns = identifiers(table_slice.columns) if table_slice.columns else "*"
    select = f"SELECT {columns} FROM {schema}.{identifier(table_slice.table)}"
    for dimension in table_slice.partition_dimensions or []:
        if not isinstance(dimension.partitions, TimeWindow):
            return f"{select} WHERE false"  # a partitioned asset that has no partitions yet
        first, end = (instant.date() for instant in dimension.partitions)
        select += f" WHERE {identifier(dimension.partition_expr)} >= {day(first)}"
        select += f" AND {identifier(dimension.partition_expr)} < {day(end)}"
    return select


class ContractClient(DbClient[Warehouse]):
    """Returns the warehouse unopened. A connection that is open during API requests would lock all others out."""

    @staticmethod
    @contextmanager
    def connect(context: OutputContext | InputContext, table_slice: TableSlice) -> Iterator[Warehouse]:
        config = _config(context)
        yield warehouse_of(
            _place(config),
            config["wait_seconds"],
            {"custom_user_agent": "sensource_dagster", **config["connection_config"]},
            context.log.warning,
            config["account_schema"],
        )

    @staticmethod
    def ensure_schema_exists(context: OutputContext, table_slice: TableSlice, connection: Warehouse) -> None:
        """Do nothing: each write creates the schema within its transaction."""

    @staticmethod
    def delete_table_slice(context: OutputContext, table_slice: TableSlice, connection: Warehouse) -> None:
        """Do nothing: each write replaces rows within its transaction, and a merge never deletes any."""

    @staticmethod
    def get_table_name(table_slice: TableSlice) -> str:
        """The name that DuckDB uses."""
        return ".".join(_names(table_slice))

    @staticmethod
    def get_select_statement(table_slice: TableSlice) -> str:
        """The query that the UI shows; people run it in the published copy, a database of another name."""
        return _select(table_slice, identifier(table_slice.schema))


class ContractIOManager(DbIOManager):
    """Dagster's own, but the query comes last, and each partition's event has its own query alone."""

    def handle_output(self, context: OutputContext, obj: object) -> None:
        with errors_as_failures(context):
            check_output(context)
        super().handle_output(context, obj)
        metadata = dict(context.consume_logged_metadata())
        query = metadata.pop("Query")
        if not context.has_asset_partitions:
            context.add_output_metadata({**metadata, "Query": query})

    def _get_table_slice(self, context: OutputContext | InputContext, output_context: OutputContext) -> TableSlice:
        table_slice = super()._get_table_slice(context, output_context)
        chosen = self._schema or (output_context.definition_metadata or {}).get("schema")
        if context.has_asset_key and len(context.asset_key.path) == 1 and not chosen:
            return table_slice._replace(schema=MAIN)  # Dagster says `public`, which DuckDB does not have
        return table_slice


class SenSourceDuckDBIOManager(DuckDBIOManager):
    """Keeps the tables of the contract in a DuckDB file. A rerun of any run leaves the same tables.

    The frame that an asset `sensource/<table>` returns is merged into that table of the contract. The frame of any
    other asset gets a table of its own, named after the asset's key. It is replaced whole, or by day:

    >>> import duckdb, pandas as pd
    >>> from dagster import asset, materialize
    >>> @asset(key=["sensource", "site"], io_manager_key="sensource_warehouse")
    ... def site() -> pd.DataFrame:
    ...     return pd.DataFrame({"site_id": ["s1"], "location_id": ["l1"], "name": ["Main Library"]})
    >>> @asset(key=["marts", "opening"], io_manager_key="sensource_warehouse")
    ... def opening() -> pd.DataFrame:
    ...     return pd.DataFrame({"site_id": ["s1"], "opens": [9]})
    >>> manager = SenSourceDuckDBIOManager(database="data/example.duckdb")
    >>> materialize([site, opening], resources={"sensource_warehouse": manager}).success
    True
    >>> with duckdb.connect("data/example.duckdb", read_only=True) as warehouse:
    ...     warehouse.execute("SELECT name, opens FROM sensource.site NATURAL JOIN marts.opening").fetchall()
    [('Main Library', 9)]
    """

    database: str = Field(
        description="Path of the DuckDB file, or `ducklake:postgres:<libpq string>` (SENSOURCE_WAREHOUSE). The "
        "first write creates the file and its folder, or the lake."
    )
    lake_data: str = Field(
        default="", description="The folder, or s3://bucket/folder, of a new lake (SENSOURCE_WAREHOUSE_DATA)."
    )
    wait_seconds: float = Field(
        default=60.0, ge=0, description="Seconds to wait while another process holds it. Default 60."
    )

    corrections_days: int = Field(
        default=int(VARIABLES["SENSOURCE_CORRECTIONS_DAYS"]["default"]),
        ge=1,
        description="How many days corrections are kept (SENSOURCE_CORRECTIONS_DAYS).",
    )

    timezone: str = Field(
        default=VARIABLES["SENSOURCE_TIMEZONE"]["default"],
        description="Whose local hours the rows get that are older than `record_hour` (SENSOURCE_TIMEZONE).",
    )

    account_schema: str = Field(
        default=SCHEMA,
        description="The schema of the account's tables, which is the first part of their assets' keys.",
    )

    @staticmethod
    def type_handlers() -> Sequence[DbTypeHandler[Any]]:
        return [FrameTypeHandler()]

    @staticmethod
    def default_load_type() -> type:
        return pd.DataFrame

    def create_io_manager(self, context: Any) -> DbIOManager:
        return ContractIOManager(
            db_client=ContractClient(),
            database=self.database,
            schema=self.schema_,
            type_handlers=self.type_handlers(),
            default_load_type=self.default_load_type(),
            io_manager_name=type(self).__name__,
        )
