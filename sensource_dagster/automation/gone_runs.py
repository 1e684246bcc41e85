"""Records the end of runs whose process was killed, where Dagster's daemon does not notice it.

With the launcher in the project's dagster.yaml it does. With another one such a run would be "started" for ever:
its slot of the pool would stay taken, and the schedules and the published copy would wait for it.
"""

from __future__ import annotations

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
)

from sensource_dagster.config.settings import Settings
from sensource_dagster.instance.in_process_run import end_if_gone

GONE_RUNS = "gone_runs"
_LOOKS_EVERY = 60  # seconds
_UNDER_WAY = [DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def gone_runs_sensor(settings: Settings) -> SensorDefinition:
    def look(context: SensorEvaluationContext) -> SkipReason:
        ended = end_gone_runs(context.instance)
        return SkipReason(f"The processes of {ended} runs were gone." if ended else "No run's process is gone.")

    return SensorDefinition(
        name=settings.named(GONE_RUNS),
        evaluation_fn=look,
        minimum_interval_seconds=_LOOKS_EVERY,
        default_status=DefaultSensorStatus.RUNNING,  # it only reads the history
        description="Marks a run as failed if its process was killed and the launcher does not notice it.",
    )


def end_gone_runs(instance: DagsterInstance) -> int:
    """End the runs whose process is gone; how many. Of runs of other projects that is not known."""
    return sum(end_if_gone(instance, run) for run in instance.get_runs(RunsFilter(statuses=_UNDER_WAY)))
