"""A warehouse that a sync has filled, for tests that break it and run the checks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetKey,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
    JobDefinition,
)

from sensource_dagster.config.settings import Settings
from sensource_dagster.definitions import build_definitions
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START

NOW = datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc)
"""When the warehouse was filled: 11:20 in Denver."""
ELSEWHERE = ZoneInfo("Pacific/Kiritimati")
"""Where the machine is, says nothing about the account: `time_machine` sets this zone as well."""
FIRST, TODAY = date(2025, 10, 27), date(2025, 12, 10)


@dataclass
class Checked:
    """Settings and an instant. The checks run without their assets, as if started by hand in the UI."""

    settings: Settings
    now: datetime = NOW
    _jobs: dict[tuple[str, str | None], JobDefinition] = field(default_factory=dict, init=False)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """The rows of the last statement."""
        found: list[tuple[Any, ...]] = []
        with warehouse_of(self.settings.warehouse, 5).open() as connection:
            for statement in statements:
                found = connection.execute(statement).fetchall()
        return found

    def run(
        self,
        table: str,
        first: date | None = None,
        last: date | None = None,
        only: str | None = None,
        history: DagsterInstance | None = None,
    ) -> ExecuteInProcessResult:
        """Run all checks of a table, or only one, for some days. The run may fail."""
        tags = {RANGE_START: str(first), RANGE_END: str(last or first)} if first else {}
        job = self._job(table, only)
        kept = nullcontext(history) if history else DagsterInstance.ephemeral()
        with time_machine.travel(self.now.astimezone(ELSEWHERE)), kept as instance:
            return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)

    def _job(self, table: str, only: str | None) -> JobDefinition:
        if (table, only) not in self._jobs:
            key = AssetKey(["sensource", table])
            known = self._definitions.resolve_asset_graph().asset_check_keys
            checks = {AssetCheckKey(key, only)} if only else {check for check in known if check.asset_key == key}
            self._jobs[table, only] = self._definitions.resolve_implicit_global_asset_job_def().get_subset(
                asset_selection=set(), asset_check_selection=checks
            )
        return self._jobs[table, only]

    @cached_property
    def _definitions(self) -> Definitions:
        return build_definitions(self.settings)

    def judge(
        self, table: str, first: date | None = None, last: date | None = None
    ) -> Mapping[str, AssetCheckEvaluation]:
        return evaluations(self.run(table, first, last))

    def evaluate(
        self, check: str, table: str, first: date | None = None, last: date | None = None
    ) -> AssetCheckEvaluation:
        """What one check of a table says, if it runs alone."""
        return evaluations(self.run(table, first, last, only=check))[check]


def evaluations(result: ExecuteInProcessResult, table: str | None = None) -> dict[str, AssetCheckEvaluation]:
    """The evaluations by the name of the check, of all tables or of one."""
    return {
        evaluation.check_name: evaluation
        for evaluation in result.get_asset_check_evaluations()
        if table in (None, evaluation.asset_key.path[-1])
    }


def found(evaluation: AssetCheckEvaluation) -> list[Mapping[str, Any]]:
    """The rows that a failed check lists."""
    table: Any = evaluation.metadata["found"]
    return [record.data for record in table.records]


def number(evaluation: AssetCheckEvaluation, name: str) -> Any:
    return evaluation.metadata[name].value


def failed_checks(judged: Mapping[str, AssetCheckEvaluation]) -> set[str]:
    return {name for name, evaluation in judged.items() if not evaluation.passed}
