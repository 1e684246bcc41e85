"""`sensource check` compares SENSOURCE_TIMEZONE with the time zones that Vea has for the locations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from sensource_dagster.cli import main
from sensource_dagster.simulator import RunningSimulator, serving
from sensource_dagster_tests.end_to_end.sync import variables_of

UNSET = "unset"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with serving() as running:
        yield running


@pytest.fixture
def checked(
    simulator: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[list[str]]:
    """The lines of `sensource check` about the zone, and the last one, for a zone of ours and zones of Vea's."""
    ours, theirs = request.param
    monkeypatch.chdir(tmp_path)
    rows = [
        {"locationId": f"l{number}", **({"timezone": zone} if zone else {})} for number, zone in enumerate(theirs)
    ]
    simulator.override_list("location", rows)
    variables = variables_of(simulator, tmp_path, SENSOURCE_STATIC_ENDPOINTS="location")
    variables["SENSOURCE_TIMEZONE"] = ours
    if ours == UNSET:
        del variables["SENSOURCE_TIMEZONE"]
    result = CliRunner().invoke(main, ["check"], env=variables)
    assert result.exit_code == 0, result.output
    *lines, last = result.output.splitlines()
    yield [*(line for line in lines if "time zone: " in line), last]
    simulator.override_list("location", None)


def case(ours: str, *theirs: str | None) -> tuple[str, tuple[str | None, ...]]:
    return ours, theirs


@pytest.mark.parametrize(
    "checked",
    [
        case("America/Denver", "America/Denver", None),
        case("America/Denver", "US/Mountain"),
        case("America/Denver", None),
    ],
    indirect=True,
)
def test_a_zone_with_the_days_of_the_locations_is_right(checked: list[str]) -> None:
    assert checked == ["Everything works."]


@pytest.mark.parametrize("checked", [case("Europe/Paris", "America/Denver", "US/Mountain", None)], indirect=True)
def test_another_zone_than_that_of_all_locations_is_a_warning_with_the_right_value(checked: list[str]) -> None:
    warning, last = checked
    assert warning.startswith("WARN    time zone: Days are days of Europe/Paris, but all locations")
    assert "Set SENSOURCE_TIMEZONE=America/Denver" in warning
    assert last.startswith("The steps work. 1 WARN above")


@pytest.mark.parametrize("checked", [case("America/Phoenix", "America/Denver")], indirect=True)
def test_a_zone_that_differs_in_summer_alone_is_another_zone(checked: list[str]) -> None:
    assert "Set SENSOURCE_TIMEZONE=America/Denver" in checked[0]


@pytest.mark.parametrize("checked", [case(UNSET, "Asia/Tokyo", "Asia/Tokyo")], indirect=True)
def test_where_it_is_not_set_the_value_to_set_is_said(checked: list[str]) -> None:
    assert "days of UTC, because SENSOURCE_TIMEZONE is not set" in checked[0]
    assert "Set SENSOURCE_TIMEZONE=Asia/Tokyo" in checked[0]


@pytest.mark.parametrize("checked", [case(UNSET, None, "")], indirect=True)
def test_where_neither_it_nor_vea_names_a_zone_it_says_what_the_days_are(checked: list[str]) -> None:
    assert "days of UTC, because SENSOURCE_TIMEZONE is not set" in checked[0]
    assert "Vea names no time zone" in checked[0]


@pytest.mark.parametrize(
    "checked", [case("America/Denver", "America/Denver", "America/New_York", "US/Eastern")], indirect=True
)
def test_locations_in_several_zones_are_told_what_their_days_mean(checked: list[str]) -> None:
    assert "America/New_York (2), America/Denver (1)" in checked[0]
    assert "record_date are days of America/Denver, for all locations" in checked[0]
    assert "The day of a view is each location's own." in checked[0]
    assert "set SENSOURCE_TIMEZONE" not in checked[0]


@pytest.mark.parametrize("checked", [case("UTC", "America/Denver", "Asia/Tokyo", "Asia/Tokyo")], indirect=True)
def test_a_zone_of_none_of_them_is_told_which_most_locations_have(checked: list[str]) -> None:
    assert "set SENSOURCE_TIMEZONE=Asia/Tokyo." in checked[0]


@pytest.mark.parametrize("checked", [case("America/Denver", "Mountain time")], indirect=True)
def test_a_zone_of_vea_that_is_no_name_is_named(checked: list[str]) -> None:
    assert "Vea has 'Mountain time' as a time zone, which is not an IANA name." in checked[0]
