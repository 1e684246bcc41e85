"""A wrong value gives one line with the variable, its value and what is allowed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from sensource_dagster.config.settings import CREDENTIALS, VARIABLES, read_settings
from sensource_dagster.errors import SettingsError

SECRET = "5up3r-s3cret/+=&value"


def lines(**variables: str) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        read_settings({f"SENSOURCE_{name}": value for name, value in variables.items()})
    return str(raised.value).split("\n")


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("TIMEZONE", "America/Dnver", "did you mean America/Denver?"),
        ("TIMEZONE", "america/new york", "did you mean America/New_York?"),
        ("TIMEZONE", "../../etc/passwd", "an IANA name such as America/Denver"),
        ("TIMEZONE", "", "an IANA name such as America/Denver"),
        ("START_DATE", "01/02/2024", "YYYY-MM-DD"),
        ("START_DATE", "2023-02-29", "YYYY-MM-DD"),
        ("START_DATE", "20240101", "YYYY-MM-DD"),
        ("START_DATE", "\uff12\uff10\uff12\uff14-01-01", "YYYY-MM-DD"),
        ("START_DATE", "2024-01-01T00:00:00", "YYYY-MM-DD"),
        ("START_DATE", "0202-01-01", "from 1970-01-01 on"),
        ("START_DATE", "9999-12-31", "in UTC) or an earlier day"),
        ("EXCLUDE_CLOSED_HOURS", "yes", "use true or false, or leave it empty"),
        ("EXCLUDE_CLOSED_HOURS", "True", "use true or false, or leave it empty"),
        ("STATIC_ENDPOINTS", "Zone", "'Zone' is not allowed; use names such as location and zone"),
        ("STATIC_ENDPOINTS", "zone,../token", "'../token' is not allowed"),
        ("STATIC_ENDPOINTS", "zone,traffic", "'traffic' is the name of another table"),
        ("STATIC_ENDPOINTS", "zone,zone", "there twice"),
        ("STATIC_ENDPOINTS", "", "'' is not allowed"),
        ("TRAFFIC_METRICS", "ins,,outs", "'' is not allowed; use names such as ins and occupancy(max)"),
        ("TRAFFIC_METRICS", "ins;outs", "'ins;outs' is not allowed"),
        ("TRAFFIC_METRICS", "", "'' is not allowed"),
        ("OCCUPANCY_METRICS", "occupancy(max)&x", "use names such as ins and occupancy(max)"),
        ("OCCUPANCY_METRICS", "occupancy(max", "'occupancy(max' is not allowed"),
        ("API_URL", "vea.sensourceinc.com", "http(s)://host/path"),
        ("API_URL", "ftp://vea.sensourceinc.com", "http(s)://host/path"),
        ("API_URL", "https://", "http(s)://host/path"),
        ("API_URL", "https://host:port", "http(s)://host/path"),
        ("API_URL", "https://[::1", "http(s)://host/path"),
        ("API_URL", "https://ho st", "http(s)://host/path"),
        ("API_URL", "https://host/?a=b", "must not have a user name, a ? or a #"),
        ("AUTH_URL", "", "http(s)://host/path"),
        ("AUTH_URL", "file:///etc/passwd", "http(s)://host/path"),
        ("WAREHOUSE", "", "the path of a DuckDB file"),
        ("WAREHOUSE", ":memory:", "the path of a DuckDB file"),
        ("WAREHOUSE", "s3://bucket/x.duckdb", "the path of a DuckDB file"),
        ("WAREHOUSE", "/", "is a folder"),
        ("WAREHOUSE", "md:footfall", "MotherDuck takes DuckDB clients up to 1.5.6 alone"),
        ("WAREHOUSE", "ducklake:footfall.ducklake", "the catalogue of a lake has to be in PostgreSQL"),
        ("WAREHOUSE", "ducklake:postgres:here", "it is not a libpq string"),
        ("WAREHOUSE", "ducklake:postgres:host=here", "it names no database"),
        ("WAREHOUSE", "postgres:dbname=footfall", "or ducklake:postgres:<libpq string>"),
        ("PUBLISHED", "md:footfall", "MotherDuck takes DuckDB clients up to 1.5.6 alone"),
        ("PUBLISHED", "ducklake:postgres:dbname=footfall", "the path of a DuckDB file"),
        ("WAREHOUSE_DATA", "gs://bucket", "use /path/of/a/folder or s3://bucket/folder"),
        ("WAREHOUSE_DATA", "/dev/null", "it is neither a folder nor an S3 address"),
        ("WAREHOUSE_DATA", "s3://", "use s3://bucket/folder"),
        ("LAKE_DAYS", "0", "a whole number from 1 to 3660"),
        ("WAREHOUSE_WAIT", "-1", "a whole number from 0 to 86400"),
        ("WAREHOUSE_WAIT", "86401", "a whole number from 0 to 86400"),
        ("BACKFILL_DAYS", "0", "a whole number from 1 to 3660"),
        ("BACKFILL_DAYS", "1.5", "a whole number from 1 to 3660"),
        ("BACKFILL_DAYS", "٣", "a whole number from 1 to 3660"),
        ("BALANCE_THRESHOLD", "0", "a whole number from 1 to 100"),
        ("BALANCE_THRESHOLD", "50%", "a whole number from 1 to 100"),
        ("FISCAL_YEAR_START", "13", "a whole number from 1 to 12"),
        ("FISCAL_YEAR_START", "July", "a whole number from 1 to 12"),
        ("LOOKBACK_DAYS", "a week", "a whole number from 1 to 3660"),
        ("LOOKBACK_DAYS", "9" * 5000, "a whole number from 1 to 3660"),
        ("LOOKBACK_DAYS", "7\n8", "a whole number from 1 to 3660"),
        ("CORRECTIONS_DAYS", "0", "a whole number from 1 to 36600"),
        ("TOKEN_CACHE", "/dev/null", "is not a folder"),
        ("TOKEN_CACHE", "s3://bucket/tokens", "the path of a folder"),
        ("OWNERS", "Ann", "'Ann' is not an owner; use e-mail addresses and team:name"),
        ("OWNERS", "ann@library.example,,team:data", "'' is not an owner"),
        ("OWNERS", "team:", "'team:' is not an owner"),
        ("TAGS", "gold", "'gold' is not a tag; use name=value"),
        ("TAGS", "tier=gold,=x", "'=x' is not a tag"),
        ("TAGS", "tier=two words", "'tier=two words' is not a tag"),
    ],
)
def test_a_wrong_value_gives_one_line_with_variable_value_and_what_is_allowed(
    variable: str, value: str, allowed: str
) -> None:
    [line] = lines(**{variable: value})
    assert line.startswith(f"SENSOURCE_{variable}={value!r}: ")
    assert allowed in line


def test_all_wrong_variables_are_named_at_once_including_a_start_in_the_future() -> None:
    problems = lines(
        API_URL="nowhere",
        TRAFFIC_METRICS="in!",
        START_DATE="9999-01-01",
        BACKFILL_DAYS="x",
        TIMEZONE="Europe/Berlin",
    )
    assert sorted(line.split("=")[0] for line in problems) == [
        "SENSOURCE_API_URL",
        "SENSOURCE_BACKFILL_DAYS",
        "SENSOURCE_START_DATE",
        "SENSOURCE_TRAFFIC_METRICS",
    ]


def test_a_default_path_that_is_a_folder_is_named_as_a_chosen_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "warehouse.duckdb").mkdir(parents=True)
    [line] = lines()
    assert line.startswith("SENSOURCE_WAREHOUSE='data/warehouse.duckdb': it is a folder")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_the_start_date_may_be_today_in_the_zone_of_the_days_but_not_tomorrow(zone: str) -> None:
    with time_machine.travel(datetime(2025, 6, 15, 10, 30, tzinfo=timezone.utc), tick=False):
        today = datetime.now(ZoneInfo(zone)).date()
        read = read_settings({"SENSOURCE_TIMEZONE": zone, "SENSOURCE_START_DATE": str(today)})
        [line] = lines(TIMEZONE=zone, START_DATE=str(today + timedelta(days=1)))
    assert read.start_date == today
    assert f"use today ({today} in {zone}) or an earlier day" in line


@pytest.mark.parametrize(("there", "missing"), [CREDENTIALS, CREDENTIALS[::-1]])
@pytest.mark.parametrize("blank", [None, "", " "])
def test_one_of_id_and_secret_alone_is_refused_and_the_missing_one_is_named(
    there: str, missing: str, blank: str | None
) -> None:
    environment = {there: SECRET} if blank is None else {there: SECRET, missing: blank}
    with pytest.raises(SettingsError) as raised:
        read_settings(environment)
    assert str(raised.value).startswith(f"{there} is set, and {missing} is missing or empty. Set both")
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("secret", [SECRET, "pa55\"wor'd\\x", "pa55, word", "//pa55 w@rd"])
@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_the_secret_is_in_no_error_even_if_it_is_the_value_of_another_variable(variable: str, secret: str) -> None:
    environment = {"SENSOURCE_BACKFILL_DAYS": "none", variable: secret, "SENSOURCE_CLIENT_SECRET": secret}
    with pytest.raises(SettingsError) as raised:
        read_settings(environment)
    assert secret[:4] not in str(raised.value)


@pytest.mark.parametrize("password", ["pa55word", "pa55/word", "12/pa55", "pa55 word", "pa55@word"])
def test_a_password_in_a_url_is_refused_without_showing_it(password: str) -> None:
    [line] = lines(AUTH_URL=f"https://user:{password}@auth.example/token")
    assert line.startswith("SENSOURCE_AUTH_URL='https://***@auth.example/token': ")
    assert "use http(s)://host/path" in line
    assert "pa55" not in line
