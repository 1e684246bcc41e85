"""What happens when a run or a check fails. To send an e-mail or a chat message, change `notify`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from logging import Logger

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckSeverity,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    EventLogEntry,
    RunStatusSensorContext,
    SensorDefinition,
    TableMetadataValue,
    run_status_sensor,
)

from sensource_dagster.failures import failure_text
from sensource_dagster.instance.held import was_held
from sensource_dagster.instance.private import PARENT_RUN_ID_TAG, AssetCheckExecutionRecordStatus

_REMEMBERED = 50
"""How many evaluations of a check are read. Hourly, they are those of two days, two nightly ones among them."""
_EVALUATED = (AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED)


@dataclass(frozen=True)
class Alert:
    """Something that failed, in words for people. It holds no secret, like everything that the project logs.

    Attributes:
        title: one line: which run or check.
        text: the error of the run, or what the check found.
        is_error: whether a run or a check of severity ERROR failed, not one of severity WARN.
        run_id: the run it happened in; `<UI>/runs/<run_id>` shows it.
    """

    title: str
    text: str
    is_error: bool
    run_id: str


def notify(alert: Alert, log: Logger) -> None:
    """Called once for each alert. By default it writes a line into the sensor's log, in the UI under Automation.

    Write here what should happen instead, with `requests.post(...)` or `smtplib`. If it raises, the sensor's tick
    shows the error, and the alert is not sent again.
    """
    (log.error if alert.is_error else log.warning)("%s: %s", alert.title, alert.text)


def alert_sensors() -> list[SensorDefinition]:
    return [
        _sensor("failed_runs", DagsterRunStatus.FAILURE, "for each run that fails"),
        _sensor("failed_checks", DagsterRunStatus.SUCCESS, "for each check that finds something new"),
    ]


def _sensor(name: str, status: DagsterRunStatus, of_what: str) -> SensorDefinition:
    @run_status_sensor(
        name=name,
        run_status=status,
        monitor_all_code_locations=True,  # a run from a script has none
        default_status=DefaultSensorStatus.RUNNING,  # it only reads the history
        description=f"Calls `notify` in sensource_dagster/automation/alerts.py {of_what}. "
        "Change `notify` as you like.",
    )
    def sensor(context: RunStatusSensorContext) -> None:
        failed: Exception | None = None
        for alert in alerts_of(context.instance, context.dagster_run):
            try:
                notify(alert, context.log)
            except Exception as error:  # noqa: BLE001 # the other alerts are still sent
                failed = error
        if failed:
            raise failed

    return sensor


def alerts_of(instance: DagsterInstance, run: DagsterRun) -> Iterator[Alert]:
    """The alerts of a run that has ended: its failure, and each check that found something new."""
    if run.status is DagsterRunStatus.FAILURE and not _is_held_again(instance, run):
        yield Alert(f"Run {run.run_id} of {run.job_name} failed", _failure_of(instance, run), True, run.run_id)
    for event in instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION):
        evaluation = event.get_dagster_event().asset_check_evaluation_data
        if not evaluation.passed and _is_news(instance, event):
            yield Alert(
                f"Check {evaluation.check_name} of {evaluation.asset_key.to_user_string()} failed",
                evaluation.description or "It gives no reason.",
                evaluation.severity is AssetCheckSeverity.ERROR,
                run.run_id,
            )


def _is_held_again(instance: DagsterInstance, run: DagsterRun) -> bool:
    """Whether the run it repeats failed for the same reason, that another process holds the DuckDB file."""
    parent = run.tags.get(PARENT_RUN_ID_TAG)
    return parent is not None and was_held(instance, parent) and was_held(instance, run.run_id)


def _failure_of(instance: DagsterInstance, run: DagsterRun) -> str:
    for event in instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_FAILURE):
        return f"{event.step_key}: {failure_text(event.get_dagster_event())}"
    return "It ended outside its steps; see its log."


def _is_news(instance: DagsterInstance, event: EventLogEntry) -> bool:
    """Whether a check found something that neither its last evaluation found nor its last one in this job.

    An hourly run finds most of what the hourly run before found. A nightly run covers more days and finds more.
    """
    logged = event.get_dagster_event()
    evaluation = logged.asset_check_evaluation_data
    key = AssetCheckKey(evaluation.asset_key, evaluation.check_name)
    before = [
        record.event.get_dagster_event()
        for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=_REMEMBERED)
        if record.status in _EVALUATED and record.event and record.event.timestamp < event.timestamp
    ]
    in_this_job = [other for other in before if other.job_name == logged.job_name]
    known = [_found(other.asset_check_evaluation_data) for other in (*before[:1], *in_this_job[:1])]
    return not _found(evaluation) <= set().union(*known)


def _found(evaluation: AssetCheckEvaluation) -> set[str]:
    """The ids, names and days that a check names; without them, what it says. Numbers may move each hour."""
    if evaluation.passed:
        return set()
    tables = [value for value in evaluation.metadata.values() if isinstance(value, TableMetadataValue)]
    if not tables:
        return {evaluation.description or ""}
    texts = ([value for value in record.data.values() if isinstance(value, str)] for record in tables[0].records)
    return {" ".join(text) for text in texts}
