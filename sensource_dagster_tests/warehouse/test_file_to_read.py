"""What a person is told to do if the file that people open lacks what is to be read from it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse.file_to_read import file_to_read

COMMAND = "`sensource backfill`"


def said(place: Path, schema: str) -> str:
    with (
        pytest.raises(WarehouseError) as raised,
        file_to_read(place, 0, schema) as connection,
    ):
        connection.execute("FROM traffic_daily")
    return str(raised.value)


@pytest.mark.parametrize("has_file", [False, True])
def test_the_command_that_reads_the_project_s_own_account_is_not_advised_for_another_one(
    has_file: bool, tmp_path: Path
) -> None:
    place = tmp_path / "footfall.duckdb"
    if has_file:
        with duckdb.connect(str(place)) as connection:
            connection.execute("CREATE SCHEMA sensource")
    assert COMMAND in said(place, "sensource")
    assert COMMAND not in said(place, "west")
    assert "the account west in the UI" in said(place, "west")
