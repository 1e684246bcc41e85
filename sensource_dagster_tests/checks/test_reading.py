"""What the checks read of a table, and what they found in it."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from sensource_dagster.checks.affected import Affected
from sensource_dagster.checks.judged_days import EARLIEST, JudgedDays
from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.reading import Findings, Reading
from sensource_dagster_tests.checks.checked import Checked
from sensource_dagster_tests.checks.directly import reading

DAY = date(2025, 12, 3)
START = datetime(2025, 12, 3, 7, tzinfo=timezone.utc)  # midnight in Denver
EVERY_HOUR = ((1 << 24) - 1) << (EARLIEST + 7)
ANY = Check("any", "Anything.", lambda _: Judgement("Nothing."), aggregates={"people": "sum(sumins)"})
VALUES = "SELECT * FROM (VALUES ('z1', 'North', 3, 1), ('z2', 'South', 4, 5)) v(zone_id, name, hours, more)"


def fill(checked: Checked, *hours: datetime, day: date = DAY) -> None:
    """Leave one zone with these rows, each with two people."""
    checked.sql("DELETE FROM sensource.traffic")
    for hour in hours:
        checked.sql(
            "INSERT INTO sensource.traffic (zone_id, name, record_date_hour_1, sumins, sumouts, record_date, "
            f"record_hour, _synced_at) VALUES ('z1', 'North', TIMESTAMPTZ '{hour}', 2, 0, '{day}', '{day}', now())"
        )


def daily(made: Reading) -> list[dict[str, Any]]:
    return made.fetch(f"FROM {made.daily} ORDER BY day, judged")


def test_findings_of_two_batches_are_added_up() -> None:
    one = Findings(2, [{"day": 1}, {"day": 2}], {"hours": 5, "rows": 1}, {"z1": Affected("North", rows=2)})
    other = Findings(1, [{"day": 3}], {"hours": 7, "days": 4}, {"z2": Affected("South")})
    assert one + other == Findings(
        3,
        [{"day": 1}, {"day": 2}, {"day": 3}],
        {"hours": 12, "rows": 1, "days": 4},
        {"z1": Affected("North", rows=2), "z2": Affected("South")},
    )


def test_findings_have_their_rows_in_order_sums_and_entities(checked: Checked) -> None:
    with reading(checked, ANY, DAY) as made:
        found = made.findings(VALUES, order="hours DESC", sums=["hours", "more"])
        assert [row["zone_id"] for row in found.rows] == ["z2", "z1"]
        assert (found.total, found.sums) == (2, {"hours": 7, "more": 6})
        assert {key: one.name for key, one in found.affected.items()} == {"z1": "North", "z2": "South"}
        none = made.findings(f"{VALUES} WHERE hours > $least", "hours", {"least": 9}, ["hours"])
        assert none == Findings(sums={"hours": 0})
        assert made.fetch("SELECT $day::DATE AS day", {"day": DAY}) == [{"day": DAY}]


def test_a_day_has_one_row_of_each_zone_with_its_hours_as_bits(checked: Checked) -> None:
    hours = [START + timedelta(hours=number) for number in range(24)]
    fill(checked, *hours)
    with reading(checked, ANY, DAY) as made:
        [row] = daily(made)
    assert (row["zone_id"], row["name"], row["day"], row["judged"]) == ("z1", "North", DAY, True)
    assert (row["rows"], row["people"], row["hours"]) == (24, 48, EVERY_HOUR)
    assert (row["first_hour"], row["last_hour"]) == (hours[0], hours[-1])


def test_an_hour_that_is_days_off_its_day_has_no_bit_and_the_first_and_last_that_can_have_one_do(
    checked: Checked,
) -> None:
    midnight = datetime(2025, 12, 3, tzinfo=timezone.utc)
    first, last = midnight - timedelta(hours=EARLIEST), midnight + timedelta(hours=61 - EARLIEST)
    second = timedelta(hours=1)
    for hours, bits in (([first - second, first, last], 1 | 1 << 61), ([last, last + second], 1 << 61)):
        fill(checked, *hours)
        with reading(checked, ANY, DAY - timedelta(days=9), DAY + timedelta(days=9)) as made:
            assert [row["hours"] for row in daily(made)] == [bits]


def test_a_row_on_another_day_than_its_hour_s_is_a_wrong_day_if_one_of_the_two_is_judged(checked: Checked) -> None:
    first, last = START, START + timedelta(hours=23)
    for hours, day, wrong in (
        ([first, last], DAY, False),
        ([first - timedelta(hours=1)], DAY, True),  # of the day before
        ([first, last + timedelta(hours=1)], DAY, True),
        ([first], DAY + timedelta(days=1), True),
        ([first - timedelta(days=2)], DAY - timedelta(days=1), False),  # none of the two is judged
    ):
        fill(checked, *hours, day=day)
        with reading(checked, ANY, DAY) as made:
            assert made.has_wrong_days is wrong, (hours, day)


@pytest.mark.parametrize("last", [DAY, DAY + timedelta(days=1)])
def test_a_wrong_day_is_found_within_several_judged_days_too(checked: Checked, last: date) -> None:
    fill(checked, START + timedelta(hours=24), day=DAY)
    with reading(checked, ANY, DAY, last) as made:
        assert made.has_wrong_days


def test_separate_days_are_read_without_those_between_them(checked: Checked) -> None:
    fill(checked, *(START + timedelta(days=number) for number in range(3)))
    days = ((DAY, DAY), (DAY + timedelta(days=2), DAY + timedelta(days=2)))
    with reading(checked, ANY, DAY) as made:
        apart = Reading(
            made.connection,
            made.table,
            JudgedDays(days, checked.settings.timezone, checked.now),
            made.tables,
            made.lists,
            made.aggregates,
            0,
        )
        assert [row["rows"] for row in daily(apart)] == [2]
        on_days = made.fetch(
            f"SELECT day FROM range(DATE '{DAY}', DATE '{DAY}' + 4, INTERVAL 1 DAY) r(day) "
            f"WHERE {apart.on_judged_day().replace('record_date', 'day::DATE')}"
        )
        assert len(on_days) == 2
