"""Doors that count nothing on a day when others do."""

from __future__ import annotations

from sensource_dagster.checks.judgement import Check, Judgement, counted
from sensource_dagster.checks.reading import Findings, Reading
from sensource_dagster.contract.tables import DAY, DELETED

_WEEKS = 4
_USUAL = 3


def _judge(reading: Reading) -> Judgement:
    if not reading.days.closed:
        return Judgement(f"Nothing to judge yet: {reading.days} is not over.")
    faults = sum(map(_silent, reading.batches()), Findings())
    sentence = (
        f"{counted(faults.total, 'time')} a door counted nobody on a whole day of {reading.days} while others did"
        ": look whether its sensor is covered, offline or turned off."
        if faults
        else f"No door was silent on a whole open day of {reading.days}."
    )
    return Judgement(sentence, {"silent_door_days": faults.total}, faults)


def _silent(reading: Reading) -> Findings:
    return reading.faults(
        f"""
        WITH daily AS (
            SELECT zone_id, any_value(name) AS name, {DAY} AS day,
                   sum(coalesce(sumins, 0) + coalesce(sumouts, 0)) AS people
            FROM {reading.rows(days_before=7 * _WEEKS)} GROUP BY zone_id, {DAY}),
        doors AS ({_doors(reading)}),
        usual AS (
            SELECT zone_id, any_value(name) AS name, judged.day, median(people) AS people
            FROM (SELECT unnest($closed::DATE[]) AS day) judged
            CROSS JOIN (SELECT unnest(range(1, {_WEEKS + 1})) AS back)
            JOIN daily ON daily.day = judged.day - 7 * back::INTEGER
            WHERE people > 0 GROUP BY zone_id, judged.day HAVING count(*) >= {_USUAL}),
        active AS (SELECT DISTINCT day, place FROM daily JOIN doors USING (zone_id) WHERE people > 0)
        SELECT zone_id, name, day, people::BIGINT AS people_on_such_days
        FROM usual JOIN doors USING (zone_id)
        WHERE NOT EXISTS (
                SELECT 1 FROM daily WHERE daily.zone_id = usual.zone_id AND daily.day = usual.day AND people > 0)
          AND EXISTS (
                SELECT 1 FROM active
                WHERE active.day = usual.day AND (doors.alone OR active.place = doors.place))""",
        order="day, people_on_such_days DESC, zone_id",
        values={"closed": reading.days.closed},
    )


NO_DOOR_IS_SILENT = Check(
    "no_door_is_silent",
    "No zone counts nobody (zeros, or no rows) on a whole day, if it counted somebody on at least "
    f"{_USUAL} of the same weekdays of the {_WEEKS} weeks before, and another zone of its location counted "
    "somebody on this day; any other zone, where its location has no other or is not known. Judges days that are "
    "over, and zones that are neither disabled nor deleted.",
    _judge,
)


def _doors(reading: Reading) -> str:
    """A query: each zone to judge, the location it is at, and whether that has no other zone."""
    joined, place, kept = "", "NULL", "true"
    if "zone" in reading.lists:
        joined += f" LEFT JOIN {reading.name('zone')} z USING (zone_id)"
        kept = f"NOT coalesce(z.disabled OR z.{DELETED}, false)"
        if {"sensor", "site"} <= reading.lists:
            joined += f" LEFT JOIN {reading.name('sensor')} s ON s.sensor_id = z.sensor_id"
            joined += f" LEFT JOIN {reading.name('site')} p ON p.site_id = s.site_id"
            place = "p.location_id"
    return (
        f"SELECT zone_id, place, place IS NULL OR count(*) OVER (PARTITION BY place) = 1 AS alone "
        f"FROM (SELECT zone_id, {place} AS place FROM (SELECT DISTINCT zone_id FROM daily){joined} WHERE {kept})"
    )
