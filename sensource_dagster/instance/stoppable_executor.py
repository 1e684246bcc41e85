"""An executor that sleeps while a step waits for its slot, and whose run ends as canceled when it is stopped.

Dagster's own executor does neither (1.13): it claims the slot again without a pause, and cannot be stopped then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from dagster import (
    DagsterEvent,
    DagsterExecutionInterruptedError,
    DagsterInstance,
    DagsterRun,
    ExecutorDefinition,
    JobDefinition,
)
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.events import EngineEventData
from dagster._core.execution.api import ExecuteRunWithPlanIterable, execute_run_iterator
from dagster._core.execution.context.system import PlanExecutionContext, PlanOrchestrationContext
from dagster._core.execution.context_creation_job import PlanExecutionContextManager
from dagster._core.execution.plan.execute_plan import inner_plan_execution_iterator
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor

from sensource_dagster.instance.life_lock import own_life

Wait = Callable[[], None]


def events_of(
    job: JobDefinition, run: DagsterRun, instance: DagsterInstance, wait: Wait
) -> Iterator[DagsterEvent]:
    """Execute a run in this process. `wait` is called again and again while a step waits for its slot."""
    executor = ExecutorDefinition.hardcoded_executor(_StoppableExecutor(wait))
    return execute_run_iterator(InMemoryJob(job.with_executor_def(executor)), run, instance)


class _StoppableExecutor(InProcessExecutor):
    def __init__(self, wait: Wait) -> None:
        super().__init__(RetryMode.DISABLED)
        self._wait = wait

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[DagsterEvent]:
        """As Dagster's own does it, but for the slots and the end."""
        about = EngineEventData(own_life(plan_context.instance))
        yield DagsterEvent.engine_event(plan_context, "Executing steps in process", event_specific_data=about)
        steps = ExecuteRunWithPlanIterable(
            execution_plan=execution_plan,
            iterator=partial(_execute_steps, wait=self._wait),
            execution_context_manager=PlanExecutionContextManager(
                job=plan_context.job,
                retry_mode=plan_context.retry_mode,
                execution_plan=execution_plan,
                run_config=plan_context.run_config,
                dagster_run=plan_context.dagster_run,
                instance=plan_context.instance,
                raise_on_error=plan_context.raise_on_error,
                output_capture=plan_context.output_capture,
                step_dependency_config=self.step_dependency_config,
            ),
        )
        try:
            yield from steps
        except DagsterExecutionInterruptedError:
            plan_context.instance.report_run_canceling(plan_context.dagster_run)
            raise
        yield DagsterEvent.engine_event(plan_context, "Finished steps in process", event_specific_data=about)


def _execute_steps(
    job_context: PlanExecutionContext, execution_plan: ExecutionPlan, wait: Wait
) -> Iterator[DagsterEvent]:
    with _PatientSlots(job_context.instance, job_context.dagster_run, wait) as slots:
        yield from inner_plan_execution_iterator(job_context, execution_plan, slots)


class _PatientSlots(InstanceConcurrencyContext):
    """Claims the slots of a run's steps, with a pause before each claim that follows a refused one."""

    def __init__(self, instance: DagsterInstance, run: DagsterRun, wait: Wait) -> None:
        super().__init__(instance, run)
        self._wait = wait

    def claim(self, concurrency_key: str, step_key: str, step_priority: int = 0) -> bool:
        if step_key in self.pending_claim_steps():
            self._wait()
        return super().claim(concurrency_key, step_key, step_priority)
