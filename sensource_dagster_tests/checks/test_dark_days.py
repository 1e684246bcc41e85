"""An outage is made of dark days: at least half of the hours that are expected of a door are missing on each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sensource_dagster.checks.judgement import Judgement
from sensource_dagster_tests.checks.checked import TODAY, Checked
from sensource_dagster_tests.checks.directly import judge_by_name
from sensource_dagster_tests.checks.test_completeness import DAY, W, drop, fill

YESTERDAY = TODAY - timedelta(days=1)


def judged(checked: Checked, first: date = YESTERDAY) -> Judgement:
    """What the check says of these days and of yesterday, if each was read after it settled."""
    return judge_by_name(checked, "traffic", "hours_are_complete", first, YESTERDAY, is_read=True)


@pytest.fixture
def zone(checked: Checked) -> str:
    """The first zone. No hour of any zone is missing."""
    return fill(checked, DAY - timedelta(days=9), TODAY)[0]


@pytest.mark.parametrize(("hours", "dark"), [(24, True), (12, True), (11, False)])
def test_it_is_half_of_the_hours_on_a_day_before_those_of_the_run_too(
    checked: Checked, zone: str, hours: int, dark: bool
) -> None:
    first = f"TIMESTAMPTZ '{DAY} 07:00:00Z'"
    checked.sql(
        f"DELETE FROM {W}.traffic WHERE zone_id = '{zone}' "
        f"AND record_date_hour_1 >= {first} AND record_date_hour_1 < {first} + INTERVAL {hours} HOUR"
    )
    outages = judged(checked).outages
    assert outages is not None
    assert [(key, outage.first_day, outage.last_day) for key, outage in outages.items()] == (
        [(zone, DAY, DAY)] if dark else []
    )


def test_it_is_half_of_the_hours_since_the_door_was_created(checked: Checked, zone: str) -> None:
    created = f"{DAY + timedelta(days=1)} 06:00"
    checked.sql(
        f"UPDATE {W}.zone SET created_at = TIMESTAMPTZ '{created}:00Z' WHERE zone_id = '{zone}'",
        f"DELETE FROM {W}.traffic WHERE zone_id = '{zone}' AND record_date < '{DAY}'",
    )
    assert judged(checked).outages == {}
    drop(checked, zone, created)  # the only hour of its first day
    outages = judged(checked).outages
    assert outages is not None
    assert [(key, outage.first_day) for key, outage in outages.items()] == [(zone, DAY)]


def test_of_one_older_hour_and_one_that_may_still_come_it_says_is(checked: Checked, zone: str) -> None:
    drop(checked, zone, f"{DAY} 22:00")
    drop(checked, zone, f"{YESTERDAY} 22:00")
    assert " are missing. 1 of them is on 1 zone day older than 2 days. " in judged(checked, DAY).sentence


def test_a_door_is_expected_to_count_if_vea_does_not_say_whether_it_is_disabled(
    checked: Checked, zone: str
) -> None:
    drop(checked, zone, f"{DAY} 22:00")
    checked.sql(f"UPDATE {W}.zone SET disabled = NULL")
    assert judged(checked, DAY).numbers["missing_hours"] == 1
    checked.sql(f"UPDATE {W}.zone SET disabled = true")
    assert judged(checked, DAY).sentence.startswith("Nothing to judge yet: ")
