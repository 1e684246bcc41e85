"""An extension of DuckDB comes from its Python package, or an error says which package to install."""

from __future__ import annotations

import duckdb
import pytest

from sensource_dagster.errors import WarehouseError
from sensource_dagster.warehouse import extensions


def test_an_extension_that_is_missing_is_named_with_its_package() -> None:
    with duckdb.connect(config=extensions.NO_DOWNLOAD) as connection, pytest.raises(WarehouseError) as raised:
        extensions.load(connection, "none_such")
    assert f"DuckDB {duckdb.__version__} has no extension none_such, which a lake needs" in str(raised.value)
    assert "pip install duckdb-extension-none-such" in str(raised.value)
    assert "\n" not in str(raised.value)
