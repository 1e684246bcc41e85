"""Nightly leaves to a backfill the days that it is to read, and those alone, for as long as it gets on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any, cast

import pytest
import time_machine
from dagster import AssetKey, DagsterInstance, RunRequest, build_schedule_context
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemotePartitionSetOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.test_utils import create_run_for_test
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from sensource_dagster.config.settings import read_settings
from sensource_dagster.contract.day_ranges import each_day
from sensource_dagster.definitions import build_definitions
from sensource_dagster.instance.private import BulkActionStatus, PartitionBackfill
from sensource_dagster_tests.automation.ticks import days_of
from sensource_dagster_tests.own_account import COUNTS_KEYS

NOW = datetime(2025, 6, 10, 3, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
ALL = [("2025-05-01", "2025-05-30"), ("2025-05-31", "2025-06-02")]
"""The missed days, in ranges."""
VARIABLES = {"SENSOURCE_START_DATE": "2025-05-01", "SENSOURCE_TIMEZONE": "UTC"}


def backfill_of_assets(
    history: DagsterInstance,
    days: Sequence[date],
    keys: Sequence[AssetKey] = COUNTS_KEYS,
    at: datetime = NOW - HOUR,
    name: str = "b1",
) -> None:
    """As the UI starts one."""
    graph = build_definitions(read_settings(VARIABLES)).get_repository_def().asset_graph
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what Dagster itself uses there
        made = PartitionBackfill.from_asset_partitions(
            backfill_id=name,
            asset_graph=graph,
            partition_names=[str(day) for day in days],
            asset_selection=[*keys],
            backfill_timestamp=at.timestamp(),
            tags={},
            dynamic_partitions_store=history,
            all_partitions=False,
            title=None,
            description=None,
            run_config=None,
        )
    history.add_backfill(made)


def backfill_of_job(
    history: DagsterInstance, status: BulkActionStatus = BulkActionStatus.REQUESTED, **others: Any
) -> None:
    made = {"from_failure": False, "tags": {}, "backfill_timestamp": (NOW - HOUR).timestamp(), **others}
    history.add_backfill(PartitionBackfill("b1", status, **made))


def days_of_a_job(job: str) -> dict[str, Any]:
    """As Dagster's API starts one of a job."""
    location = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="mine"))
    repository = RemoteRepositoryOrigin(code_location_origin=location, repository_name="__repository__")
    origin = RemotePartitionSetOrigin(repository_origin=repository, partition_set_name=f"{job}_partition_set")
    return {"partition_set_origin": origin, "partition_names": ["2025-05-01", "2025-05-02"]}


def missed(history: DagsterInstance) -> list[tuple[str, str]]:
    """The ranges of missed days that the tick asks for."""
    definitions = build_definitions(read_settings(VARIABLES))
    [nightly] = [made for made in definitions.schedules or [] if made.name == "nightly"]
    repository = definitions.get_repository_def()
    with time_machine.travel(NOW), build_schedule_context(history, NOW, repository_def=repository) as context:
        requests = cast(list[RunRequest], nightly.evaluate_tick(context).run_requests)  # type: ignore[union-attr]
    recent, *others = [days_of(request) for request in requests]
    assert recent == ("2025-06-03", "2025-06-10")
    return others


def test_the_days_of_a_backfill_are_left_to_it_and_the_others_are_read(
    history: DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    backfill_of_assets(history, each_day(date(2025, 5, 3), date(2025, 5, 20)))
    backfill_of_assets(history, each_day(date(2025, 5, 21), date(2025, 5, 30)), name="b2")
    assert missed(history) == [("2025-05-01", "2025-05-02"), ("2025-05-31", "2025-06-02")]
    said = capfd.readouterr().err
    assert "The backfill b1 is under way" in said
    assert "Missed days that are left to backfills: 28." in said


def test_one_that_does_not_say_its_days_may_read_all_of_them(history: DagsterInstance) -> None:
    backfill_of_job(history, asset_selection=COUNTS_KEYS)
    assert missed(history) == []


def test_one_of_something_else_changes_nothing(history: DagsterInstance) -> None:
    backfill_of_job(history, asset_selection=[AssetKey(["marts", "ins_by_day"])])
    assert missed(history) == ALL


@pytest.mark.parametrize("job", ["counts", "everything"])
def test_the_days_of_a_job_that_reads_counts_are_left_to_it(history: DagsterInstance, job: str) -> None:
    backfill_of_job(history, **days_of_a_job(job))
    assert missed(history) == [("2025-05-03", "2025-06-01"), ("2025-06-02", "2025-06-02")]


def test_one_of_another_job_changes_nothing(history: DagsterInstance) -> None:
    backfill_of_job(history, **days_of_a_job("marts"))
    assert missed(history) == ALL


def test_one_that_has_ended_changes_nothing(history: DagsterInstance) -> None:
    backfill_of_job(history, BulkActionStatus.COMPLETED_SUCCESS, asset_selection=COUNTS_KEYS)
    assert missed(history) == ALL


def test_one_that_has_made_no_progress_for_a_day_changes_nothing(history: DagsterInstance) -> None:
    may = each_day(date(2025, 5, 1), date(2025, 6, 2))
    backfill_of_assets(history, may, at=NOW - timedelta(days=1, hours=1))
    assert missed(history) == ALL
    for name, moment in (("b1", NOW - timedelta(days=1, minutes=1)), ("b2", NOW - HOUR)):
        with time_machine.travel(moment):
            history.report_run_failed(create_run_for_test(history, "counts", tags={"dagster/backfill": name}))
    assert missed(history) == ALL
    with time_machine.travel(NOW - HOUR):  # its runs may be long
        run = create_run_for_test(history, "counts", tags={"dagster/backfill": "b1"})
        history.report_run_failed(run)
    assert missed(history) == []
