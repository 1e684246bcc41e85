"""The report: the page that people read, made of the published copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dagster import AssetsDefinition, MaterializeResult, MetadataValue, TableRecord, asset

from sensource_dagster.assets.common import NIGHTLY
from sensource_dagster.assets.names import published_key, report_key
from sensource_dagster.config.settings import Settings
from sensource_dagster.failures import errors_as_failures
from sensource_dagster.report import formats
from sensource_dagster.report.content import Report, Visits
from sensource_dagster.report.small_picture import small_picture
from sensource_dagster.report.write import made_when, report_file, write_report
from sensource_dagster.warehouse.file_to_read import file_to_read


def report_asset(copy: Path, settings: Settings) -> AssetsDefinition:
    page = report_file(settings)

    @asset(
        key=report_key(settings),
        description=f"The page that people read: `{page}`. It says how many came in the last full month, whether "
        "that is normal, when to staff, and how far the figures can be trusted. It is one file, made after "
        "each night.",
        group_name=settings.named("serving"),
        freshness_policy=NIGHTLY,
        kinds={"html"},
        owners=list(settings.owners),
        tags=dict(settings.tags),
        deps=[published_key(settings)],
        metadata={"account": settings.account, "page": MetadataValue.path(str(page.resolve()))},
    )
    def report() -> MaterializeResult:  # type: ignore[type-arg] # Dagster knows the name alone
        with errors_as_failures(spelled=settings.spelled):
            as_of = made_when(copy, settings)
            with file_to_read(copy, settings.warehouse_wait, settings.prefix) as connection:
                made = write_report(connection, page, settings, as_of=as_of)
        return MaterializeResult(metadata=_metadata(made, page))

    return report


def _metadata(report: Report, page: Path) -> dict[str, Any]:
    rows = [_row(visits) for visits in report.how_many.rows]
    return {
        "summary": report.how_many.sentence,
        "visits": MetadataValue.table(rows) if rows else "none",
        "days": MetadataValue.md(f"![The people of each day]({small_picture(report)})"),
        "first_day": str(report.period.first),
        "last_day": str(report.period.last),
        "size_bytes": page.stat().st_size,
        "page": MetadataValue.path(str(page.resolve())),
    }


def _row(visits: Visits) -> TableRecord:
    return TableRecord(
        {
            "location": visits.location,
            "visits": formats.grouped(visits.now.people),
            "change": formats.changed(visits.before.change),
            "change_in_a_year": formats.changed(visits.year_ago.change),
            "completeness": formats.whole(visits.now),
        }
    )
