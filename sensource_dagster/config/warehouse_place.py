"""Where a warehouse is: in a DuckDB file, or in a lake whose catalogue is in PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sensource_dagster.config.parsers import libpq

_LAKE = "ducklake:postgres:"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_EITHER = f"use the path of a DuckDB file, such as data/warehouse.duckdb, or {_LAKE}<libpq string>"


@dataclass(frozen=True)
class LakePlace:
    """A lake (docs/lake.md).

    Attributes:
        libpq: where the PostgreSQL database with its catalogue is. It has no password.
        data: the folder or `s3://…` of its Parquet files. The catalogue remembers it, so it may be None later.
        folder: where this machine keeps files for people, such as a report, if no copy of the lake is made.
    """

    libpq: str
    data: str | None = None
    folder: Path = Path("data")

    def __str__(self) -> str:
        """As SENSOURCE_WAREHOUSE has it."""
        return f"{_LAKE}{self.libpq}"


WarehousePlace = Path | LakePlace


def folder_of(place: WarehousePlace) -> Path:
    """Where files beside a warehouse go."""
    return place.parent if isinstance(place, Path) else place.folder


def warehouse_place(text: str) -> WarehousePlace:
    """The place that SENSOURCE_WAREHOUSE names, or `str` of a place.

    Raises:
        ValueError: it is none. The text says what is allowed, and quotes nothing of a libpq string.
    """
    if text.startswith(_LAKE):
        return LakePlace(libpq(text.removeprefix(_LAKE), "a lake"))
    if text.startswith("ducklake:"):
        raise ValueError(f"the catalogue of a lake has to be in PostgreSQL; use {_LAKE}<libpq string>")
    return database_file(text, _EITHER)


def database_file(text: str, advice: str = "use the path of a DuckDB file, such as data/warehouse.duckdb") -> Path:
    """The path of a DuckDB file, which need not exist yet."""
    if re.match(r"(md|motherduck):", text):
        raise ValueError(
            f"MotherDuck takes DuckDB clients up to 1.5.6 alone, so this project does not write there; {advice}"
        )
    if not text or text.startswith(":") or _SCHEME.match(text):
        raise ValueError(f"it is not a path; {advice}")
    path = Path(text).expanduser()
    if path.is_dir():
        raise ValueError(f"it is a folder; {advice}")
    return path


def database_file_or_none(text: str) -> Path | None:
    """As `database_file`; an empty text means no file."""
    return database_file(text) if text else None


def lake_data(text: str) -> str | None:
    """The folder of a lake's files, or `s3://bucket/folder/`. An empty text means none."""
    if not text:
        return None
    if text.startswith("s3://"):
        if not re.fullmatch(r"s3://[A-Za-z0-9.-]+(/[^?#@]*)?", text):
            raise ValueError("it is not an S3 address; use s3://bucket/folder")
        return f"{text.rstrip('/')}/"
    path = Path(text).expanduser()
    if _SCHEME.match(text) or (path.exists() and not path.is_dir()):
        raise ValueError("it is neither a folder nor an S3 address; use /path/of/a/folder or s3://bucket/folder")
    return str(path)
