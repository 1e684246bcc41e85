"""Dagster's executor of all steps in one process, which also records how to tell whether that process lives."""

from __future__ import annotations

from collections.abc import Iterator

from dagster import DagsterEvent, Executor, ExecutorDefinition, InitExecutorContext, in_process_executor
from dagster import _check as check
from dagster._core.events import EngineEventData
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.executor.in_process import InProcessExecutor

from sensource_dagster.instance.life_lock import own_life
from sensource_dagster.instance.tested import is_tested


class WatchedExecutor(InProcessExecutor):
    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[DagsterEvent]:
        life = EngineEventData(own_life(plan_context.instance))
        yield DagsterEvent.engine_event(plan_context, "Others can tell whether this process lives", life)
        yield from super().execute(plan_context, execution_plan)


def _create(context: InitExecutorContext) -> Executor:
    stock = check.not_none(in_process_executor.executor_creation_fn)(context)
    if not is_tested():
        return stock
    return WatchedExecutor(stock.retries, stock.step_dependency_config)


watched_in_process_executor = ExecutorDefinition(
    in_process_executor.name,
    config_schema=in_process_executor.config_schema,  # type: ignore[arg-type] # as Dagster itself hands it over
    executor_creation_fn=_create,
    description="Executes all steps in one process, and records how to tell whether it lives.",
)
