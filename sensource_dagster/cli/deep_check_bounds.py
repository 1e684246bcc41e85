"""Judges what the API does with windows, days and closed hours."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sensource_dagster.cli.deep_check_counts import (
    HOUR,
    Counts,
    Row,
    between,
    counts_of,
    measures_of,
    sums_of_day,
)
from sensource_dagster.cli.deep_check_requests import MONTH, QUARTER, WEEK, BusyDay, Facts, Received
from sensource_dagster.cli.deep_check_seen import NotKnownError, Seen

_ZONES = {"US Eastern days": ZoneInfo("America/New_York"), "UTC days": ZoneInfo("UTC")}


def windows(facts: Facts) -> Seen:
    shorter = {WEEK: facts.long} if facts.month.failure else {}
    asked = {1: facts.one_day, **shorter, MONTH: facts.month, QUARTER: facts.quarter}
    if all(received.failure for received in asked.values()):
        facts.month.rows  # noqa: B018 # raises why
    words = "; ".join(
        f"{_days(days)} {_speed(received, str(received.failure))}" for days, received in asked.items()
    )
    public = "; ".join(
        f"{_days(days)} {_speed(received, received.failure.public if received.failure else '')}"
        for days, received in asked.items()
    )
    return Seen(not facts.month.failure, words, public)


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _speed(received: Received, failure: str) -> str:
    return f"not: {failure}" if received.failure else f"in {received.seconds:.1f} s"


def instants(facts: Facts) -> Seen:
    """The response may also have the hour that starts at the end; `end` judges that."""
    day = _day_of(facts)
    hours = {hour for _, hour in counts_of(facts.one_day.rows)}
    if any(not day.start <= hour <= day.end for hour in hours):
        return Seen(False, "a response has hours outside of its window")
    if facts.hour not in hours:
        return Seen(False, "a response lacks an hour of its window that another response has")
    return Seen(True, "the hours of a response lie in its window")


def complete(facts: Facts) -> Seen:
    day = _day_of(facts)
    of_day = between(counts_of(facts.one_day.rows), day.start, day.end)
    missing = of_day.keys() - counts_of(facts.long.rows)
    what = "rows of a day that was requested alone are"
    if missing:
        words = f"{len(missing):,} of {len(of_day):,} {what} missing in the longer response"
        return Seen(False, words, f"{what} missing in the longer response")
    return Seen(True, f"all {what} in the longer response")


def end(facts: Facts) -> Seen:
    hour = _hour_of(facts)
    hours = {hour for _, hour in counts_of(facts.end.rows)}
    if hour + HOUR in hours:
        return Seen(False, "the hour that starts at the end comes too")
    if hour not in hours:
        raise NotKnownError("the response lacks the hour of its window")
    return Seen(True, "the hour that starts at the end does not come")


def half_hours(facts: Facts) -> Seen:
    whole, cut = counts_of(facts.long.rows), counts_of(facts.half_hours.rows)
    if not cut:
        raise NotKnownError("the response has no row")
    differ = [key for key, measures in cut.items() if whole.get(key) != measures]
    if differ:
        words = f"{len(differ)} of {len(cut)} rows have other counts than in a response of whole hours"
        return Seen(False, words, "rows have other counts than in a response of whole hours")
    return Seen(True, "each row has the counts that it has in a response of whole hours")


def closed_hours(facts: Facts) -> Seen:
    day = _day_of(facts)
    received = facts.long, facts.closed_included, facts.closed_excluded
    sums = [_people(between(counts_of(one.rows), day.week_start, day.end)) for one in received]
    if sums[1] == sums[2]:
        raise NotKnownError("no difference between true and false: nobody was counted, or Vea ignores it")
    words = f"{sums[0]:,.0f} ins and outs without it, {sums[1]:,.0f} with false, {sums[2]:,.0f} with true"
    if sums[0] == sums[1]:
        return Seen(True, words, "without it the sum is that of false")
    if sums[0] == sums[2]:
        return Seen(False, words, "without it the sum is that of true")
    raise NotKnownError(words, "without it the sum is neither that of true nor that of false")


def _people(counts: Counts) -> float:
    return sum(map(sum, counts.values()))


def day_groups(facts: Facts) -> Seen:
    day = _day_of(facts).day
    groups: dict[str, list[Row]] = {}
    for row in facts.day_groups.rows:
        groups.setdefault(str(row.get("zoneId")), []).append(row)
    local = "local days"
    fits = [
        name
        for name, zone in {local: facts.settings.timezone, **_ZONES}.items()
        if _fits(groups, counts_of(facts.long.rows), day, zone)
    ]
    if not fits:
        return Seen(False, "the sums of hourly rows are those of neither local nor US Eastern nor UTC days")
    return Seen(fits[0] == local, f"they are {fits[0]}")


def _fits(groups: dict[str, list[Row]], counts: Counts, day: date, zone: ZoneInfo) -> bool:
    """Whether each zone has a group with the sum of its hours on this day, whatever the group is called."""
    sums = {entity: people for entity, people in sums_of_day(counts, day, zone).items() if any(people)}
    return all(people in map(measures_of, groups.get(entity, [])) for entity, people in sums.items())


def location(facts: Facts) -> Seen:
    zone, day = facts.settings.timezone, _day_of(facts)
    rows = between(counts_of(facts.location.rows, "locationId"), day.start, day.end)
    if not rows:
        raise NotKnownError("the response has no row with a locationId")
    doors = sums_of_day(counts_of(facts.long.rows), day.day, zone)
    outer, everything = _by_location(facts, doors)
    vea = {entity: ins for entity, (ins, _) in sums_of_day(rows, day.day, zone).items()}
    vea = {entity: vea.get(entity, 0) for entity in everything}
    if not any(everything.values()):
        raise NotKnownError("no door with counts leads to a location in the lists")
    if vea == outer == everything:
        return Seen(True, "no interior door has counts, so it is the sum of all doors too")
    if vea == outer:
        return Seen(True, "it is not the sum of all doors")
    return Seen(False, "it is the sum of all doors" if vea == everything else "it is the sum of other doors")


def _by_location(facts: Facts, doors: dict[str, tuple[float, float]]) -> tuple[dict[str, float], dict[str, float]]:
    """The ins of the outer doors of each location, and of all its doors.

    As in the view `door`, all doors of a location are outer ones if none is marked.
    """
    listed = {row.get("locationId") for row in facts.lists["location"].rows}
    location_of_site = {row.get("siteId"): row.get("locationId") for row in facts.lists["site"].rows}
    site_of_sensor = {row.get("sensorId"): row.get("siteId") for row in facts.lists["sensor"].rows}
    everything: dict[str, float] = {}
    marked: dict[str, float] = {}
    for row in facts.lists["zone"].rows:
        place = location_of_site.get(site_of_sensor.get(row.get("sensorId")))
        if place is None or place not in listed:
            continue
        ins = doors.get(str(row.get("zoneId")), (0, 0))[0]
        everything[place] = everything.get(place, 0) + ins
        if row.get("perimeter") is True:
            marked[place] = marked.get(place, 0) + ins
    return {place: marked.get(place, ins) for place, ins in everything.items()}, everything


def _day_of(facts: Facts) -> BusyDay:
    """The day that the requests are about.

    Raises:
        NotKnownError: there is none.
    """
    if facts.day is None:
        facts.long.rows  # noqa: B018 # raises why, if there was no response
        raise NotKnownError(f"no counts in the last {MONTH} days")
    return facts.day


def _hour_of(facts: Facts) -> datetime:
    _day_of(facts)
    if facts.hour is None:
        raise NotKnownError("no two hours in a row have counts")
    return facts.hour
