"""The DuckDB file of a test's settings."""

from __future__ import annotations

from pathlib import Path

from sensource_dagster.config.settings import Settings


def warehouse_file(settings: Settings) -> Path:
    assert isinstance(settings.warehouse, Path)
    return settings.warehouse
