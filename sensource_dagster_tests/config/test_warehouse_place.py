"""A warehouse is a file or a lake; whatever else the setting has is refused, and no password is shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sensource_dagster.config.settings import read_settings
from sensource_dagster.config.warehouse_place import LakePlace, lake_data, warehouse_place
from sensource_dagster.errors import SettingsError

LAKE = "ducklake:postgres:dbname=footfall host=db.example"


def test_a_lake_is_its_libpq_string_and_its_data() -> None:
    settings = read_settings({"SENSOURCE_WAREHOUSE": LAKE, "SENSOURCE_WAREHOUSE_DATA": "s3://bucket/footfall"})
    assert settings.warehouse == LakePlace("dbname=footfall host=db.example", "s3://bucket/footfall/")
    assert str(settings.warehouse) == LAKE
    assert warehouse_place(str(settings.warehouse)) == LakePlace("dbname=footfall host=db.example")


def test_a_relative_folder_of_a_lake_begins_in_the_project_folder(tmp_path: Path) -> None:
    """The catalogue keeps it, and another process has another working folder."""
    environment = {"SENSOURCE_WAREHOUSE": LAKE, "SENSOURCE_WAREHOUSE_DATA": "data/lake", "SENSOURCE_PUBLISHED": ""}
    settings = read_settings(environment, tmp_path)
    assert isinstance(settings.warehouse, LakePlace)
    assert settings.warehouse.data == f"{tmp_path}/data/lake/"
    assert settings.to_open == settings.warehouse
    assert settings.folder_of_files == tmp_path / "data"


def test_a_deployment_with_a_lake_still_has_a_file_for_people(tmp_path: Path) -> None:
    settings = read_settings({"SENSOURCE_WAREHOUSE": LAKE}, tmp_path)
    assert settings.to_open == tmp_path / "data" / "footfall.duckdb"
    assert settings.folder_of_files == tmp_path / "data"


def test_a_data_folder_without_a_lake_is_refused() -> None:
    with pytest.raises(SettingsError, match="SENSOURCE_WAREHOUSE_DATA is set, but only a lake has such a folder"):
        read_settings({"SENSOURCE_WAREHOUSE_DATA": "data/lake"})


@pytest.mark.parametrize(
    "libpq",
    [
        "dbname=footfall password=tiger",
        "dbname=footfall password = 'tiger",
        "postgresql://scott:tiger@db.example/footfall",
        "dbname=footfall sslpassword='a tiger'",
    ],
)
def test_a_password_in_the_setting_is_refused_and_not_shown(libpq: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({"SENSOURCE_WAREHOUSE": f"ducklake:postgres:{libpq}"})
    assert str(raised.value).startswith("SENSOURCE_WAREHOUSE='ducklake:postgres:")
    assert "tiger" not in str(raised.value)


def test_a_lake_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    monkeypatch.delitem(sys.modules, "sensource_dagster.postgresql.libpq", raising=False)
    with pytest.raises(SettingsError, match=r"pip install 'sensource-dagster\[scale\]'"):
        read_settings({"SENSOURCE_WAREHOUSE": LAKE})


def test_a_folder_is_one_name_however_it_is_written() -> None:
    assert lake_data("s3://bucket/a") == lake_data("s3://bucket/a/") == "s3://bucket/a/"
    assert lake_data("") is None
