"""When the report is made anew: after each night, when all that the night reads is there.

It is not made after each copy. A page that changes every hour is not the one that was sent in the morning.
"""

from __future__ import annotations

from datetime import datetime, timezone

from dagster import DagsterInstance, RunsFilter

from sensource_dagster.assets.names import report_key
from sensource_dagster.checks.under_way import is_stuck, unfinished_runs
from sensource_dagster.config.settings import Settings
from sensource_dagster.instance.own_runs import may_be_own_run
from sensource_dagster.instance.private import SCHEDULE_NAME_TAG
from sensource_dagster.report.write import report_file

_NIGHTLY = "nightly"


def report_is_due(instance: DagsterInstance, settings: Settings) -> bool:
    """Whether there is no report, or a night has ended since the last one. During a night it waits."""
    now = datetime.now(timezone.utc)
    if any(not is_stuck(record, now) for record in unfinished_runs(instance, settings, _NIGHTLY)):
        return False
    records = instance.get_asset_records([report_key(settings)])
    event = records[0].asset_entry.last_materialization if records else None
    if event is None or not report_file(settings).exists():
        return True
    since = datetime.fromtimestamp(event.timestamp, timezone.utc)
    nights = instance.get_run_records(
        RunsFilter(tags={SCHEDULE_NAME_TAG: settings.named(_NIGHTLY)}, updated_after=since)
    )
    # Another code location may have a schedule of this name.
    return any(
        (record.end_time or 0.0) > event.timestamp and may_be_own_run(record.dagster_run) for record in nights
    )
