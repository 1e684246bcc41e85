"""The page of the report as people meet it, in a real browser. Its screenshots are in `.screenshots/report`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect, sync_playwright

from sensource_dagster.report.page import page_of
from sensource_dagster_tests.documentation import PROJECT
from sensource_dagster_tests.end_to_end.browser import chromium as debian
from sensource_dagster_tests.end_to_end.browser.report_pages import PHONE, everything_open, shown
from sensource_dagster_tests.report.made_up import HOSTILE, made_up_report

pytestmark = pytest.mark.slow
SCREENSHOTS = PROJECT / ".screenshots" / "report"
REPORT = made_up_report(doors=6)
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# What a sheet of A4 holds between its margins, in CSS pixels.
A4_WIDTH, A4_HEIGHT = round(182 / 25.4 * 96), round(267 / 25.4 * 96)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    executable = debian.found()
    if executable is None:
        pytest.skip("no browser: install Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=debian.ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("report") / "index.html"
    written.write_text(page_of(REPORT), encoding="utf-8")
    return written


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("report") / "index.html"
    written.write_text(page_of(made_up_report(names=HOSTILE, locations=HOSTILE[3:5])), encoding="utf-8")
    return written


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nobody_is_kept_from_reading_it(chromium: Browser, file: Path, scheme: Scheme) -> None:
    with shown(chromium, file, scheme=scheme) as page:
        page.screenshot(path=SCREENSHOTS / f"{scheme}.png", full_page=True)
        in_grey = {"type": "achromatopsia"}  # for the eye; `report/test_style.py` says what a test can say of it
        page.context.new_cdp_session(page).send("Emulation.setEmulatedVisionDeficiency", in_grey)
        page.screenshot(path=SCREENSHOTS / f"{scheme}-grey.png", full_page=True)
        for unfold in (lambda _: None, everything_open):
            unfold(page)
            found = Axe().run(page)
            assert not found.violations_count, found.generate_report()


def test_without_a_script_every_panel_is_there_and_a_link_leads_to_it(chromium: Browser, file: Path) -> None:
    with shown(chromium, file, script=False) as page:
        expect(page.locator("select")).to_be_hidden()
        assert page.locator("article").count() == 2 * len(REPORT.panels)
        for section in ("normal", "staff"):
            for number, panel in enumerate(REPORT.panels):
                article = page.locator(f"#{section}-s{number}")
                expect(article).to_be_visible()
                link = page.locator(f"#{section} nav").get_by_role("link", name=panel.subject, exact=True)
                link.press("Enter")
                expect(article).to_be_in_viewport()


def test_without_a_script_every_number_of_a_panel_can_be_read(chromium: Browser, file: Path) -> None:
    with shown(chromium, file, script=False) as page:
        for number, panel in enumerate(REPORT.panels):
            article = page.locator(f"#normal-s{number}")
            article.locator("summary").press("Enter")
            table = article.get_by_role("table")
            expect(table).to_be_visible()
            text = table.inner_text()
            assert not [day for day in panel.days if day.people is not None and f"{day.people:,}" not in text]
            heat = page.locator(f"#staff-s{number}").get_by_role("table").inner_text()
            means = [cell.people for weekday in panel.hours for cell in weekday if cell.people]
            assert not [mean for mean in means if mean > 10 and f"{mean:,.0f}" not in heat]


def test_the_keyboard_reaches_each_panel(chromium: Browser, file: Path) -> None:
    with shown(chromium, file) as page:
        for _ in range(30):
            if page.evaluate("document.activeElement.id") == "subject":
                break
            page.keyboard.press("Tab")
        for number, panel in enumerate(REPORT.panels):
            for section in ("normal", "staff"):
                visible = page.locator(f"#{section} article:visible")
                expect(visible).to_have_count(1)
                expect(visible.get_by_role("heading")).to_have_text(panel.subject)
                assert visible.get_attribute("id") == f"{section}-s{number}"
            page.keyboard.press("ArrowDown")


def test_a_door_in_the_ranking_leads_to_its_panel(chromium: Browser, file: Path) -> None:
    door = REPORT.which.doors[3].name
    with shown(chromium, file) as page:
        page.locator("#which").get_by_role("link", name=door, exact=True).click()
        panel = page.locator("#normal article:visible")
        expect(panel.get_by_role("heading")).to_have_text(door)
        expect(panel).to_be_in_viewport()
        expect(page.locator("select option:checked")).to_have_text(door)


@pytest.mark.parametrize("script", [True, False])
def test_a_phone_has_no_horizontal_scroll_bar(chromium: Browser, hostile_file: Path, script: bool) -> None:
    with shown(chromium, hostile_file, window=PHONE, script=script) as page:
        if script:
            everything_open(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        page.screenshot(path=SCREENSHOTS / f"phone{'' if script else '-without-script'}.png", full_page=True)
        assert width == PHONE["width"]


def test_what_is_wider_than_a_phone_scrolls_in_a_box_that_the_keyboard_reaches(
    chromium: Browser, file: Path
) -> None:
    with shown(chromium, file, window=PHONE) as page:
        everything_open(page)
        boxes = page.locator("table").evaluate_all(
            """tables => tables.filter(table => table.scrollWidth > table.parentElement.clientWidth).map(
                table => [table.parentElement.tabIndex, getComputedStyle(table.parentElement).overflowX])"""
        )
        assert boxes
        assert {tuple(box) for box in boxes} == {(0, "auto")}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_paper_is_white_and_splits_no_chart(chromium: Browser, file: Path, scheme: Scheme) -> None:
    """A browser does not split what fits a page and says `break-inside: avoid`."""
    with shown(chromium, file, scheme=scheme) as page:
        page.emulate_media(media="print")
        page.set_viewport_size({"width": A4_WIDTH, "height": A4_HEIGHT})
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("document.documentElement.scrollWidth") <= A4_WIDTH
        charts = page.locator("figure:visible").evaluate_all(
            """charts => charts.map(chart => [
                getComputedStyle(chart).breakInside, chart.getBoundingClientRect().height])"""
        )
        assert len(charts) == 3  # the line, the heat map, the months: of the chosen panel alone
        assert {how for how, _ in charts} == {"avoid"}
        assert max(height for _, height in charts) < A4_HEIGHT
        page.screenshot(path=SCREENSHOTS / f"print-{scheme}.png", full_page=True)
        page.pdf(path=SCREENSHOTS / f"print-{scheme}.pdf", prefer_css_page_size=True)
