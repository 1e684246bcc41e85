"""Whether the days of the settings are those of the account's locations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from sensource_dagster.config import parsers
from sensource_dagster.config.settings import Settings


def zone_remarks(settings: Settings, is_set: bool, locations: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is wrong, or may surprise, about the time zone. Empty where all locations that name one agree with it.

    Args:
        is_set: whether SENSOURCE_TIMEZONE is; it is UTC where it is not.
        locations: the list as Vea sends it. Some locations have a time zone there.
    """
    names = Counter(zone for location in locations if isinstance(zone := location.get("timezone"), str) and zone)
    zones, unknown = _known(names)
    remarks = [f"Vea has {name!r} as a time zone, which is not an IANA name." for name in unknown]
    groups = _with_the_same_days(zones, settings.start_date)
    ours = settings.timezone
    agrees = [group for group in groups if _same_days(ours, group, settings.start_date)]
    days = f"days of {ours.key}" if is_set else f"days of {ours.key}, because SENSOURCE_TIMEZONE is not set"
    if not groups and not is_set:
        remarks.append(f"Days are {days}. Vea names no time zone of a location: set it to that of your locations.")
    if len(groups) == 1 and not agrees:
        [zone] = groups
        remarks.append(
            f"Days are {days}, but all locations whose time zone Vea knows are in {zone.key}. Set "
            f"SENSOURCE_TIMEZONE={zone.key} before the first backfill, or run `sensource rezone` after it."
        )
    if len(groups) > 1:
        counted = ", ".join(f"{zone.key} ({count})" for zone, count in groups.items())
        choose = (
            "" if agrees else f" None of them has these days: set SENSOURCE_TIMEZONE={next(iter(groups)).key}."
        )
        remarks.append(
            f"The locations are in several time zones: {counted}. Partitions and record_date are {days}, for all "
            f"locations. The day of a view is each location's own.{choose}"
        )
    return remarks


def _known(names: Counter[str]) -> tuple[dict[ZoneInfo, int], list[str]]:
    """The most frequent first."""
    zones: dict[ZoneInfo, int] = {}
    unknown = []
    for name, count in names.most_common():
        try:
            zones[parsers.time_zone(name)] = count
        except ValueError:
            unknown.append(name)
    return zones, unknown


def _with_the_same_days(zones: Mapping[ZoneInfo, int], first: date) -> dict[ZoneInfo, int]:
    """The most frequent first. US/Mountain and America/Denver are two names of one zone."""
    groups: dict[ZoneInfo, int] = {}
    for zone, count in zones.items():
        same = next((group for group in groups if _same_days(zone, group, first)), zone)
        groups[same] = groups.get(same, 0) + count
    return dict(sorted(groups.items(), key=lambda group: -group[1]))


def _same_days(one: ZoneInfo, other: ZoneInfo, first: date) -> bool:
    """Whether both have the same offset at each noon from the first day to a year from now."""
    if one == other:
        return True
    noon = datetime(first.year, first.month, first.day, 12, tzinfo=timezone.utc)
    end = datetime.now(timezone.utc) + timedelta(days=366)
    days = ((noon + timedelta(days=number)) for number in range((end - noon).days))
    return all(moment.astimezone(one).utcoffset() == moment.astimezone(other).utcoffset() for moment in days)
