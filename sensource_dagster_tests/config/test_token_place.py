"""Where the token is: a folder, or a PostgreSQL database whose password stands nowhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sensource_dagster.config.settings import read_settings
from sensource_dagster.config.token_place import (
    TokenDatabase,
    token_database,
    token_directory,
    token_place_or_none,
)
from sensource_dagster.errors import SettingsError


def test_the_token_is_kept_in_the_users_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert token_directory() == tmp_path / "cache" / "sensource_dagster"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert token_directory() == tmp_path / ".cache" / "sensource_dagster"
    assert token_directory(tmp_path / "chosen") == tmp_path / "chosen"


def test_a_database_is_named_by_a_libpq_string(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    text = "postgres:host=db.example.org dbname=footfall"
    place = read_settings({"SENSOURCE_TOKEN_CACHE": text}, folder=tmp_path).token_cache
    assert isinstance(place, TokenDatabase)
    assert token_place_or_none(str(place)) == place  # as the definitions of Dagster hold it
    assert token_database(place) == place.libpq == "dbname=footfall host=db.example.org"
    assert token_directory(place) == tmp_path / "sensource_dagster"
    assert token_database(tmp_path) == token_database(None) == ""


def test_the_token_of_a_lake_is_beside_its_catalogue_unless_a_place_is_named(tmp_path: Path) -> None:
    lake = {"SENSOURCE_WAREHOUSE": "ducklake:postgres:host=db.example.org dbname=footfall"}
    place = read_settings(lake).token_cache
    assert token_database(place) == "dbname=footfall host=db.example.org"
    named = read_settings({**lake, "SENSOURCE_TOKEN_CACHE": str(tmp_path)}).token_cache
    assert (named, token_database(named)) == (tmp_path, "")
    assert read_settings({}).token_cache is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("postgres:host=db.example.org dbname=footfall password=tiger", "a password stands in it"),
        ("postgres:postgresql://scott:tiger@db.example.org/footfall", "a password stands in it"),
        ("postgres:host=db.example.org", "it names no database"),
        (
            "postgresql://db.example.org/footfall",
            "use the path of a folder of this user, on a",
        ),
    ],
)
def test_a_text_that_is_no_place_or_has_a_password_is_refused_without_the_password(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        read_settings({"SENSOURCE_TOKEN_CACHE": text})
    assert "SENSOURCE_TOKEN_CACHE=" in str(raised.value)
    assert "tiger" not in str(raised.value)


def test_without_the_extra_a_database_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    monkeypatch.delitem(sys.modules, "sensource_dagster.postgresql.libpq", raising=False)
    with pytest.raises(ValueError, match=r"pip install 'sensource-dagster\[scale\]'"):
        token_place_or_none("postgres:dbname=footfall")
