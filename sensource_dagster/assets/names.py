"""The names of an account's assets, pool, I/O manager, groups, jobs, schedules and sensors in Dagster."""

from __future__ import annotations

from dagster import AssetKey

from sensource_dagster.config.settings import PREFIX, Settings
from sensource_dagster.contract.model import Table, View
from sensource_dagster.contract.tables import COUNTS


def asset_key(of: Table | View | str, settings: Settings) -> AssetKey:
    """The key of a table, a view, or another asset of the account by its name."""
    return AssetKey([settings.prefix, of if isinstance(of, str) else of.name])


def counts_keys(settings: Settings) -> list[AssetKey]:
    return [asset_key(table, settings) for table in COUNTS]


def vea_key(settings: Settings) -> AssetKey:
    return asset_key("vea", settings)


def published_key(settings: Settings) -> AssetKey:
    return asset_key("published", settings)


def report_key(settings: Settings) -> AssetKey:
    return asset_key("report", settings)


def said_of_check(text: str, settings: Settings) -> str:
    """What a check judges. Its page in the UI has no other word of a further account."""
    account = "" if settings.prefix == PREFIX else f" Account: {settings.prefix}."
    return f"{settings.spelled(text)}{account}"


def pool(settings: Settings) -> str:
    """The pool of all steps that use the API or the warehouse. dagster.yaml gives each pool one slot."""
    return f"{settings.prefix}_api"


def warehouse_key(settings: Settings) -> str:
    """The key of the I/O manager of all tables and views. Dagster's `io_manager` is left to assets of a user."""
    return f"{settings.prefix}_warehouse"
