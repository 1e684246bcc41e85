"""Debian's Chromium, driven by Playwright; what goes wrong in a page is collected."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, Request, Response, ViewportSize, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Playwright adds what keeps a browser from asking anyone but the page's server, and --no-sandbox: CI runs as root.
ARGUMENTS = ("--disable-gpu", "--disable-quic")
# So tall that a whole page is in sight: Dagster does not render what would need scrolling.
WINDOW: ViewportSize = {"width": 1600, "height": 2100}


def found() -> str | None:
    """The browser's path. Playwright's own download is not looked for."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One window on one server."""

    def __init__(self, page: Page, server: str, screenshots: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._server, self._screenshots = server, screenshots
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.on("response", self._on_response)
        page.on("requestfailed", self._on_failed)

    def keep(self, name: str) -> None:
        """Store a screenshot."""
        self.page.screenshot(path=self._screenshots / f"{name}.png")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and self._is_ours(message.location["url"]):
            self.complaints.append(f"console: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and self._is_ours(response.url):
            self.complaints.append(f"HTTP {response.status}: {response.url}")

    def _on_failed(self, request: Request) -> None:
        # Who leaves a page aborts what it was still asking for.
        if self._is_ours(request.url) and request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure}: {request.url}")

    def _is_ours(self, url: str) -> bool:
        """Not another host's: a test has no internet."""
        return not url or url.startswith(self._server)


@contextmanager
def opened(executable: str, server: str, profile: Path, screenshots: Path) -> Iterator[Browser]:
    """A window of its own, with an empty profile; a failure leaves a screenshot too."""
    shutil.rmtree(screenshots, ignore_errors=True)
    screenshots.mkdir(parents=True)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable, args=ARGUMENTS, viewport=WINDOW
        )
        browser = Browser(context.pages[0], server, screenshots)
        try:
            yield browser
        except BaseException:
            browser.keep("where-it-failed")
            raise
        finally:
            context.close()
