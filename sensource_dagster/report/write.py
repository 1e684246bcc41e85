"""Writes the report: the figures of a file become the page, which is replaced whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import duckdb

from sensource_dagster.config.settings import Settings
from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster.errors import ReportError
from sensource_dagster.report.content import Report
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.figures import figures_of
from sensource_dagster.report.page import page_of
from sensource_dagster.warehouse.replacement import replacement_of

_HEAD = 10_000  # characters; it is in the first lines


def report_file(settings: Settings) -> Path:
    """Where the report is: in a folder of its own, beside the file that it is about, if it is one."""
    return settings.folder_of_files / settings.named("report") / "index.html"


def write_report(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    settings: Settings,
    *,
    as_of: datetime,
    period: Period | None = None,
    location: str | None = None,
) -> Report:
    """Replace the page `file`. It names the corrections since the data of the page before.

    Args:
        connection: to a file with the views, at least as new as `as_of`.
        as_of: when that file was made, an aware datetime.
        period, location: as `figures_of` has them.

    Raises:
        ReportError: no location of this name has visits, or the page cannot be written.
        duckdb.Error: the file has no such views.
    """
    report = figures_of(
        connection,
        period,
        location,
        settings,
        made_at=datetime.now(settings.timezone),
        as_of=as_of,
        last_report=data_of_page(file),
    )
    page = page_of(report)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacement_of(file) as made:
            made.write_text(page, encoding="utf-8")
    except OSError as error:
        kept = " The page from before is still there." if file.is_file() else ""
        raise ReportError(f"The report {file} cannot be written: {error.strerror or error}.{kept}") from None
    return report


def made_when(place: WarehousePlace, settings: Settings) -> datetime:
    """When a file was made; now, if it is not there, or if it is a lake, which is read as it is.

    Ask before it is opened: later there may be a newer one.
    """
    with suppress(FileNotFoundError):
        if isinstance(place, Path):
            return datetime.fromtimestamp(place.stat().st_mtime, settings.timezone)
    return datetime.now(settings.timezone)


def data_of_page(file: Path) -> datetime | None:
    """As of when the data of a page are; None if there is no page of ours."""
    found = _AsOf()
    with suppress(OSError), file.open(encoding="utf-8", errors="replace") as page:
        found.feed(page.read(_HEAD))
    with suppress(ValueError):
        moment = datetime.fromisoformat(found.content)
        return moment if moment.tzinfo else None
    return None


class _AsOf(HTMLParser):
    content = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and given.get("name") == "as-of":
            self.content = given.get("content") or ""
