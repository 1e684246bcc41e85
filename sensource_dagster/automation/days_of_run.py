"""By which tags a run says which days it reads."""

from __future__ import annotations

from dagster import DagsterRun

from sensource_dagster.instance.private import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

_DAYS = (ASSET_PARTITION_RANGE_START_TAG, ASSET_PARTITION_RANGE_END_TAG, PARTITION_NAME_TAG)


def tags_of_days(run: DagsterRun) -> dict[str, str]:
    """The first two of a range, or the third of one day. Empty for a run without days."""
    return {tag: run.tags[tag] for tag in _DAYS if tag in run.tags}
