"""Pages of the report in Chromium: without a network, with what goes wrong collected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize

DESK: ViewportSize = {"width": 1100, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}


@contextmanager
def shown(
    chromium: Browser,
    file: Path,
    *,
    window: ViewportSize = DESK,
    scheme: Literal["light", "dark"] = "light",
    script: bool = True,
) -> Iterator[Page]:
    """A page in a window of its own. It fails if the page says anything, or asks for more than itself."""
    context = chromium.new_context(viewport=window, color_scheme=scheme, java_script_enabled=script, offline=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"exception: {error}"))
    page.on("request", lambda request: said.append(f"request: {request.url}"))
    page.goto(file.as_uri())
    try:
        yield page
        assert said == [f"request: {file.as_uri()}"]
    finally:
        context.close()


def everything_open(page: Page) -> None:
    """As without a script, and with all numbers unfolded."""
    page.evaluate(
        """() => {
            for (const panel of document.querySelectorAll("[data-subject]")) panel.hidden = false;
            for (const details of document.querySelectorAll("details")) details.open = true;
        }"""
    )
