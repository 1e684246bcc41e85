"""A warehouse that a sync has filled, for tests that break it and run the checks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

import duckdb
import time_machine
from dagster import AssetCheckEvaluation, AssetCheckKey, AssetKey, DagsterInstance, ExecuteInProcessResult

from sensource_dagster.config.settings import Settings
from sensource_dagster.definitions import build_definitions
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START

NOW = datetime(2025, 12, 10, 18, 20, tzinfo=timezone.utc)
"""When the warehouse was filled: 11:20 in Denver."""
FIRST, TODAY = date(2025, 10, 27), date(2025, 12, 10)


@dataclass
class Checked:
    """Settings and an instant. The checks run without their assets, as if started by hand in the UI."""

    settings: Settings
    now: datetime = NOW

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """The rows of the last statement."""
        found: list[tuple[Any, ...]] = []
        with duckdb.connect(str(self.settings.warehouse)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
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
        defs = build_definitions(self.settings)
        key = AssetKey(["sensource", table])
        keys = {check for check in defs.resolve_asset_graph().asset_check_keys if check.asset_key == key}
        if only:
            keys = {AssetCheckKey(key, only)}
        job = defs.resolve_implicit_global_asset_job_def().get_subset(
            asset_selection=set(), asset_check_selection=keys
        )
        kept = nullcontext(history) if history else DagsterInstance.ephemeral()
        with time_machine.travel(self.now), kept as instance:
            return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)

    def judge(
        self, table: str, first: date | None = None, last: date | None = None
    ) -> Mapping[str, AssetCheckEvaluation]:
        return evaluations(self.run(table, first, last))


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
