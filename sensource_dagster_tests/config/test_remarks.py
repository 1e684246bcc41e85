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


def test_a_metric_or_a_list_that_the_project_does_not_know_is_named() -> None:
    metric, typing_error, further, plural = said(
        {
            "SENSOURCE_TRAFFIC_METRICS": "ins,groups",
            "SENSOURCE_OCCUPANCY_METRICS": "occupancy(maximum)",
            "SENSOURCE_STATIC_ENDPOINTS": "zone,floor,zones",
        }
    )
    assert metric.startswith("SENSOURCE_TRAFFIC_METRICS has groups, which this project does not know. ")
    assert metric.endswith("The type of its column follows from the values.")
    assert typing_error.endswith("Did you mean occupancy(max)?")
    assert "It is read from /api/floor, and its key is floor_id." in further
    assert plural.endswith("Did you mean zone?")
