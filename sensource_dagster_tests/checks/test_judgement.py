"""A judgement as Dagster shows it, and what alarms.toml silences of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from dagster import AssetCheckResult, AssetKey

from sensource_dagster.checks.affected import AFFECTED, NOT_KNOWN, OUTAGES, SILENCED, Affected, Silence
from sensource_dagster.checks.judgement import ERROR, Judgement
from sensource_dagster.checks.reading import SHOWN, Findings
from sensource_dagster.config.alarms_file import Quiet

DAY = date(2026, 3, 1)
KEY = AssetKey(["sensource", "traffic"])
NORTH, SOUTH = Affected("North", rows=2), Affected("South", rows=1)
ROWS: list[dict[str, Any]] = [{"zone_id": zone, "day": DAY, "hours": 3} for zone in ("z1", "z1", "z2")]
FOUND = Judgement("3 hours are wrong.", {"wrong_hours": 3}, Findings(3, ROWS, {}, {"z1": NORTH, "z2": SOUTH}))


def shown(judgement: Judgement, *silenced: str) -> AssetCheckResult:
    entries = tuple(Quiet(zone, "right", DAY, "Known.") for zone in silenced)
    return judgement.result(KEY, "right", Silence(entries, DAY, "zone"))


def value(result: AssetCheckResult, name: str) -> Any:
    return result.metadata[name].value


def test_findings_fail_the_check_and_are_listed_with_their_entities() -> None:
    result = shown(FOUND)
    assert (result.asset_key, result.check_name, result.passed) == (KEY, "right", False)
    assert result.description == "3 hours are wrong."
    assert value(result, "wrong_hours") == 3
    table: Any = result.metadata["found"]
    assert [record.data for record in table.records] == [{**row, "day": str(DAY)} for row in ROWS]
    assert value(result, AFFECTED) == {"z1": NORTH.as_json(), "z2": SOUTH.as_json()}
    assert set(result.metadata) == {"wrong_hours", "found", AFFECTED}


def test_a_judgement_without_findings_passes_and_has_its_numbers() -> None:
    for nothing in (Findings(), None):
        result = shown(replace(FOUND, findings=nothing, severity=ERROR))
        assert result.passed
        assert result.severity is ERROR
        assert set(result.metadata) == {"wrong_hours"}


@pytest.mark.parametrize(("total", "said"), [(SHOWN, ""), (SHOWN + 1, f" The first {SHOWN} are listed.")])
def test_more_findings_than_are_listed_are_said(total: int, said: str) -> None:
    result = shown(Judgement("Wrong.", findings=Findings(total, ROWS[:1] * total)))
    assert result.description == f"Wrong.{said}"
    table: Any = result.metadata["found"]
    assert len(table.records) == SHOWN
    assert not result.passed


def test_what_is_silenced_is_listed_and_does_not_fail_the_check() -> None:
    result = shown(FOUND, "z2")
    assert not result.passed
    assert result.description == "3 hours are wrong. 1 zone is silenced until 2026-03-01: Known."
    assert value(result, SILENCED) == {"z2": "2026-03-01"}
    assert value(result, AFFECTED) == {"z1": NORTH.as_json()}
    result = shown(FOUND, "z1", "z2")
    assert result.passed
    assert value(result, AFFECTED) == {}
    table: Any = result.metadata["found"]
    assert len(table.records) == 3


def test_an_entry_of_another_check_silences_nothing() -> None:
    entry = Quiet("z1", "another", DAY, "Known.")
    assert SILENCED not in FOUND.result(KEY, "right", Silence((entry,), DAY, "zone")).metadata


def test_a_check_of_outages_tells_these_and_not_its_findings() -> None:
    outages = {"z2": Affected("South", first_day=DAY), "z3": Affected("West", first_day=DAY)}
    result = shown(replace(FOUND, outages=outages, judges_outages=True), "z3")
    assert value(result, OUTAGES) == {"z2": outages["z2"].as_json()}
    assert value(result, SILENCED) == {"z3": "2026-03-01"}
    assert AFFECTED not in result.metadata
    assert not result.passed
    assert value(shown(replace(FOUND, outages={}, judges_outages=True)), OUTAGES) == {}


def test_outages_that_are_not_known_are_said_to_be_so() -> None:
    result = shown(replace(FOUND, judges_outages=True))
    assert value(result, OUTAGES) == NOT_KNOWN
    assert AFFECTED not in result.metadata
