"""Whose run it is, where several accounts are in one code location."""

from __future__ import annotations

from collections.abc import Collection

from dagster import DagsterRun, SensorEvaluationContext

from sensource_dagster.assets.names import vea_key
from sensource_dagster.config.settings import PREFIX, Settings
from sensource_dagster.instance.own_runs import ACCOUNT_TAG


def accounts_of(context: SensorEvaluationContext, settings: Settings) -> set[str]:
    """The prefixes of all accounts in the code location: each has an asset that stands for its Vea API."""
    definitions = context.repository_def
    keys = definitions.asset_graph.get_all_asset_keys() if definitions else ()
    name = vea_key(settings).path[-1]
    return {settings.prefix, *(key.path[0] for key in keys if key.path[1:] == [name])}


def is_of_account(run: DagsterRun, settings: Settings, accounts: Collection[str]) -> bool:
    """Whether a run of the code location concerns the account. One of a user's own assets concerns `sensource`.

    Args:
        accounts: the prefixes of all accounts there.
    """
    selected = [*(run.asset_selection or ()), *(check.asset_key for check in run.asset_check_selection or ())]
    concerned = {run.tags.get(ACCOUNT_TAG), *(key.path[0] for key in selected)}.intersection(accounts)
    return settings.prefix in (concerned or {PREFIX})
