"""Everything of one account: the settings make its assets, checks, jobs, schedules, sensors and resources."""

from __future__ import annotations

import warnings

from dagster import (
    AssetsDefinition,
    AssetSpec,
    BetaWarning,
    Definitions,
    JobDefinition,
    with_source_code_references,
)

from sensource_dagster.assets.counts import counts_assets
from sensource_dagster.assets.external import external_assets
from sensource_dagster.assets.lists import reference_assets
from sensource_dagster.assets.names import warehouse_key
from sensource_dagster.assets.published import published_asset
from sensource_dagster.assets.report_asset import report_asset
from sensource_dagster.assets.views import view_assets
from sensource_dagster.automation.alert_sensors import alert_sensors
from sensource_dagster.automation.gone_runs import gone_runs_sensor
from sensource_dagster.automation.held_runs import held_runs_sensors
from sensource_dagster.automation.publishing import publish_job, publish_sensor
from sensource_dagster.automation.schedules import jobs, schedules
from sensource_dagster.automation.upkeep import upkeep_schedule
from sensource_dagster.checks.asset_checks import checks
from sensource_dagster.checks.freshness import freshness_job, freshness_schedule
from sensource_dagster.config.settings import Settings
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.resources import sensource_resource
from sensource_dagster.warehouse.io_manager import SenSourceDuckDBIOManager


def account_definitions(settings: Settings, upkeep: JobDefinition | None) -> Definitions:
    """The definitions of an account. All their names begin with its prefix, or are those of the project's own.

    Args:
        upkeep: the weekly job, if there is one.
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
    reading, publishing, freshness = jobs(settings), publish_job(settings), freshness_job(settings)
    return Definitions(
        assets=linked,
        asset_checks=checks(settings),
        jobs=[*reading, publishing, freshness, *([upkeep] if upkeep else [])],
        schedules=[
            *schedules(settings, reading),
            freshness_schedule(settings, freshness),
            *([upkeep_schedule(settings, upkeep)] if upkeep else []),
        ],
        sensors=[
            *alert_sensors(settings),
            *held_runs_sensors(settings, reading),
            gone_runs_sensor(settings),
            publish_sensor(settings, publishing),
        ],
        resources={settings.prefix: sensource_resource(settings), warehouse_key(settings): _io_manager(settings)},
    )


def _io_manager(settings: Settings) -> SenSourceDuckDBIOManager:
    return SenSourceDuckDBIOManager(
        database=str(settings.warehouse),
        lake_data=settings.warehouse.data or "" if isinstance(settings.warehouse, LakePlace) else "",
        wait_seconds=settings.warehouse_wait,
        corrections_days=settings.corrections_days,
        timezone=settings.timezone.key,
        account_schema=settings.prefix,
    )
