"""The values of `.env` have priority over the environment. An empty value hides nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dagster._core.secrets.env_file import get_env_var_dict

from sensource_dagster.config.env_file import environment_with_dotenv, handed_to_dagster, restore_hidden
from sensource_dagster.config.settings import read_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with a `.env` that is half filled. The environment has the rest."""
    (tmp_path / ".env").write_text(
        "# account\nSENSOURCE_TIMEZONE=Europe/Berlin\nexport SENSOURCE_API_URL='https://one.example' # note\n"
        "SENSOURCE_CLIENT_ID=\nSENSOURCE_CLIENT_SECRET=''\nSENSOURCE_LOOKBACK_DAYS\nSENSOURCE_PUBLISHED=\n"
    )
    monkeypatch.chdir(tmp_path)
    outer = {"TIMEZONE": "UTC", "CLIENT_ID": "outer", "CLIENT_SECRET": "of-outer", "LOOKBACK_DAYS": "3"}
    for name, value in outer.items():
        monkeypatch.setenv(f"SENSOURCE_{name}", value)
    return tmp_path


def test_dotenv_overrides_the_environment_except_with_an_empty_value(folder: Path) -> None:
    settings = read_settings(environment_with_dotenv(folder))
    assert settings.timezone.key == "Europe/Berlin"
    assert settings.api_url == "https://one.example"
    assert settings.lookback_days == 3
    assert (settings.client_id, settings.client_secret) == ("outer", "of-outer")


def test_an_empty_value_still_says_none_where_the_environment_has_no_other(folder: Path) -> None:
    assert read_settings(environment_with_dotenv(folder)).published is None


def test_what_dagster_hides_behind_an_empty_line_is_there_again_when_the_definitions_load(folder: Path) -> None:
    environment = handed_to_dagster(folder, os.environ)
    environment.update(get_env_var_dict(str(folder)))  # what `dg dev` does
    assert not environment["SENSOURCE_CLIENT_ID"]
    restore_hidden(environment)
    assert read_settings(environment) == read_settings(environment_with_dotenv(folder))


def test_without_dotenv_the_environment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSOURCE_LOOKBACK_DAYS", "3")
    assert read_settings(environment_with_dotenv(tmp_path)).lookback_days == 3
    assert read_settings().lookback_days == 3
