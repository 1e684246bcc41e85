"""Which doors or spaces are offline: what alerts about missing hours are made of.

Sensors send up to two days late. So a day counts when it is older than two days and was read then. An outage is
one or more such days in a row on which at least half of the hours are missing. It is over on the first day after
them that has more than half of its hours. That day need not be old: nobody waits for hours that are there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sensource_dagster.checks.affected import Affected, labels_of
from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.checks.reading import Reading
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.day_ranges import each_day
from sensource_dagster.vea.windows import day_start

LATE_DAYS = 2
"""So many days before today may still get hours."""
OUTAGE_DAYS = 14
"""How many days back outages are looked for. One that began earlier has no first day here."""


def settled_before(today: date) -> date:
    """The first day that may still get hours; all days before it are settled."""
    return today - timedelta(days=LATE_DAYS)


def newest_outages(
    reading: Reading, settings: Settings, half_missing: Callable[[Reading, JudgedDays], list[dict[str, Any]]]
) -> dict[str, Affected] | None:
    """The last outage of each entity that had one in the last two weeks, by its id. It may be over.

    None where the newest settled day has not been read since it settled, as after a downtime: whoever is missing
    among the outages would seem to be back.

    Args:
        half_missing: the entities of a reading, and those of some days, on which at least half of the hours are
            missing.
    """
    today = reading.days.today
    first, last = max(settings.start_date, today - timedelta(days=OUTAGE_DAYS)), today - timedelta(days=1)
    read = {*reading.days.with_days_before(reading.days_before)}
    days = [day for day in each_day(first, last) if day in read]
    dark: defaultdict[str, set[date]] = defaultdict(set)
    names: dict[str, str] = {}
    for row in half_missing(reading, JudgedDays.of(days, settings.timezone, reading.days.now)):
        key = str(row[reading.entity])
        names[key] = str(row["name"] or "")
        dark[key].add(row["day"])
    newest = settled_before(today) - timedelta(days=1)
    known = _read_when_settled(reading, settings, {newest}.union(*dark.values()), today)
    if newest >= settings.start_date and newest not in known:
        return None
    if not dark:
        return {}
    labels = labels_of(reading.connection, reading.entity)
    found: dict[str, Affected] = {}
    for key in sorted(dark):
        outage = _newest(days, dark[key], known)
        if outage:
            began = outage.first_day if outage.first_day != first or first == settings.start_date else None
            label = labels.get(key) or names[key] or key
            found[key] = replace(outage, label=label, name=names[key], first_day=began)
    return found


def _read_when_settled(reading: Reading, settings: Settings, days: set[date], today: date) -> set[date]:
    """Of these days, those that are settled and were read after they were, as far as the schedules read them."""
    after = timedelta(days=min(LATE_DAYS + 1, settings.lookback_days))
    old = {day for day in days if day < settled_before(today)}
    read = reading.last_read(old)
    return {day for day in old if read.get(day, 0.0) >= day_start(day + after, settings.timezone).timestamp()}


def _newest(days: list[date], dark: set[date], known: set[date]) -> Affected | None:
    """The last run of dark days that are known. Dark days that are not known neither begin nor end one.

    Those between the outage and the day after it belong to it: nothing came on them.
    """
    newest: Affected | None = None
    last_dark: date | None = None
    for day in days:
        if day not in dark:
            if newest and not newest.back:
                newest = replace(newest, last_day=last_dark, back=day)
            continue
        last_dark = day
        if day in known:
            if newest and not newest.back:
                newest = replace(newest, last_day=day, rows=newest.rows + 1)
            else:
                newest = Affected("", first_day=day, last_day=day)
    return newest
