"""Which account's sensors see to a run, where several accounts are in one code location."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from dagster import AssetKey, DagsterRun, SensorEvaluationContext

from sensource_dagster.assets.names import vea_key
from sensource_dagster.config.settings import PREFIX, Settings
from sensource_dagster.instance.own_runs import ACCOUNT_TAG


def sees_to(context: SensorEvaluationContext, settings: Settings) -> Callable[[DagsterRun], bool]:
    """Whether the account's sensors see to a run of the code location.

    Those of one account do, also if a run concerns several, so that nothing is told or started twice. To a run of
    a user's own assets those of `sensource` see.
    """
    definitions = context.repository_def
    keys = definitions.asset_graph.get_all_asset_keys() if definitions else ()
    name = vea_key(settings).path[-1]
    accounts = {settings.prefix, *(key.path[0] for key in keys if key.path[1:] == [name])}

    def keys_of(job: str) -> Iterable[AssetKey]:
        if definitions is None or not definitions.has_job(job):
            return ()
        return definitions.get_job(job).asset_layer.executable_asset_keys

    return lambda run: settings.prefix == account_of(run, accounts, keys_of)


def account_of(run: DagsterRun, accounts: Collection[str], keys_of: Callable[[str], Iterable[AssetKey]]) -> str:
    """The account that sees to a run.

    Args:
        accounts: the prefixes of all accounts in the code location.
        keys_of: the assets of a job by its name.
    """
    selected = {*(run.asset_selection or ()), *(check.asset_key for check in run.asset_check_selection or ())}
    prefixes = {key.path[0] for key in selected or keys_of(run.job_name)}
    tag = run.tags.get(ACCOUNT_TAG)
    return tag if tag and tag in accounts else min(prefixes.intersection(accounts), default=PREFIX)
