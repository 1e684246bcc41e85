"""Doors that count nobody on a day on which others count somebody."""

from __future__ import annotations

from sensource_dagster.checks.judgement import Check, Judgement, counted
from sensource_dagster.checks.reading import Findings, Reading
from sensource_dagster.contract.model import DELETED

_WEEKS = 4
_USUAL = 3


def _judge(reading: Reading) -> Judgement:
    if not reading.days.closed:
        return Judgement(f"Nothing to judge yet: no day of {reading.days} is over.")
    findings = _silent(reading)
    sentence = (
        f"On {counted(findings.total, 'door day')} of {reading.days} a door counted nobody while others counted "
        "somebody. Check whether its sensor is covered, offline or switched off."
        if findings
        else f"Every door counted somebody on each day of {reading.days} on which it usually does and others did."
    )
    return Judgement(sentence, {"silent_door_days": findings.total}, findings)


def _silent(reading: Reading) -> Findings:
    return reading.findings(
        f"""
        WITH daily AS (
            SELECT zone_id, any_value(name) AS name, day, sum(coalesce(sumins, 0) + coalesce(sumouts, 0)) AS people
            FROM {reading.daily} GROUP BY zone_id, day),
        doors AS ({_doors(reading)}),
        usual AS (
            SELECT zone_id, any_value(name) AS name, judged.day, median(people) AS people
            FROM (SELECT unnest($closed::DATE[]) AS day) judged
            CROSS JOIN (SELECT unnest(range(1, {_WEEKS + 1})) AS back)
            JOIN daily ON daily.day = judged.day - 7 * back::INTEGER
            WHERE people > 0 GROUP BY zone_id, judged.day HAVING count(*) >= {_USUAL}),
        active AS (SELECT DISTINCT day, location_id FROM daily JOIN doors USING (zone_id) WHERE people > 0)
        SELECT zone_id, name, day, people::BIGINT AS people_on_such_days
        FROM usual JOIN doors USING (zone_id)
        WHERE NOT EXISTS (
                SELECT 1 FROM daily WHERE daily.zone_id = usual.zone_id AND daily.day = usual.day AND people > 0)
          AND EXISTS (
                SELECT 1 FROM active
                WHERE active.day = usual.day AND (doors.alone OR active.location_id = doors.location_id))""",
        order="day, people_on_such_days DESC, zone_id",
        values={"closed": reading.days.closed},
    )


NO_DOOR_IS_SILENT = Check(
    "no_door_is_silent",
    "A door fails on a day if its zone has only zeros or no rows, although it counted somebody on at least "
    f"{_USUAL} of the same weekdays of the {_WEEKS} weeks before, and another zone of its location counted "
    "somebody on this day. If the location is not known or has no other zone, all other zones are compared. Days "
    "that are not over and zones that are disabled or deleted are not judged.",
    _judge,
    aggregates={"sumins": "sum(sumins)", "sumouts": "sum(sumouts)"},
    days_before=7 * _WEEKS,
)


def _doors(reading: Reading) -> str:
    """A query: each zone to judge, its location, and whether that location has no other zone."""
    joined, location, kept = "", "NULL", "true"
    if "zone" in reading.lists:
        joined += f" LEFT JOIN {reading.name('zone')} z USING (zone_id)"
        kept = f"NOT coalesce(TRY_CAST(z.disabled AS BOOLEAN) OR z.{DELETED}, false)"
        if {"sensor", "site"} <= reading.lists:
            joined += f" LEFT JOIN {reading.name('sensor')} s ON s.sensor_id = z.sensor_id"
            joined += f" LEFT JOIN {reading.name('site')} p ON p.site_id = s.site_id"
            location = "p.location_id"
    return (
        "SELECT zone_id, location_id, "
        "location_id IS NULL OR count(*) OVER (PARTITION BY location_id) = 1 AS alone "
        f"FROM (SELECT zone_id, {location} AS location_id FROM (SELECT DISTINCT zone_id FROM daily){joined} "
        f"WHERE {kept})"
    )
