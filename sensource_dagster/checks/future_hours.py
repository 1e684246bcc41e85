"""Hours that had not begun when they were judged. The clock of their sensor is ahead."""

from __future__ import annotations

from datetime import datetime, timezone

from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.reading import Reading
from sensource_dagster.contract.model import DAY, HOUR
from sensource_dagster.contract.plurals import counted
from sensource_dagster.warehouse.sql import instant


def _judge(reading: Reading) -> Judgement:
    # Not the start of the run, which the other checks use: an hour may begin before the run reads it.
    now = datetime.now(timezone.utc)
    entity = reading.table.entity
    findings = reading.findings(
        f"""SELECT {reading.entity}, any_value(name) AS name, {DAY} AS day, count(*) AS hours_in_future,
               max({HOUR}) AS last_hour
        FROM {reading.name(reading.table.name)} WHERE {HOUR} > {instant(now)} GROUP BY {reading.entity}, {DAY}""",
        order=f"last_hour DESC, day, {reading.entity}",
        sums=["hours_in_future"],
    )
    hours = findings.sums["hours_in_future"]
    sentence = (
        f"{counted(hours, 'hour')} of {reading.table.name} had not begun at {now:%Y-%m-%d %H:%M} UTC, on "
        f"{counted(findings.total, f'{entity} day')}. The clock of the sensor is ahead, so its counts are on "
        "wrong hours: set its clock or its time zone in Vea."
        if findings
        else f"Every hour of {reading.table.name} has begun."
    )
    return Judgement(sentence, {"hours_in_future": hours}, findings)


NO_HOURS_IN_THE_FUTURE = Check(
    "no_hours_in_the_future",
    "No row is of an hour that has not begun. Vea sends such rows if the clock of a sensor is ahead.",
    _judge,
)
