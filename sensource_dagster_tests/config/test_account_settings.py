"""A further account has its own variables for some settings, and shares all others."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensource_dagster.config.account_settings import read_account
from sensource_dagster.errors import SettingsError

CREDENTIALS = {"SENSOURCE_CLIENT_ID": "WEST_ID", "SENSOURCE_CLIENT_SECRET": "WEST_SECRET"}
ENVIRONMENT = {
    "SENSOURCE_CLIENT_ID": "of the project",
    "SENSOURCE_CLIENT_SECRET": "of the project too",
    "SENSOURCE_LOOKBACK_DAYS": "3",
    "SENSOURCE_TIMEZONE": "UTC",
    "WEST_ID": "of west",
    "WEST_SECRET": "of west too",
}


def test_its_own_variables_take_the_place_of_those_of_the_project_and_all_others_are_shared() -> None:
    settings = read_account("west", CREDENTIALS, {"timezone": "America/Denver"}, Path(), ENVIRONMENT)
    assert (settings.client_id, settings.client_secret) == ("of west", "of west too")
    assert settings.credentials == ("WEST_ID", "WEST_SECRET")
    assert settings.timezone.key == "America/Denver"
    assert settings.lookback_days == 3


def test_without_its_own_credentials_it_has_none_and_says_which_variables_to_set() -> None:
    shared = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("WEST")}
    settings = read_account("west", CREDENTIALS, {}, Path(), shared)
    assert not settings.has_credentials
    assert "set WEST_ID and WEST_SECRET in the environment" in settings.no_credentials


@pytest.mark.parametrize(
    ("prefix", "variables", "values", "said"),
    [
        ("West", {}, {}, "SenSourceAccount 'West': a prefix has small letters"),
        ("we st", {}, {}, "a prefix has small letters"),
        ("1west", {}, {}, "a letter comes first"),
        ("w" * 41, {}, {}, "at most 40"),
        ("main", {}, {}, "SenSourceAccount 'main': something else has this name already"),
        ("all_accounts", {}, {}, "something else has this name already"),
        ("io_manager", {}, {}, "something else has this name already"),
        ("west_warehouse", {}, {}, "something else has this name already"),
        ("warehouse", {}, {}, r"confuse the schema with the file data/warehouse\.duckdb"),
        ("footfall", {}, {}, r"confuse the schema with the file data/footfall\.duckdb"),
        ("west", {"CLIENT_ID": "WEST_ID"}, {}, "variables has CLIENT_ID, which is not a variable"),
        ("west", {}, {"timezone": "Amerika/Denver"}, r"'west': timezone='Amerika/Denver': "),
        ("west", {}, {"start_date": "5 January"}, "'west': start_date='5 January': "),
        ("west", {"SENSOURCE_CLIENT_ID": "NONE"}, {}, "WEST_SECRET is set, and NONE is missing"),
        ("west", {"SENSOURCE_LOOKBACK_DAYS": "WEST_DAYS"}, {}, "WEST_DAYS is not set, which variables names"),
        ("west", {"SENSOURCE_WAREHOUSE": "WEST_SECRET"}, {}, "a warehouse of its own, so variables has to name"),
    ],
)
def test_what_cannot_be_used_is_named_as_the_account_calls_it(
    prefix: str, variables: dict[str, str], values: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        read_account(prefix, {**CREDENTIALS, **variables}, values, Path(), ENVIRONMENT)


@pytest.mark.parametrize("left_out", CREDENTIALS)
def test_both_credentials_are_its_own(left_out: str) -> None:
    own = {name: of for name, of in CREDENTIALS.items() if name != left_out}
    with pytest.raises(SettingsError, match=f"variables does not name the account's own {left_out}"):
        read_account("west", own, {}, Path(), ENVIRONMENT)


def test_no_error_has_the_secret() -> None:
    with pytest.raises(SettingsError) as raised:
        read_account("west", CREDENTIALS, {"timezone": "of west too"}, Path(), ENVIRONMENT)
    assert "of west too" not in str(raised.value)
