"""The jobs of an account."""

from __future__ import annotations

from dagster import AssetSelection, define_asset_job

from sensource_dagster.config.settings import Settings
from sensource_dagster.instance.own_runs import ACCOUNT_TAG
from sensource_dagster.instance.private import UnresolvedAssetJobDefinition
from sensource_dagster.instance.watched_executor import watched_in_process_executor


def account_job(
    name: str, selection: AssetSelection, description: str, settings: Settings
) -> UnresolvedAssetJobDefinition:
    """A job over assets of the account. Its runs say whose they are."""
    return define_asset_job(
        settings.named(name),
        selection,
        description=description,
        tags={ACCOUNT_TAG: settings.prefix},
        executor_def=watched_in_process_executor,
    )
