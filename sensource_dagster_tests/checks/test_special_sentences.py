"""What checks say where there is little to judge, and where they have more than one thing to say."""

from __future__ import annotations

from datetime import date

import pytest

from sensource_dagster.checks.keys import DAYS_ARE_LOCAL
from sensource_dagster.warehouse.sql import set_schema
from sensource_dagster_tests.checks.checked import TODAY, Checked
from sensource_dagster_tests.checks.directly import judge_by_name, reading
from sensource_dagster_tests.checks.test_completeness import fill

FIRST, LAST = date(2025, 12, 3), date(2025, 12, 4)
DAYS = f"{FIRST} to {LAST}"


@pytest.mark.parametrize(
    ("table", "name", "missing"),
    [
        ("traffic", "entities_are_listed", "zone"),
        ("zone", "joins_hit", "sensor"),
        ("site", "joins_hit", "location"),
    ],
)
def test_without_a_list_a_check_says_that_it_has_nothing_to_judge(
    checked_file: Checked, table: str, name: str, missing: str
) -> None:
    checked_file.sql(f"DROP TABLE sensource.{missing}")
    said = f"Nothing to judge yet: the list {missing} has not been read."
    assert judge_by_name(checked_file, table, name, FIRST, LAST).sentence == said


@pytest.mark.parametrize("name", ["door_is_unusual", "ins_and_outs_agree"])
def test_of_a_day_that_is_not_over_there_is_nothing_to_judge(checked_file: Checked, name: str) -> None:
    said = f"Nothing to judge yet: no day of {TODAY} is over."
    assert judge_by_name(checked_file, "traffic", name, TODAY, TODAY).sentence == said


def test_unusual_doors_are_said_to_count_too_few_or_too_many(checked_file: Checked) -> None:
    checked_file.sql("UPDATE sensource.zone SET sensor_id = (SELECT min(sensor_id) FROM sensource.sensor)")
    advice = (
        "Look at the sensor: is it covered, offline, moved, or does it count things that are no people? If the "
        "door is closed for good, disable the zone in Vea."
    )
    below = "a door counted far fewer people than expected"
    above = "a door counted far more people than expected"
    largest = (
        "(SELECT arg_max(zone_id, n) FROM (SELECT zone_id, sum(sumins) AS n FROM sensource.traffic GROUP BY 1))"
    )
    [(door,)] = checked_file.sql(f"SELECT {largest}")
    usual = f"On each day of {DAYS} every door counted about as many people as expected."
    assert judge_by_name(checked_file, "traffic", "door_is_unusual", FIRST, LAST).sentence == usual
    of_door = f"WHERE zone_id = '{door}' AND record_date"
    checked_file.sql(f"UPDATE sensource.traffic SET sumins = 0, sumouts = 0 {of_door} = '{LAST}'")
    assert (
        judge_by_name(checked_file, "traffic", "door_is_unusual", FIRST, LAST).sentence
        == f"Of {DAYS}: on 1 door day {below}. {advice}"
    )
    checked_file.sql(f"UPDATE sensource.traffic SET sumins = 5000, sumouts = 5000 {of_door} = '{FIRST}'")
    found = judge_by_name(checked_file, "traffic", "door_is_unusual", FIRST, LAST)
    assert found.sentence == f"Of {DAYS}: on 1 door day {below}, and on 1 door day {above}. {advice}"
    assert found.numbers == {"doors_below_expected": 1, "doors_above_expected": 1}
    of_first = judge_by_name(checked_file, "traffic", "door_is_unusual", FIRST, FIRST)
    assert of_first.sentence == f"Of {FIRST}: on 1 door day {above}. {advice}"


def test_missing_hours_are_said_to_be_late_or_of_an_offline_zone(checked_file: Checked) -> None:
    first, last = date(2025, 12, 6), date(2025, 12, 9)
    zone = fill(checked_file, date(2025, 11, 20), last)[0]
    checked_file.sql(f"DELETE FROM sensource.traffic WHERE zone_id = '{zone}' AND record_date >= '{first}'")
    late = "48 hours of the newest days may still come."
    old = (
        "48 of them are on 2 zone days older than 2 days. If whole days are missing, a sensor is offline or the "
        "zone should be disabled in Vea."
    )
    offline = "1 zone sent nothing, or at most half of the hours, up to the last day that is older than 2 days."
    missing = f"96 of 480 hours of {first} to {last} are missing"
    found = judge_by_name(checked_file, "traffic", "hours_are_complete", first, last)
    assert found.sentence == f"{missing}. {old} {late}"
    assert found.outages is None
    assert "zones_offline" not in found.numbers
    found = judge_by_name(checked_file, "traffic", "hours_are_complete", first, last, is_read=True)
    assert found.sentence == f"{missing}. {old} {late} {offline}"
    assert found.numbers["zones_offline"] == 1
    assert found.judges_outages
    assert [outage.first_day for outage in (found.outages or {}).values()] == [first]
    newest = judge_by_name(checked_file, "traffic", "hours_are_complete", date(2025, 12, 8), last)
    assert newest.sentence == f"48 of 240 hours of 2025-12-08 to {last} are missing. {late}"
    checked_file.sql("DROP TABLE sensource.zone")
    found = judge_by_name(checked_file, "traffic", "hours_are_complete", first, first)
    assert found.sentence == (
        f"All 96 hours of {first} have a row (the list zone has not been read, so only zones with counts are "
        "judged)."
    )


def test_of_a_day_that_has_not_begun_there_is_no_hour_to_judge(checked_file: Checked) -> None:
    tomorrow = date(2025, 12, 11)
    said = f"Nothing to judge yet: no hour of {tomorrow} is over."
    assert judge_by_name(checked_file, "traffic", "hours_are_complete", tomorrow, tomorrow).sentence == said


def test_a_further_account_with_rows_on_wrong_days_is_told_to_change_its_time_zone_back(
    checked_file: Checked,
) -> None:
    checked_file.sql(
        "CREATE SCHEMA west",
        "CREATE TABLE west.traffic AS FROM sensource.traffic",
        f"UPDATE west.traffic SET record_date = '{LAST}' WHERE record_date = '{FIRST}'",
    )
    with reading(checked_file, DAYS_ARE_LOCAL, FIRST, LAST) as made:
        set_schema(made.connection, "west")
        assert DAYS_ARE_LOCAL.judge(made).sentence.endswith(
            "If the account's `timezone` was changed, change it back. Or let the account begin anew, with another "
            "prefix."
        )
