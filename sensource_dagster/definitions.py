"""Wiring only: the settings of this process make the assets, schedules and resources."""

from __future__ import annotations

from dagster import Definitions, in_process_executor

from sensource_dagster.assets.counts import counts_assets
from sensource_dagster.assets.reference import reference_assets
from sensource_dagster.resources import sensource_resource
from sensource_dagster.schedules import JOBS, schedules
from sensource_dagster.settings import Settings, read_settings
from sensource_dagster.warehouse.io_manager import SenSourceDuckDBIOManager


def definitions(settings: Settings) -> Definitions:
    return Definitions(
        assets=[*reference_assets(settings), *counts_assets(settings)],
        jobs=JOBS,
        schedules=schedules(settings),
        resources={
            "sensource": sensource_resource(settings),
            "io_manager": SenSourceDuckDBIOManager(
                database=str(settings.warehouse), wait_seconds=settings.warehouse_wait
            ),
        },
        executor=in_process_executor,  # a process per step costs 4 s and gains nothing: one writes at a time
    )


defs = definitions(read_settings())
