"""What a newcomer clicks in the UI of `make dev`, in a real browser.

Its screenshots are in `.screenshots/newcomer`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from sensource_dagster.contract.tables import COUNTS, DERIVED, LISTS, TABLES
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster_tests.clone import clone
from sensource_dagster_tests.end_to_end.browser import chromium
from sensource_dagster_tests.end_to_end.browser.chromium import Browser
from sensource_dagster_tests.end_to_end.browser.make_dev import make_dev
from sensource_dagster_tests.end_to_end.dagster_dev import PROJECT, DagsterDev
from sensource_dagster_tests.end_to_end.test_dagster_dev import nodes

SCREENSHOTS = PROJECT / ".screenshots" / "newcomer"
DAYS = 65
A_PAGE = 60_000  # milliseconds until a page has changed
MATERIALIZE = re.compile(r"\bMaterialize all")
A_RUN = 600_000  # a backfill's daemon looks every 30 s, and the runs follow one another


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_newcomer_fills_the_demo_by_clicking_and_finds_days_plots_columns_and_a_failed_check(
    tmp_path: Path,
) -> None:
    executable = chromium.found()
    if executable is None:
        pytest.skip("no browser: install Debian's package chromium")
    project = clone(tmp_path / "project")
    warehouse = project / "data" / "demo" / "warehouse.duckdb"
    with make_dev(project, tmp_path / "dev.log") as dagster:
        today = datetime.now(ZoneInfo("America/Denver")).date()
        yesterday = today - timedelta(days=1)
        with chromium.opened(executable, dagster.url, tmp_path / "profile", SCREENSHOTS) as browser:
            page = browser.page
            page.set_default_timeout(A_PAGE)
            expect.set_options(timeout=A_PAGE)
            page.goto(dagster.url)
            expect(page.get_by_role("tab", name="Timeline")).to_be_visible()  # where it leads on its own
            switches_the_schedules_off(browser)
            sees_every_table(browser)
            reads_the_lists(browser, dagster)
            launches_a_backfill(browser, today - timedelta(days=DAYS - 1), today)
            waits_until_it_is_green(browser)
            stats = {node["assetKey"]["path"][-1]: node["partitionStats"] for node in nodes(dagster)}
            for table in COUNTS:
                assert (stats[table.name]["numMaterialized"], stats[table.name]["numFailed"]) == (DAYS, 0)
            opens_traffic(browser, today)
            looks_at_a_day(browser, yesterday, warehouse)
            looks_at_the_plots(browser)
            opens_a_failed_check(
                browser, today - timedelta(days=4), warehouse
            )  # of newer days hours may still come
            assert not browser.complaints, browser.complaints


def switches_the_schedules_off(browser: Browser) -> None:
    """The demo has them on. From here on only clicks start runs."""
    page = browser.page
    goes_to(page, "Automation")
    expect(page.get_by_role("link", name=re.compile(r"\bnightly\b"))).to_be_visible()
    browser.keep("1-automation")
    for name in ("hourly", "nightly"):
        goes_to(page, "Automation")
        page.get_by_role("link", name=re.compile(rf"\b{name}\b")).click()
        running = page.get_by_role("row", name="Running")
        running.get_by_role("img").click()
        expect(running.get_by_role("checkbox")).not_to_be_checked()


def sees_every_table(browser: Browser) -> None:
    page = browser.page
    goes_to(page, "Lineage")
    expect(in_graph(page, "lists")).to_be_visible()
    expect(in_graph(page, "counts")).to_be_visible()
    page.get_by_role("button", name="settings", exact=True).click()
    page.get_by_role("menuitem", name="Expand all groups").click()
    page.mouse.dblclick(600, 300)  # on the empty ground: brings the middle of the graph to the middle
    for name in (
        *TABLES,
        "vea",
        *(table.name for table in DERIVED),
        *(view.name for view in VIEWS),
        "published",
        "report",
    ):
        expect(in_graph(page, name)).to_be_in_viewport(ratio=1)
        in_graph(page, name).hover()  # waits until it stands still
    browser.keep("2-lineage")


def reads_the_lists(browser: Browser, dagster: DagsterDev) -> None:
    page = browser.page
    for _ in range(4):  # while the UI still loads the assets, a click on the button may do nothing
        selects(page, 'group:"lists"', left_out="traffic")
        expect(page.get_by_text("Never materialized", exact=True)).to_have_count(len(LISTS))
        with suppress(TimeoutError):
            page.get_by_role("button", name=MATERIALIZE).click()
        if a_run_is_there(page, dagster):
            break
        page.reload()
    expect(page.get_by_text("Materialized", exact=True)).to_have_count(len(LISTS), timeout=A_RUN)
    browser.keep("3-lists-materialized")


def a_run_is_there(page: Page, dagster: DagsterDev) -> bool:
    """Within 20 seconds."""
    for _ in range(40):
        if dagster.runs():
            return True
        page.wait_for_timeout(500)
    return False


def launches_a_backfill(browser: Browser, first: date, last: date) -> None:
    page = browser.page
    selects(page, 'group:"counts"', left_out="zone")
    page.get_by_role("button", name=MATERIALIZE).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="All", exact=True).click()
    days = dialog.get_by_role("textbox")
    days.fill(f"[{first}...{last}]")
    days.press("Enter")
    expect(dialog.get_by_text(f"{DAYS} partitions", exact=True)).to_be_visible()
    browser.keep("4-which-days")
    dialog.get_by_role("button", name="Launch backfill").click()
    expect(dialog).to_be_hidden()


def waits_until_it_is_green(browser: Browser) -> None:
    page = browser.page
    goes_to(page, "Runs")
    page.get_by_role("link", name="View", exact=True).first.click()  # the newest is on top
    expect(page.get_by_text("100% completed", exact=True)).to_have_count(len(COUNTS), timeout=A_RUN)
    # A column has that name as well.
    expect(page.get_by_text("Succeeded", exact=True)).to_have_count(2, timeout=A_RUN)
    browser.keep("5-backfill")


def opens_traffic(browser: Browser, newest: date) -> None:
    page = browser.page
    goes_to(page, "Catalog")
    page.get_by_role("link", name=re.compile(r"\btraffic$")).click()
    expect(page.get_by_role("link", name=str(newest), exact=True)).to_be_visible()
    for column in TABLES["traffic"].all_columns:
        documented = rf"^{column.name}\b.*\b{column.type.value}\b.*{re.escape(column.description)}"
        expect(page.get_by_role("row", name=re.compile(documented))).to_be_visible()
    browser.keep("6-columns")


def looks_at_a_day(browser: Browser, day: date, warehouse: Path) -> None:
    page = browser.page
    page.get_by_role("tab", name="Partitions").click()
    expect(page.get_by_text(f"Materialized ({DAYS})")).to_be_visible()
    expect(page.get_by_text("Failed (0)")).to_be_visible()
    page.get_by_text(str(day), exact=True).first.click()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows, ins, outs = connection.execute(
            "SELECT count(*), sum(sumins), sum(sumouts) FROM sensource.traffic WHERE record_date = ?", [day]
        ).fetchall()[0]
    for key, value in (("rows", rows), ("ins", ins), ("outs", outs)):
        expect(page.get_by_role("row", name=f"{key} {value}", exact=True)).to_be_visible()
    browser.keep("7-a-day")


def looks_at_the_plots(browser: Browser) -> None:
    page = browser.page
    page.get_by_role("tab", name="Overview").click()
    page.get_by_role("button", name=re.compile(r"\bPlots$")).click()
    for name in ("ins", "outs", "rows", "rows_corrected"):
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    browser.keep("8-plots")


def opens_a_failed_check(browser: Browser, day: date, warehouse: Path) -> None:
    """One door's hours of a day are lost from the warehouse; the check is asked again, and names door and day."""
    with duckdb.connect(str(warehouse)) as connection:
        door = connection.execute(
            "SELECT min(zone_id) FROM sensource.traffic WHERE record_date = ?", [day]
        ).fetchall()[0][0]
        lost = "DELETE FROM sensource.traffic WHERE zone_id = ? AND record_date = ?"
        connection.execute(lost, [door, day])
    page = browser.page
    page.get_by_role("tab", name="Checks").click()
    page.get_by_text("hours_are_complete", exact=True).first.click()
    page.get_by_role("button", name=re.compile(r"\bExecute$")).click()
    expect(page.get_by_role("row", name=re.compile(rf"^{door} .* {day} 0 "))).to_be_visible(timeout=A_RUN)
    expect(page.get_by_text("Failed", exact=True).last).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d+ of [\d,]+ hours of .* are missing\."))).to_be_visible()
    expect(page.get_by_text("has a row for each hour of each day")).to_be_visible()
    browser.keep("9-a-failed-check")


def goes_to(page: Page, name: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=re.compile(rf"\b{name}$")).click()


def selects(page: Page, assets: str, left_out: str) -> None:
    """Show these assets alone in the graph; their nodes are large enough to say more than their names."""
    page.locator(".CodeMirror").click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(assets)
    page.keyboard.press("Enter")
    expect(in_graph(page, left_out)).to_have_count(0)


def in_graph(page: Page, name: str) -> Locator:
    return page.get_by_role("img").get_by_text(name, exact=True)
