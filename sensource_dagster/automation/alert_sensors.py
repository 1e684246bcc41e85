"""The sensors that look for runs that have ended, and tell of them.

They are no run status sensors of Dagster. Those forget a run whose alert could not be sent. And those that see the
runs of scripts, which have no code location, do not know their own location, so they cannot leave out the runs of
other projects.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dagster import (
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    EventLogRecord,
    RunStatusChangeRecordsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
)

from sensource_dagster.automation.account_runs import sees_to
from sensource_dagster.automation.alerts import Alert, alerts_of, checks_of, failed_run
from sensource_dagster.automation.notify import notify, ways
from sensource_dagster.automation.outbox import Outbox, Unsent
from sensource_dagster.config.settings import Settings
from sensource_dagster.instance.own_runs import is_own_run
from sensource_dagster.instance.private import AUTO_RETRY_RUN_ID_TAG, FINISHED_STATUSES, WILL_RETRY_TAG

_ENDED = {
    "failed_runs": (
        DagsterEventType.RUN_FAILURE,
        "Tells of each run that fails, and what its checks found that is new.",
    ),
    "failed_checks": (DagsterEventType.RUN_SUCCESS, "Tells what the checks of all other runs found that is new."),
}
_RUNS_PER_TICK = 20
_LOOKS_FOR = 15.0
"""Seconds of a tick, after which the other runs wait for the next one: a tick has 60. What the checks said before
is read too, which can take a second for each run."""
_DECIDED_WITHIN = 60.0  # seconds, in which Dagster writes that a run has ended and whether it starts again
_STARTS_AGAIN_WITHIN = 600.0  # seconds


@dataclass
class _Cursor:
    """What a sensor remembers.

    Attributes:
        after: the number of the last event that was looked at.
        restarts: runs that Dagster is about to start again, and when each of them failed.
        unsent: what could not be sent.
    """

    after: int
    restarts: dict[str, float] = field(default_factory=dict)
    unsent: list[Unsent] = field(default_factory=list)

    @classmethod
    def of(cls, text: str | None) -> _Cursor | None:
        """None before the first tick, and after an update from a version with another cursor."""
        saved = json.loads(text) if text else {}
        if not {"after", "restarts", "unsent"} <= saved.keys():
            return None
        return cls(saved["after"], saved["restarts"], [Unsent.from_json(one) for one in saved["unsent"]])

    def __str__(self) -> str:
        unsent = [one.as_json() for one in self.unsent]
        return json.dumps({"after": self.after, "restarts": self.restarts, "unsent": unsent})


def alert_sensors(settings: Settings) -> list[SensorDefinition]:
    return [
        _sensor(settings.named(name), event, description, settings)
        for name, (event, description) in _ENDED.items()
    ]


def _sensor(name: str, event: DagsterEventType, description: str, settings: Settings) -> SensorDefinition:
    def look(context: SensorEvaluationContext) -> SkipReason:
        cursor = _Cursor.of(context.cursor)
        if cursor is None:
            newest = context.instance.fetch_run_status_changes(event, limit=1).records
            context.update_cursor(str(_Cursor(newest[0].storage_id if newest else -1)))
            return SkipReason("From now on.")
        began = time.monotonic()
        outbox = Outbox(ways(settings), context.log)
        outbox.send_again(cursor.unsent)
        origin = context.code_location_origin
        location = origin.location_name if origin else None
        is_ours = sees_to(context, settings)

        def concerns(run: DagsterRun) -> bool:
            return is_own_run(context.instance, run, location) and is_ours(run)

        told = 0
        for alert in _alerts(context.instance, event, cursor, concerns, began):
            notify(alert, context.log)
            outbox.send(alert)
            told += 1
        cursor.unsent = outbox.waiting
        context.update_cursor(str(cursor))
        said = f"{told or 'No'} new alert{'' if told == 1 else 's'}."
        if outbox.waiting:
            said += f" {len(outbox.waiting)} wait to be sent. {' '.join(outbox.problems.values())}"
        return SkipReason(said)

    return SensorDefinition(
        name=name,
        evaluation_fn=look,
        default_status=DefaultSensorStatus.RUNNING,  # it only reads the history
        description=f"{description} docs/operations.md says how alerts reach people.",
    )


def _alerts(
    instance: DagsterInstance,
    event: DagsterEventType,
    cursor: _Cursor,
    concerns: Callable[[DagsterRun], bool],
    began: float,
) -> Iterator[Alert]:
    """What is to be told now, in a tick that began then (`time.monotonic`). The cursor moves on."""
    yield from _not_started_again(instance, cursor)
    records = instance.fetch_run_status_changes(
        RunStatusChangeRecordsFilter(event, after_storage_id=cursor.after),  # type: ignore[arg-type]
        limit=_RUNS_PER_TICK,
        ascending=True,
    ).records
    for looked_at, record in enumerate(records):
        if looked_at and time.monotonic() - began > _LOOKS_FOR:
            return
        run = instance.get_run_by_id(record.event_log_entry.run_id)
        if run and not _is_decided(instance, run, record):
            return
        cursor.after = record.storage_id
        if run is None or not concerns(run):
            continue
        if _starts_again(run):
            cursor.restarts[run.run_id] = record.timestamp
            yield from checks_of(instance, run)
        else:
            yield from alerts_of(instance, run)


def _is_decided(instance: DagsterInstance, run: DagsterRun, record: EventLogRecord) -> bool:
    """Whether all is written that Dagster writes when a run ends: the event, the run's status, then a tag."""
    if time.time() - record.timestamp > _DECIDED_WITHIN:  # the process is gone that would have written it
        return True
    tagged = run.status is not DagsterRunStatus.FAILURE or WILL_RETRY_TAG in run.tags
    return run.status in FINISHED_STATUSES and (tagged or not instance.run_retries_enabled)


def _starts_again(run: DagsterRun) -> bool:
    return run.status is DagsterRunStatus.FAILURE and run.tags.get(WILL_RETRY_TAG) == "true"


def _not_started_again(instance: DagsterInstance, cursor: _Cursor) -> Iterator[Alert]:
    """A run that Dagster wanted to start again and has not."""
    for run_id, failed_at in [*cursor.restarts.items()]:
        run = instance.get_run_by_id(run_id)
        if run is None or AUTO_RETRY_RUN_ID_TAG in run.tags:
            del cursor.restarts[run_id]
        elif not _starts_again(run) or time.time() - failed_at > _STARTS_AGAIN_WITHIN:
            del cursor.restarts[run_id]
            yield from failed_run(instance, run)
