"""Opens what people open, to read its views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster.contract.model import SCHEMA
from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.sql import full_schema
from sensource_dagster.warehouse.transaction import first_line
from sensource_dagster.warehouse.warehouse_of import warehouse_of


def is_interruption(error: BaseException) -> bool:
    """Whether this is what DuckDB makes of a signal during a query, such as that of Ctrl-C."""
    return isinstance(error, (duckdb.Error, RuntimeError)) and "interrupted" in str(error).lower()


@contextmanager
def file_to_read(
    place: WarehousePlace, wait_seconds: float, schema: str = SCHEMA
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the published copy, or to the warehouse, with the account's schema as the current one.

    Raises:
        WarehouseError: it is not there, cannot be opened or read, or was made before the view existed.
    """
    source = warehouse_of(place, wait_seconds, schema=schema)
    it = f"{source.kind} {source.describe()}"
    own = schema == SCHEMA  # the commands are about the project's own account alone
    if not source.exists():
        advice = (
            f"Run `sensource backfill`: it reads the counts and makes the {source.kind}. Or materialize "
            "everything in the UI."
            if own
            else f"Materialize everything of the account {schema} in the UI."
        )
        raise WarehouseError(f"There is no {it} yet. {advice}")
    with source.open(read_only=True) as connection:
        try:
            # Otherwise DuckDB takes a Python variable of the same name for a view that is not there.
            connection.execute("SET python_enable_replacements = false")
            connection.execute(f"USE {full_schema(connection)}")
            yield connection
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            again = (
                "Run the sync again (`sensource backfill`, or materialize the views in the UI): it makes the "
                "views anew."
                if own
                else f"Materialize the views of the account {schema} in the UI: that makes them anew."
            )
            raise WarehouseError(
                f"The {it} does not have this view as this version makes it: {first_line(error)} {again}"
            ) from None
        except duckdb.Error as error:
            if is_interruption(error):
                raise
            raise WarehouseError(f"The rows cannot be read from the {it}: {first_line(error)}") from None
