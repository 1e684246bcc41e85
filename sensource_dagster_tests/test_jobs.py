"""How the jobs run: in one process that is watched, and with a slot for each step that needs one."""

from __future__ import annotations

import pytest
from dagster import DagsterInstance, InitExecutorContext, JobDefinition
from dagster._core.definitions.job_base import InMemoryJob
from packaging.specifiers import SpecifierSet

from sensource_dagster.config.settings import read_settings
from sensource_dagster.definitions import build_definitions
from sensource_dagster.instance import tested
from sensource_dagster.instance.watched_executor import WatchedExecutor, watched_in_process_executor
from sensource_dagster_tests.own_account import POOL

# They read the history alone, or make the copy in a process of its own while others write, or read the copy.
WITHOUT_SLOT = {
    "traffic_freshness",
    "occupancy_freshness",
    "sensource__published",
    "sensource__report",
    "delete_old_runs",
}


@pytest.fixture(scope="module")
def jobs() -> list[JobDefinition]:
    return [*build_definitions(read_settings({})).resolve_all_job_defs()]


def test_each_job_runs_all_its_steps_in_one_process_which_is_watched(jobs: list[JobDefinition]) -> None:
    assert {job.name for job in jobs} >= {"counts", "lists", "everything", "publish", "__ASSET_JOB"}
    assert {job.executor_def for job in jobs} == {watched_in_process_executor}


def test_each_step_that_reads_vea_or_opens_the_warehouse_needs_the_slot(jobs: list[JobDefinition]) -> None:
    pools = {node.name: node.definition.pools for job in jobs for node in job.nodes}
    assert {name for name, pool in pools.items() if pool != {POOL}} == WITHOUT_SLOT
    assert {"sensource__traffic", "sensource__zone", "zone_checks", "traffic_checks", "views"} <= set(pools)


@pytest.mark.parametrize("retries", ["enabled", "disabled"])
def test_the_executor_takes_the_configuration_of_dagsters_own_and_is_that_on_a_dagster_it_was_not_tested_with(
    retries: str, jobs: list[JobDefinition], monkeypatch: pytest.MonkeyPatch
) -> None:
    config: dict[str, object] = {"retries": {retries: {}}}
    with DagsterInstance.ephemeral() as instance:
        context = InitExecutorContext(InMemoryJob(jobs[0]), watched_in_process_executor, config, instance)
    create = watched_in_process_executor.executor_creation_fn
    assert create
    made = create(context)
    assert isinstance(made, WatchedExecutor)
    assert made.retries.value == retries
    monkeypatch.setattr(tested, "TESTED", SpecifierSet("<1"))
    assert not isinstance(create(context), WatchedExecutor)
