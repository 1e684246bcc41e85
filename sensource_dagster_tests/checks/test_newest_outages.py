"""The last outage of each door: its days, whether it is over, and when nothing can be said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sensource_dagster.checks.affected import Affected
from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.outages import OUTAGE_DAYS, newest_outages
from sensource_dagster.checks.reading import Reading
from sensource_dagster.config.settings import Settings
from sensource_dagster.vea.windows import day_start
from sensource_dagster_tests.checks.checked import NOW, TODAY, Checked
from sensource_dagster_tests.checks.directly import reading

ANY = Check("any", "Anything.", lambda _: Judgement("Nothing."), days_before=OUTAGE_DAYS)
SETTLED = date(2025, 12, 7)
"""Of the 8th and the days after it, hours may still come: it is the 10th."""


def december(*days: int) -> list[date]:
    return [date(2025, 12, day) for day in days]


def outages(
    checked: Checked,
    dark: Iterable[date],
    read: dict[date, float] | None = None,
    name: str | None = "North",
    **settings: Any,
) -> dict[str, Affected] | None:
    """Those of door z1, which is dark on these days. All days have just been read, but for those in `read`."""

    def half_missing(_: Reading, days: JudgedDays) -> list[dict[str, Any]]:
        assert days.zone == checked.settings.timezone
        return [{"zone_id": "z1", "name": name, "day": day} for day in days if day in dark]

    def last_read(days: Collection[date]) -> dict[date, float]:
        known = dict.fromkeys(days, NOW.timestamp()) | (read or {})
        return {day: known[day] for day in days if known[day]}

    made: Settings = replace(checked.settings, **settings)
    with reading(checked, ANY, december(3)[0], TODAY) as of_days:
        return newest_outages(replace(of_days, last_read=last_read), made, half_missing)


def outage(checked: Checked, *dark: int, **others: Any) -> Affected:
    found = outages(checked, december(*dark), **others)
    assert found
    return found["z1"]


def test_an_outage_has_its_days_and_the_first_day_after_it(checked_file: Checked) -> None:
    first, last, back = december(3, 5, 6)
    found = outages(checked_file, december(3, 4, 5))
    assert found == {"z1": Affected("North", "North", 3, first, last, back)}


def test_an_outage_that_lasts_has_no_day_after_it(checked_file: Checked) -> None:
    found = outage(checked_file, 5, 6, 7, 8, 9)
    assert found == Affected("North", "North", 3, date(2025, 12, 5), SETTLED)


def test_the_last_of_two_outages_counts(checked_file: Checked) -> None:
    first, last, back = december(5, 6, 7)
    assert outage(checked_file, 3, 5, 6) == Affected("North", "North", 2, first, last, back)


def test_a_dark_day_that_was_not_read_since_it_settled_neither_begins_nor_ends_an_outage(
    checked_file: Checked,
) -> None:
    third, fourth, fifth = december(3, 4, 5)
    assert outages(checked_file, [fourth], {fourth: 0.0}) == {}
    assert outage(checked_file, 3, 4, read={fourth: 0.0}) == Affected("North", "North", 1, third, fourth, fifth)
    assert outage(checked_file, 3, 4, read={third: 0.0}) == Affected("North", "North", 1, fourth, fourth, fifth)


@pytest.mark.parametrize(("lookback", "days"), [(7, 3), (3, 3), (2, 2), (1, 1)])
def test_a_day_settles_three_days_after_its_begin_or_when_it_is_read_last(
    checked_file: Checked, lookback: int, days: int
) -> None:
    [fourth] = december(4)
    settled = day_start(fourth + timedelta(days=days), checked_file.settings.timezone).timestamp()
    assert outage(checked_file, 4, read={fourth: settled}, lookback_days=lookback).first_day == fourth
    assert outages(checked_file, [fourth], {fourth: settled - 1}, lookback_days=lookback) == {}


def test_a_day_that_may_still_get_hours_is_no_outage_however_short_the_lookback(checked_file: Checked) -> None:
    assert outages(checked_file, december(8), lookback_days=1) == {}


def test_it_is_not_known_who_is_offline_if_the_newest_settled_day_was_not_read_since(
    checked_file: Checked,
) -> None:
    for dark in ([], december(3, 4)):
        assert outages(checked_file, dark, {SETTLED: 0.0}) is None
        assert outages(checked_file, dark, {SETTLED: 0.0}, start_date=SETTLED) is None
        assert outages(checked_file, dark, {SETTLED - timedelta(days=1): 0.0}) is not None
    assert outages(checked_file, [], {SETTLED: 0.0}, start_date=SETTLED + timedelta(days=1)) == {}


def test_an_outage_of_the_first_day_that_is_looked_at_began_earlier_unless_it_is_the_start_date(
    checked_file: Checked,
) -> None:
    first = TODAY - timedelta(days=OUTAGE_DAYS)
    for start_date, began in ((date(2024, 1, 1), None), (first, first)):
        found = outages(checked_file, [first], start_date=start_date)
        assert found is not None
        assert (found["z1"].first_day, found["z1"].last_day) == (began, first)
    assert outages(checked_file, [first], start_date=first + timedelta(days=1)) == {}


def test_an_outage_has_the_name_of_its_door(checked_file: Checked) -> None:
    found = outage(checked_file, 3, name=None)
    assert (found.label, found.name) == ("z1", "")
    checked_file.sql(
        "CREATE VIEW sensource.door AS SELECT 'z1' AS zone_id, 'Main' AS location, 'North door' AS door"
    )
    found = outage(checked_file, 3, name="N")
    assert (found.label, found.name) == ("Main, North door", "N")
