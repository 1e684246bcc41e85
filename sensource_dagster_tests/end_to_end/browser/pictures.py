"""Takes the pictures of README anew, in `docs/images`, after `make demo` and while `make dev` serves the demo.

.venv/bin/python -m sensource_dagster_tests.end_to_end.browser.pictures http://127.0.0.1:3000
"""

from __future__ import annotations

import base64
import sys

from playwright.sync_api import Browser, sync_playwright

from sensource_dagster_tests.documentation import PROJECT
from sensource_dagster_tests.end_to_end.browser import chromium as debian

IMAGES = PROJECT / "docs" / "images"
REPORT = PROJECT / "data" / "demo" / "report" / "index.html"
WIDE, HIGH = 1000, 1000
BESIDE = """<body style="margin: 0; display: flex; gap: 16px; padding: 8px; background: #ccc">{}</body>"""


def take_report(browser: Browser) -> None:
    """The top of the page, and beside it the part that has charts."""
    page = browser.new_page(viewport={"width": WIDE, "height": HIGH})
    page.goto(REPORT.as_uri())
    parts = []
    for part in ("header", "#normal"):
        top = page.locator(part).first.evaluate("element => element.getBoundingClientRect().top + scrollY")
        clip = {"x": 0, "y": max(top - 30, 0), "width": WIDE, "height": HIGH}
        parts.append(page.screenshot(full_page=True, clip=clip))  # type: ignore[arg-type] # a dict as well
    images = (base64.b64encode(part).decode() for part in parts)
    beside = browser.new_page(viewport={"width": WIDE + 32, "height": HIGH // 2 + 16})
    beside.set_content(
        BESIDE.format("".join(f'<img width="{WIDE // 2}" src="data:image/png;base64,{data}">' for data in images))
    )
    beside.screenshot(path=IMAGES / "report.png")


def take_graph(browser: Browser, url: str) -> None:
    """The groups of assets, three of them opened."""
    page = browser.new_page(viewport={"width": 1700, "height": 760})
    page.set_default_timeout(60_000)
    page.goto(f"{url}/asset-groups/")
    page.get_by_text("Hide navigation").click()
    page.get_by_role("button", name="panel_show_right").last.click()  # hides the list of the groups
    graph = page.get_by_role("img")
    for group in ("source", "counts", "serving"):
        graph.get_by_text(group, exact=True).click()
        page.wait_for_timeout(2_000)  # it moves
    page.mouse.dblclick(100, 740)  # on the empty ground: brings all of it into sight
    page.wait_for_timeout(2_000)
    page.screenshot(path=IMAGES / "asset-graph.png")


def main(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=debian.found(), args=debian.ARGUMENTS)
        take_report(browser)
        take_graph(browser, url)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
