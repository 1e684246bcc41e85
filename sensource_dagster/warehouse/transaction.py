"""Changes of the warehouse that are made whole or not at all, and what an error says that undoes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from sensource_dagster.errors import WarehouseError, sentence


@contextmanager
def transaction(
    connection: duckdb.DuckDBPyConnection, what: str, advice: str, *, on_constraint: str = ""
) -> Iterator[None]:
    """A transaction that ends with the block.

    Args:
        what: the beginning of an error's text.
        advice: its end.
        on_constraint: an end behind that, for an error of a constraint.

    Raises:
        WarehouseError: DuckDB's error, between `what` and `advice`.
    """
    try:
        connection.execute("BEGIN TRANSACTION")
        yield
        connection.execute("COMMIT")
    except duckdb.Error as error:
        more = on_constraint if isinstance(error, duckdb.ConstraintException) else ""
        raise WarehouseError(f"{what}{first_line(error)} {advice}{more}") from error
    # No ROLLBACK: the connection is closed after every error, and that ends the transaction in any state.


def first_line(error: Exception) -> str:
    """What went wrong, as a sentence. The lines behind it quote the query, but those of a lake have the reason."""
    lines = str(error).strip().split("\n")
    return sentence(" ".join(lines[: 2 if lines[0].endswith("DuckLake transaction.") else 1]))
