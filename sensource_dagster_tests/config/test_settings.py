"""Every SENSOURCE_* variable has the documented default. A wrong value gives one line that says what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sensource_dagster.config.alert_parsers import MailServer
from sensource_dagster.config.settings import (
    CREDENTIALS,
    NO_CREDENTIALS,
    VARIABLES,
    Settings,
    read_settings,
)
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.errors import SettingsError

DEFAULTS = {
    "SENSOURCE_CLIENT_ID": None,
    "SENSOURCE_CLIENT_SECRET": None,
    "SENSOURCE_API_URL": "https://vea.sensourceinc.com",
    "SENSOURCE_AUTH_URL": "https://auth.sensourceinc.com/oauth/token",
    "SENSOURCE_TIMEZONE": "UTC",
    "SENSOURCE_START_DATE": "2022-01-01",
    "SENSOURCE_TRAFFIC_METRICS": "ins,outs",
    "SENSOURCE_OCCUPANCY_METRICS": "occupancy(max),occupancy(min),occupancy(avg)",
    "SENSOURCE_EXCLUDE_CLOSED_HOURS": "",
    "SENSOURCE_STATIC_ENDPOINTS": "location,site,zone,space,sensor",
    "SENSOURCE_WAREHOUSE": "data/warehouse.duckdb",
    "SENSOURCE_WAREHOUSE_DATA": "",
    "SENSOURCE_WAREHOUSE_WAIT": "60",
    "SENSOURCE_LAKE_DAYS": "30",
    "SENSOURCE_PUBLISHED": "data/footfall.duckdb",
    "SENSOURCE_BACKFILL_DAYS": "30",
    "SENSOURCE_LOOKBACK_DAYS": "7",
    "SENSOURCE_BALANCE_THRESHOLD": "20",
    "SENSOURCE_CORRECTIONS_DAYS": "400",
    "SENSOURCE_FISCAL_YEAR_START": "1",
    "SENSOURCE_TOKEN_CACHE": "",
    "SENSOURCE_OWNERS": "",
    "SENSOURCE_TAGS": "",
    "SENSOURCE_ALERT_WEBHOOK": "",
    "SENSOURCE_ALERT_EMAIL": "",
    "SENSOURCE_ALERT_SMTP": "smtp://localhost",
    "SENSOURCE_ALERT_FROM": "",
    "SENSOURCE_ALARMS": "alarms.toml",
}
SECRET = "5up3r-s3cret/+=&value"


def test_each_variable_has_the_documented_default_and_a_meaning() -> None:
    assert {name: variable["default"] for name, variable in VARIABLES.items()} == DEFAULTS
    assert all(variable["meaning"] for variable in VARIABLES.values())


def test_without_variables_the_settings_are_the_defaults_and_other_variables_are_ignored() -> None:
    assert read_settings({"TZ": "nowhere"}) == Settings(
        client_id=None,
        client_secret=None,
        api_url="https://vea.sensourceinc.com",
        auth_url="https://auth.sensourceinc.com/oauth/token",
        timezone=ZoneInfo("UTC"),
        start_date=date(2022, 1, 1),
        traffic_metrics=("ins", "outs"),
        occupancy_metrics=("occupancy(max)", "occupancy(min)", "occupancy(avg)"),
        exclude_closed_hours=None,
        static_endpoints=("location", "site", "zone", "space", "sensor"),
        warehouse=Path("data/warehouse.duckdb"),
        warehouse_data=None,
        warehouse_wait=60,
        lake_days=30,
        published=Path("data/footfall.duckdb"),
        backfill_days=30,
        lookback_days=7,
        balance_threshold=20,
        corrections_days=400,
        fiscal_year_start=1,
        token_cache=None,
        owners=(),
        tags={},
        alert_webhook=None,
        alert_email=(),
        alert_smtp=MailServer("localhost", 25, tls=False),
        alert_from=None,
        alarms=Path("alarms.toml"),
    )


def test_every_variable_is_read_and_blanks_around_values_are_ignored() -> None:
    read = read_settings(
        {
            "SENSOURCE_CLIENT_ID": " id ",
            "SENSOURCE_CLIENT_SECRET": f" {SECRET} ",
            "SENSOURCE_API_URL": " http://127.0.0.1:8080/base/ ",
            "SENSOURCE_AUTH_URL": "http://[::1]:9/token",
            "SENSOURCE_TIMEZONE": " America/Denver ",
            "SENSOURCE_START_DATE": " 2024-02-29 ",
            "SENSOURCE_TRAFFIC_METRICS": " outs ",
            "SENSOURCE_OCCUPANCY_METRICS": "occupancy(avg) , occupancy(max)",
            "SENSOURCE_EXCLUDE_CLOSED_HOURS": " false ",
            "SENSOURCE_STATIC_ENDPOINTS": "zone,location",
            "SENSOURCE_WAREHOUSE": " ducklake:postgres:host=db.example dbname=footfall ",
            "SENSOURCE_WAREHOUSE_DATA": " s3://bucket/footfall ",
            "SENSOURCE_LAKE_DAYS": "7",
            "SENSOURCE_PUBLISHED": " ~/y.duckdb ",
            "SENSOURCE_WAREHOUSE_WAIT": "0",
            "SENSOURCE_BACKFILL_DAYS": "007",
            "SENSOURCE_LOOKBACK_DAYS": "3660",
            "SENSOURCE_BALANCE_THRESHOLD": "100",
            "SENSOURCE_CORRECTIONS_DAYS": "36600",
            "SENSOURCE_FISCAL_YEAR_START": " 07 ",
            "SENSOURCE_TOKEN_CACHE": " ~/tokens ",
            "SENSOURCE_OWNERS": "ann@library.example , team:data",
            "SENSOURCE_TAGS": "tier=gold , domain=visits",
            "SENSOURCE_ALERT_WEBHOOK": " https://hooks.example/a?b ",
            "SENSOURCE_ALERT_EMAIL": " ann@library.example , bo@library.example ",
            "SENSOURCE_ALERT_SMTP": " smtps://mail.example ",
            "SENSOURCE_ALERT_FROM": " vea@library.example ",
            "SENSOURCE_ALARMS": " ~/alarms.toml ",
        }
    )
    assert read == Settings(
        client_id="id",
        client_secret=SECRET,
        api_url="http://127.0.0.1:8080/base",
        auth_url="http://[::1]:9/token",
        timezone=ZoneInfo("America/Denver"),
        start_date=date(2024, 2, 29),
        traffic_metrics=("outs",),
        occupancy_metrics=("occupancy(avg)", "occupancy(max)"),
        exclude_closed_hours=False,
        static_endpoints=("zone", "location"),
        warehouse=LakePlace("dbname=footfall host=db.example", "s3://bucket/footfall/"),
        warehouse_data="s3://bucket/footfall/",
        warehouse_wait=0,
        lake_days=7,
        published=Path("~/y.duckdb").expanduser(),
        backfill_days=7,
        lookback_days=3660,
        balance_threshold=100,
        corrections_days=36600,
        fiscal_year_start=7,
        token_cache=Path("~/tokens").expanduser(),
        owners=("ann@library.example", "team:data"),
        tags={"tier": "gold", "domain": "visits"},
        alert_webhook="https://hooks.example/a?b",
        alert_email=("ann@library.example", "bo@library.example"),
        alert_smtp=MailServer("mail.example", 465, tls=True),
        alert_from="vea@library.example",
        alarms=Path("~/alarms.toml").expanduser(),
    )


def test_the_secret_is_in_no_repr() -> None:
    settings = read_settings(dict(zip(CREDENTIALS, ("client-1234", SECRET), strict=True)))
    assert settings.client_secret == SECRET
    assert SECRET not in f"{settings!r} {settings} {settings.account} {VARIABLES}"


@pytest.mark.parametrize(("client_id", "secret"), [("", ""), (" ", "\t")])
def test_blank_credentials_count_as_none(client_id: str, secret: str) -> None:
    settings = read_settings(dict(zip(CREDENTIALS, (client_id, secret), strict=True)))
    assert not settings.has_credentials
    assert settings.account == "no account configured"


def test_the_account_says_demo_for_the_demo_alone_and_shows_only_the_end_of_a_real_client_id() -> None:
    account = dict(zip(CREDENTIALS, ("abcdefgh-1234", SECRET), strict=True))
    assert read_settings(account).account == "SenSource account at vea.sensourceinc.com, client …1234"
    for loopback in ("http://127.0.0.1:8", "http://localhost:8", "http://[::1]:8"):
        assert "demo" not in read_settings({**account, "SENSOURCE_API_URL": loopback}).account  # a tunnel
        demo = {**account, "SENSOURCE_CLIENT_ID": "demo", "SENSOURCE_API_URL": loopback}
        assert "demo" in read_settings(demo).account
    for elsewhere in ("http://127.0.0.1.example.com", "https://localhost.example.com"):
        assert "demo" not in read_settings({**account, "SENSOURCE_API_URL": elsewhere}).account


def test_the_text_for_missing_credentials_names_the_variables_and_make_demo() -> None:
    assert all(part in NO_CREDENTIALS for part in (*CREDENTIALS, ".env", "make demo"))


def test_a_deployment_with_the_earlier_default_file_goes_on_with_it_and_is_told_how_to_rename_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sensource.duckdb").touch()
    settings = read_settings({})
    assert settings.warehouse == Path("data/sensource.duckdb")
    assert settings.advice
    assert settings.advice.endswith("mv data/sensource.duckdb data/warehouse.duckdb")
    (tmp_path / "data" / "sensource.duckdb").rename(tmp_path / "data" / "warehouse.duckdb")
    settings = read_settings({})
    assert settings.warehouse == Path("data/warehouse.duckdb")
    assert settings.advice is None


def test_a_chosen_file_is_used_whatever_other_files_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sensource.duckdb").touch()
    assert read_settings({"SENSOURCE_WAREHOUSE": "other.duckdb"}).warehouse == Path("other.duckdb")


def test_people_open_the_published_copy_or_the_warehouse_where_no_copy_is_made() -> None:
    assert read_settings({}).to_open == Path("data/footfall.duckdb")
    settings = read_settings({"SENSOURCE_PUBLISHED": " "})
    assert settings.published is None
    assert settings.to_open == Path("data/warehouse.duckdb")


def test_the_copy_cannot_be_the_warehouse_itself() -> None:
    with pytest.raises(SettingsError, match="SENSOURCE_PUBLISHED is the same file as SENSOURCE_WAREHOUSE"):
        read_settings({"SENSOURCE_WAREHOUSE": "a.duckdb", "SENSOURCE_PUBLISHED": "a.duckdb"})
