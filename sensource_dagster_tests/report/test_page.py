"""The page as text. What a browser makes of it is in `end_to_end/browser/test_report_page.py`."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date, datetime

import pytest

from sensource_dagster.report.content import Day, HeatCell, Report
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.page import page_of
from sensource_dagster_tests.report.made_up import HOSTILE, made_up_report
from sensource_dagster_tests.report.page_parts import Element, parts

MEGABYTE = 1_000_000
DASH = "\u2013"


@pytest.fixture(scope="module")
def hostile_page() -> str:
    report = made_up_report(names=HOSTILE, locations=(HOSTILE[4], HOSTILE[0]))
    return page_of(replace(report, account=HOSTILE[2], title=HOSTILE[0], location=HOSTILE[1]))


@pytest.fixture(scope="module")
def hostile(hostile_page: str) -> list[Element]:
    return parts(hostile_page)


def without_data() -> Report:
    """As of an account in which nothing was counted yet."""
    report = made_up_report(doors=0, days=1, names=("A door",), locations=("A location",))
    nothing = replace(
        report.panels[0],
        days=(Day(date(2026, 10, 1), None, complete=False, low=None, high=None, note=None),),
        hours=tuple(tuple(HeatCell(None, 0) for _ in range(24)) for _ in range(7)),
        busiest=(None,) * 7,
    )
    return replace(
        report,
        how_many=replace(report.how_many, rows=()),
        trust=replace(report.trust, missing=(), unusual=(), moved=(), corrected_since=None, newest_hour=None),
        panels=(nothing,),
        which=replace(report.which, locations=(), doors=()),
        how_full=replace(report.how_full, spaces=()),
        year_over_year=replace(report.year_over_year, months=()),
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_as_it_was_written(hostile: list[Element], name: str) -> None:
    assert [element for element in hostile if element.tag == "bdi" and element.text == name]
    assert [element for element in hostile if element.tag == "option" and element.text == name]


def test_no_name_adds_an_element_or_an_attribute_that_acts(hostile: list[Element]) -> None:
    tags = [element.tag for element in hostile]
    assert tags.count("script") == 1
    assert tags.count("style") == 1
    assert "img" not in tags
    attributes = {name for element in hostile for name in element.attributes}
    assert not {name for name in attributes if name.startswith("on") or name in {"style", "src"}}


def test_a_name_from_right_to_left_does_not_turn_the_text_around_it(hostile: list[Element]) -> None:
    name = HOSTILE[4]
    elements = [element for element in hostile if element.tag != "#text"]
    alone = [element for element in elements if name in element.text and not element.is_in("bdi")]
    assert alone
    for element in alone:
        assert element.attributes.get("dir") == "auto" or f"\u2068{name}\u2069" in element.text, element.tag
    for element in elements:
        label = element.attributes.get("aria-label") or ""
        assert name not in label or f"\u2068{name}\u2069" in label


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else(hostile: list[Element]) -> None:
    [policy] = [
        element.attributes["content"] or ""
        for element in hostile
        if element.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for tag in ("style", "script"):
        [element] = [element for element in hostile if element.tag == tag]
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert rules.pop(f"{tag}-src") == f"'sha256-{digest}'"
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_page_names_no_other_file_or_host(hostile_page: str, hostile: list[Element]) -> None:
    links = [element.attributes.get("href") for element in hostile if "href" in element.attributes]
    ids = [element.attributes["id"] for element in hostile if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {link for link in links if link} <= {f"#{name}" for name in ids}
    [style] = [element.text for element in hostile if element.tag == "style"]
    assert not re.search(r"url\(|@import|://", style)
    assert "://" not in hostile_page


def test_a_page_of_ten_doors_has_at_most_a_megabyte() -> None:
    assert len(page_of(made_up_report(doors=10)).encode()) <= MEGABYTE


def test_a_page_of_fifty_doors_and_three_years_has_at_most_three_megabytes() -> None:
    assert len(page_of(made_up_report(doors=50, days=3 * 365 + 1)).encode()) <= 3 * MEGABYTE


def test_a_page_without_data_says_so_and_has_nothing_to_choose() -> None:
    elements = parts(page_of(without_data()))
    cells = [element.text.strip() for element in elements if element.tag == "td"]
    assert sorted(filter(None, cells)) == ["missing"]
    assert not [element for element in elements if element.tag in {"select", "option", "svg"}]
    assert [element.text for element in elements if element.tag == "p"].count("None.") == 3


@pytest.mark.parametrize("door", [0, 5])
def test_each_day_of_a_panel_is_in_its_table(door: int) -> None:
    report = made_up_report(days=40)
    panel = report.panels[door]
    cells = cells_of(parts(page_of(report)), f"normal-s{door}")
    shown = [cell for cell in cells if cell]
    assert shown == [written(day) for day in panel.days]
    # Thursday, the first of October: three days of its week are not in the period.
    assert cells[:4] == ["", "", "", written(panel.days[0])]


def test_each_hour_of_a_panel_is_in_its_heat_map() -> None:
    report = made_up_report()
    panel = report.panels[2]
    cells = cells_of(parts(page_of(report)), "staff-s2")
    expected = [
        DASH if weekday[hour].people is None else f"{weekday[hour].people:,.0f}"
        for hour in range(9, 18)
        for weekday in panel.hours
    ]
    assert cells[: len(expected)] == expected
    assert cells[len(expected) :] == [*(f"{hour:02}:00" for hour in panel.busiest), *["4 h"] * 7]


def test_a_figure_of_the_method_leads_to_its_view() -> None:
    page = page_of(made_up_report(doors=1))
    for view in ("location_daily", "traffic_daily", "traffic_hourly"):
        assert f'<a href="#view-{view}"><code>{view}</code></a>.' in page
        assert f'<div id="view-{view}">' in page
        assert f". <code>SELECT * FROM sensource.{view}</code>" in page
    assert ".. <code>" not in page


def test_a_tool_can_read_when_it_was_made() -> None:
    report = made_up_report(doors=1)
    [made_at] = [e for e in parts(page_of(report)) if e.attributes.get("name") == "generated"]
    assert datetime.fromisoformat(made_at.attributes["content"] or "") == report.made_at


def test_a_period_of_one_day_is_shown_as_that_day() -> None:
    report = made_up_report(days=1)
    assert report.period == Period(date(2026, 10, 1), date(2026, 10, 1))
    assert 'Shows <span class="unbroken">2026-10-01</span>, the most people first.' in page_of(report)


def written(day: Day) -> str:
    usual = f" {day.low:,}-{day.high:,}" if day.low is not None and day.high is not None else ""
    if day.people is None:
        return f"missing{usual}"
    return f"{'' if day.complete else '≥ '}{day.people:,}{usual}"


def cells_of(elements: list[Element], article: str) -> list[str]:
    return [
        " ".join(element.text.split())
        for element in elements
        if element.tag == "td" and any(outer.attributes.get("id") == article for outer in element.within)
    ]
