"""Wiring only: the settings of this process make the assets, checks, schedules and resources."""

from __future__ import annotations

import gc
import logging
import os
import warnings

from dagster import (
    AssetsDefinition,
    AssetSpec,
    BetaWarning,
    Definitions,
    with_source_code_references,
)

from sensource_dagster import defs as own
from sensource_dagster.assets.common import WAREHOUSE
from sensource_dagster.assets.counts import counts_assets
from sensource_dagster.assets.external import external_assets
from sensource_dagster.assets.lists import reference_assets
from sensource_dagster.assets.published import published_asset
from sensource_dagster.assets.report_asset import report_asset
from sensource_dagster.assets.views import view_assets
from sensource_dagster.automation.alert_sensors import alert_sensors
from sensource_dagster.automation.gone_runs import gone_runs_sensor
from sensource_dagster.automation.held_runs import held_runs_sensors
from sensource_dagster.automation.publishing import PUBLISH_JOB, publish_sensor
from sensource_dagster.automation.schedules import JOBS, schedules
from sensource_dagster.automation.upkeep import upkeep_job, upkeep_schedule
from sensource_dagster.checks.asset_checks import checks
from sensource_dagster.checks.freshness import FRESHNESS_JOB, freshness_schedule
from sensource_dagster.config.env_file import restore_hidden, take_dotenv_of_home
from sensource_dagster.config.operating_system import refuse_windows
from sensource_dagster.config.project_folder import project_folder
from sensource_dagster.config.remarks import remarks
from sensource_dagster.config.settings import Settings, read_settings
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.instance.watched_executor import watched_in_process_executor
from sensource_dagster.own_definitions import with_own
from sensource_dagster.resources import sensource_resource
from sensource_dagster.warehouse.io_manager import SenSourceDuckDBIOManager


def build_definitions(settings: Settings) -> Definitions:
    """The assets, checks, jobs, schedules and sensors for one account and one warehouse.

    >>> from sensource_dagster.config.settings import read_settings
    >>> definitions = build_definitions(read_settings())
    >>> definitions.resolve_job_def("lists").execute_in_process().success
    True
    """
    copy = settings.published
    assets: list[AssetsDefinition | AssetSpec] = [
        *external_assets(settings),
        *reference_assets(settings),
        *counts_assets(settings),
        view_assets(settings),
        *([published_asset(copy, settings), report_asset(copy, settings)] if copy else []),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BetaWarning)  # about code references; each user would see it at each start
        linked = with_source_code_references(assets)
    return Definitions(
        assets=linked,
        asset_checks=checks(settings),
        jobs=[*JOBS, PUBLISH_JOB, FRESHNESS_JOB, upkeep_job(settings)],
        schedules=[*schedules(settings), freshness_schedule(settings), upkeep_schedule(settings)],
        sensors=[
            *alert_sensors(settings),
            *held_runs_sensors(),
            gone_runs_sensor(),
            publish_sensor(settings),
        ],
        resources={
            "sensource": sensource_resource(settings),
            WAREHOUSE: SenSourceDuckDBIOManager(
                database=str(settings.warehouse),
                lake_data=settings.warehouse.data or "" if isinstance(settings.warehouse, LakePlace) else "",
                wait_seconds=settings.warehouse_wait,
                corrections_days=settings.corrections_days,
                timezone=settings.timezone.key,
            ),
        },
        # In one process: one for each step costs 4 s and gains nothing, because one step writes at a time.
        executor=watched_in_process_executor,
    )


# By default the garbage collector starts after every 700 new objects, and at times it visits all objects. Nearly
# all of them are Dagster's and stay alive. One response of Vea makes tens of thousands of objects.
gc.set_threshold(50_000, 20, 20)

refuse_windows()
restore_hidden(os.environ)
_folder = project_folder()
take_dotenv_of_home(_folder, os.environ)
_settings = read_settings(folder=_folder)
for _remark in remarks(_settings):
    logging.getLogger("sensource_dagster").warning(_remark)
defs = with_own(build_definitions(_settings), own)
