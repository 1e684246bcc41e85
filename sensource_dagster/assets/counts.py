"""Traffic and occupancy, by local day. A run reads a range of days, in requests of at most 30 days."""

import time
import warnings
from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import Literal, cast

from dagster import AssetExecutionContext, AssetsDefinition, BackfillPolicy, BetaWarning, Failure, asset

from sensource_dagster.assets.common import client_of, described, warn_of_repeated
from sensource_dagster.assets.external import observe_vea
from sensource_dagster.assets.names import pool, vea_key, warehouse_key
from sensource_dagster.assets.partitions import daily_partitions
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.frames import counts_frame
from sensource_dagster.contract.model import DAY, Table
from sensource_dagster.contract.response import Response
from sensource_dagster.contract.tables import COUNTS
from sensource_dagster.errors import VeaError, VeaTooLargeError
from sensource_dagster.failures import errors_as_failures
from sensource_dagster.vea.window_plan import WindowPlan
from sensource_dagster.warehouse.frame_stream import FrameStream

NO_DAYS = (
    "No partition is selected, so this run does not know which days to read. Choose days in the UI, or set the "
    "tags dagster/asset_partition_range_start and dagster/asset_partition_range_end to days such as 2026-01-31."
)


def counts_assets(settings: Settings) -> list[AssetsDefinition]:
    # Otherwise each user would see it at each start.
    warnings.filterwarnings("ignore", "Parameter `backfill_policy`", BetaWarning)
    return [_counts_asset(table, settings.metrics[table.name], settings) for table in COUNTS]


def _counts_asset(table: Table, metrics: tuple[str, ...], settings: Settings) -> AssetsDefinition:
    shown = described(table, settings)
    shown["metadata"] |= {"partition_expr": DAY, "metrics": ", ".join(metrics)}

    @asset(
        **shown,
        group_name=settings.named("counts"),
        deps=[vea_key(settings)],
        pool=pool(settings),
        io_manager_key=warehouse_key(settings),
        required_resource_keys={settings.prefix},
        partitions_def=daily_partitions(settings),
        backfill_policy=BackfillPolicy.multi_run(settings.backfill_days),
    )
    def read_counts(context: AssetExecutionContext) -> FrameStream:
        return FrameStream(_read(context, table, metrics, settings))

    return read_counts


def _read(
    context: AssetExecutionContext, table: Table, metrics: tuple[str, ...], settings: Settings
) -> Iterator[Response]:
    if not (context.has_partition_key or context.has_partition_key_range):
        raise Failure(description=NO_DAYS, allow_retries=False)
    first, last = map(date.fromisoformat, context.partition_key_range)
    with errors_as_failures(spelled=settings.spelled), client_of(context, settings) as vea:
        most_days = vea.window_sizes.read(table.name)
        plan = WindowPlan(first, last, settings.timezone, most_days)
        outside = repeated = so_far = 0
        started = time.monotonic()

        def observe() -> None:
            more = {"run_rows_outside_window": outside, "run_rows_repeated": repeated}
            more["run_days_per_request"] = plan.days
            observe_vea(context, settings, vea, table, days=f"{first} to {last}", **more)

        for window in plan:
            place = f"window {plan.done + 1} of {plan.total} ({window})"
            progress = _progress(plan.done, plan.total, so_far, time.monotonic() - started)
            context.log.info(f"Reading {table.name}, {place}{progress}")
            kind = cast(Literal["traffic", "occupancy"], table.name)
            halve_after = plan.halve_after
            requested_at = datetime.now(timezone.utc)
            try:
                rows = vea.counts(kind, window, metrics, settings.exclude_closed_hours, halve_after=halve_after)
                counts = counts_frame(table, rows, window.start, window.end, settings.timezone)
            except VeaError as error:
                if halve_after and isinstance(error, VeaTooLargeError):
                    plan.halve()
                    context.log.warning(
                        f"{error} Reading {table.name} goes on with at most {plan.days} days a request."
                    )
                    continue
                # Logged here too, since the windows before this one are merged first, and that merge can fail as
                # well.
                context.log.warning(f"Reading {table.name} failed in {place}: {error}")
                observe()
                raise
            if plan.days < most_days:
                most_days = plan.days
                vea.window_sizes.write(table.name, most_days)
            outside += counts.outside
            repeated += counts.repeated
            so_far += len(counts.frame)
            whole = None if vea.messages else (window.start, window.end)
            yield Response(counts.frame, requested_at, whole)
        warn_of_repeated(context, table, repeated)
        observe()


def _progress(done: int, of: int, rows: int, seconds: float) -> str:
    return f": {rows:,} rows so far, about {seconds / done * (of - done):.0f} s left" if done else ""
