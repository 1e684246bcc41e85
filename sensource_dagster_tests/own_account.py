"""The names of the project's own account, for tests."""

from __future__ import annotations

from dagster import AssetKey

from sensource_dagster.assets import names
from sensource_dagster.config.settings import read_settings
from sensource_dagster.contract.model import Table, View

_SETTINGS = read_settings({})
VEA = names.vea_key(_SETTINGS)
REPORT = names.report_key(_SETTINGS)
COUNTS_KEYS = names.counts_keys(_SETTINGS)
POOL = names.pool(_SETTINGS)


def asset_key(of: Table | View) -> AssetKey:
    return names.asset_key(of, _SETTINGS)
