"""What a start says about settings that can be used."""

from __future__ import annotations

import pytest

from sensource_dagster.config.remarks import remarks
from sensource_dagster.config.settings import VARIABLES, read_settings


def said(environment: dict[str, str]) -> list[str]:
    return remarks(read_settings(environment), environment)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("SENSOURCE_TIME_ZONE", "SENSOURCE_TIMEZONE"),
        ("SENSOURCE_TZ", None),
        ("SENSOURCE_CLIENTID", "SENSOURCE_CLIENT_ID"),
        ("SENSOURCE_LOOKBACK_DAY", "SENSOURCE_LOOKBACK_DAYS"),
        ("SENSOURCE_SLACK_HOOK", None),
    ],
)
def test_a_name_that_no_variable_has_is_named_with_the_nearest_and_without_its_value(
    written: str, meant: str | None
) -> None:
    [remark] = said({written: "hunter2", "PATH": "x", "SENSOURCE_BACKFILL_DAYS": "7"})
    assert remark.startswith(f"{written} is not a variable of this project, so it has no effect. ")
    assert remark.endswith(f"Did you mean {meant}?" if meant else "docs/settings.md lists all variables.")
    assert "hunter2" not in remark


def test_nothing_is_said_of_the_variables_that_there_are() -> None:
    assert said({name: variable["default"] for name, variable in VARIABLES.items() if variable["default"]}) == []
