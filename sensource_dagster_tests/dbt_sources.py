"""What docs/dbt/sources.yml says: every table and view of the published file, for users of dbt."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from sensource_dagster.contract.model import SCHEMA, Column
from sensource_dagster.contract.tables import DERIVED, TABLES
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster_tests.documentation import PROJECT

FILE = PROJECT / "docs" / "dbt" / "sources.yml"


def sources() -> str:
    tables = [
        *(_table(view.name, view.description, view.columns) for view in VIEWS),
        *(_table(table.name, table.description, table.all_columns) for table in (*TABLES.values(), *DERIVED)),
    ]
    source = {
        "name": SCHEMA,
        "description": "Footfall from SenSource Vea, in the file footfall.duckdb.",
        "database": "footfall",
        "schema": SCHEMA,
        "tables": tables,
    }
    return "# `make docs` writes this file.\n" + yaml.safe_dump(
        {"version": 2, "sources": [source]}, sort_keys=False, allow_unicode=True, width=110
    )


def _table(name: str, description: str, columns: Iterable[Column]) -> dict[str, object]:
    return {
        "name": name,
        "description": description,
        "columns": [
            {
                "name": column.name,
                "description": column.meaning,
                "data_type": column.type.value,
            }
            for column in columns
        ],
    }
