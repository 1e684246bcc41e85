"""The variables of the warehouse and of the copy that people open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sensource_dagster.config import warehouse_place as check
from sensource_dagster.config.parsers import whole_number
from sensource_dagster.config.project_folder import placed
from sensource_dagster.config.variable import variable
from sensource_dagster.config.warehouse_place import LakePlace, WarehousePlace, folder_of

EARLIER_WAREHOUSE = Path("data/sensource.duckdb")
"""The default of earlier versions. A deployment that has this file, and no setting, goes on with it."""
_DEFAULT = "data/warehouse.duckdb"


@dataclass(frozen=True)
class WarehouseSettings:
    """A part of `Settings`."""

    warehouse: WarehousePlace = variable(
        "SENSOURCE_WAREHOUSE",
        _DEFAULT,
        "the DuckDB file that the sync writes; or a lake, as ducklake:postgres:<libpq string>",
        check.warehouse_place,
    )
    warehouse_data: str | None = variable(
        "SENSOURCE_WAREHOUSE_DATA",
        "",
        "a lake's folder, or s3://bucket/folder, of its own; needed once, the catalogue remembers it",
        check.lake_data,
    )
    warehouse_wait: int = variable(
        "SENSOURCE_WAREHOUSE_WAIT",
        "60",
        "seconds to wait for a warehouse that another process holds",
        whole_number(0, 86_400),
    )
    lake_days: int = variable(
        "SENSOURCE_LAKE_DAYS",
        "30",
        "for how many days a lake keeps what it was, for time travel",
        whole_number(1, 3_660),
    )
    published: Path | None = variable(
        "SENSOURCE_PUBLISHED",
        "data/footfall.duckdb",
        "the published copy of it, which everybody may open at any time; empty: no copy is made",
        check.database_file_or_none,
    )

    @property
    def to_open(self) -> WarehousePlace:
        """What people open: the published copy, or the warehouse itself where no copy is made."""
        return self.published or self.warehouse

    @property
    def folder_of_files(self) -> Path:
        """Where files for people go: beside the file that they open. Beside a lake it is `data`."""
        return folder_of(self.to_open)


def place_warehouse(values: dict[str, Any], environment: Mapping[str, str], folder: Path | None) -> list[str]:
    """Let the paths among the parsed values begin in this folder; a line for each thing that does not fit."""
    warehouse, data = values.get("warehouse"), values.get("warehouse_data") or ""
    if values.get("published"):
        values["published"] = placed(values["published"], folder)
    problems: list[str] = []
    if isinstance(warehouse, LakePlace):
        if data and "://" not in data:
            data = f"{placed(Path(data), folder).absolute()}/"
        values["warehouse"] = replace(warehouse, data=data or None, folder=placed(warehouse.folder, folder))
    elif warehouse:
        if data:
            problems.append(
                "SENSOURCE_WAREHOUSE_DATA is set, but only a lake has such a folder, and SENSOURCE_WAREHOUSE is a "
                "DuckDB file. Remove the one, or let the other be ducklake:postgres:<libpq string>."
            )
        file, earlier = placed(warehouse, folder), placed(EARLIER_WAREHOUSE, folder)
        not_chosen = "SENSOURCE_WAREHOUSE" not in environment and not file.exists()
        values["warehouse"] = file = earlier if not_chosen and earlier.exists() else file
        if file == values.get("published"):
            problems.append("SENSOURCE_PUBLISHED is the same file as SENSOURCE_WAREHOUSE: name another one.")
    return problems


def advice(warehouse: WarehousePlace) -> str | None:
    """A line for a deployment whose file has the default name of earlier versions; None for all others."""
    if warehouse != EARLIER_WAREHOUSE:
        return None
    return (
        f"The warehouse is {EARLIER_WAREHOUSE}, the default of earlier versions. To rename it, stop all that "
        f"uses it, then run: mv {EARLIER_WAREHOUSE} {_DEFAULT}"
    )
