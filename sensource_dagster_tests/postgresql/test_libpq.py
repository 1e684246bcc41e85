"""A libpq string has no password in it, and its errors quote nothing."""

from __future__ import annotations

import pytest

from sensource_dagster.postgresql.libpq import libpq_string, place


def test_both_forms_of_a_libpq_string_are_read() -> None:
    assert libpq_string("host=db.example.org dbname=footfall") == "dbname=footfall host=db.example.org"
    assert "host=db.example.org" in libpq_string("postgresql://db.example.org/footfall?sslmode=require")


@pytest.mark.parametrize(
    "text",
    [
        "host=db.example.org dbname=footfall password=tiger",
        "postgresql://scott:tiger@db.example.org/footfall",
        "host=db.example.org dbname=footfall sslpassword = 'tiger'",
    ],
)
def test_a_password_in_it_is_refused_in_words_that_do_not_repeat_it(text: str) -> None:
    with pytest.raises(ValueError, match="set PGPASSWORD, or name a file with it in PGPASSFILE") as raised:
        libpq_string(text)
    assert "tiger" not in str(raised.value)


def test_a_text_that_is_no_libpq_string_is_refused_without_a_quotation() -> None:
    with pytest.raises(ValueError, match="it is not a libpq string") as raised:
        libpq_string("host=db.example.org password='tiger")
    assert "tiger" not in str(raised.value)


def test_a_string_without_a_database_is_refused() -> None:
    with pytest.raises(ValueError, match="it names no database"):
        libpq_string("host=db.example.org")


def test_a_place_names_database_host_and_port() -> None:
    assert place("host=db.example.org port=5433 dbname=footfall") == "database footfall at db.example.org:5433"
    assert place("dbname=footfall") == "database footfall at this machine"
