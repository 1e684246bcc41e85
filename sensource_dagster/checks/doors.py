"""Doors that count far fewer or far more people than they and their neighbours lead one to expect."""

from __future__ import annotations

from sensource_dagster.checks.door_days import OF_EACH_DAY, read_door_days
from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.reading import Reading
from sensource_dagster.contract.plurals import counted
from sensource_dagster.contract.view_columns import DOOR_UNUSUAL
from sensource_dagster.views.refresh import query_of
from sensource_dagster.warehouse.sql import day

_DAYS_BEFORE = 182 + 6
"""The half year in which the rule looks for days to compare with, and its week."""


def _judge(reading: Reading) -> Judgement:
    closed = reading.days.closed
    if not closed:
        return Judgement(f"Nothing to judge yet: no day of {reading.days} is over.")
    read_door_days(reading)
    reading.connection.execute(f"SET VARIABLE door_unusual_from = {day(min(closed))}")
    findings = reading.findings(
        f"""SELECT zone_id, door AS name, day, people, expected, usual, neighbours, hours_counted, is_above
        FROM ({query_of(DOOR_UNUSUAL)}) WHERE day IN (SELECT unnest($closed::DATE[]))""",
        order="day, expected DESC, zone_id",
        values={"closed": closed},
        sums=["is_above"],
    )
    above = findings.sums["is_above"]
    below = findings.total - above
    said = [
        *([f"on {counted(below, 'door day')} a door counted far fewer people than expected"] if below else []),
        *([f"on {counted(above, 'door day')} a door counted far more people than expected"] if above else []),
    ]
    sentence = (
        f"Of {reading.days}: {', and '.join(said)}. Look at the sensor: is it covered, offline, moved, or does it "
        "count things that are no people? If the door is closed for good, disable the zone in Vea."
        if findings
        else f"On each day of {reading.days} every door counted about as many people as expected."
    )
    return Judgement(sentence, {"doors_below_expected": below, "doors_above_expected": above}, findings)


DOOR_IS_UNUSUAL = Check(
    "door_is_unusual",
    "A door fails on a day if it counted less than 60 % of the people to expect, where these are 50 or more, or "
    "more than 2.5 times as many. The number to expect is the door's usual share, times what the other doors of "
    "its location counted on this day. The usual share is the median of the last four same weekdays on which the "
    "door counted, up to half a year back. So it is no alarm if all doors count few people, and a dead door stays "
    "named. The door must also be as far off the busiest of these four days. If the other doors of the location "
    "usually count fewer than 50 people, those of the account take their place. A door that then counts hardly "
    "anybody may be closed, so it is named after a week. A door that lacks two to six hours and counted a quarter "
    "or more is left to `hours_are_complete`. The check does not judge days that are not over, doors with fewer "
    "than two such weekdays, and zones that are disabled or deleted.",
    _judge,
    aggregates=OF_EACH_DAY,
    days_before=_DAYS_BEFORE,
)
