"""What each check says of itself, of a warehouse in order, and of one in which it finds something."""

from __future__ import annotations

from datetime import date

import pytest

from sensource_dagster_tests.checks.checked import Checked
from sensource_dagster_tests.checks.directly import check_of, judge_by_name

FIRST, LAST = date(2025, 12, 3), date(2025, 12, 4)
IN_ORDER = f"DELETE FROM sensource.traffic WHERE record_date > '{LAST}'"  # the clock of one sensor is ahead
DAYS = f"{FIRST} to {LAST}"
AT = f"record_date_hour_1 = TIMESTAMPTZ '{FIRST} 20:00:00Z'"
ONE_ZONE = "zone_id = (SELECT min(zone_id) FROM sensource.zone)"
OFFLINE = f"DELETE FROM sensource.traffic WHERE {ONE_ZONE} AND record_date = '{FIRST}'"

# Of each table and check: what it says of itself and of a warehouse in order, what breaks that, and what it
# says then.
SENTENCES: dict[tuple[str, str], tuple[str, str, list[str], str]] = {
    ("traffic", "key_is_unique"): (
        "No two rows have the same zone_id and record_date_hour_1, and none of these is null.",
        "Each key of traffic is on one row.",
        [f"INSERT INTO sensource.traffic FROM sensource.traffic WHERE {AT} AND {ONE_ZONE}"],
        "1 key of traffic are on more than one row or have a null part. Sums count such rows more than once. Find "
        "out who wrote these rows, and delete the surplus ones by hand.",
    ),
    ("traffic", "days_are_local"): (
        "record_date is the local day of record_date_hour_1 in the account's time zone.",
        f"Every hour of {DAYS} has its local day in America/Denver.",
        [f"UPDATE sensource.traffic SET record_date = '{LAST}' WHERE {AT} AND {ONE_ZONE}"],
        "1 row of traffic whose record_date is not the local day of the hour in America/Denver. If "
        "SENSOURCE_TIMEZONE was changed, or the rules of time zones were updated, run `sensource rezone`: it "
        "moves the rows to their days.",
    ),
    ("traffic", "counts_are_not_negative"): (
        "sumins, sumouts are not below zero.",
        f"No hour of traffic on {DAYS} has a count below zero.",
        [f"UPDATE sensource.traffic SET sumins = -1 WHERE {AT} AND {ONE_ZONE}"],
        f"1 hour of traffic on {DAYS} with a count below zero. Vea sent these values: ask SenSource about them.",
    ),
    ("traffic", "entities_are_listed"): (
        "Each zone with counts is in the list zone. It may be marked as deleted there.",
        f"Every zone with counts on {DAYS} is in the list zone.",
        [f"DELETE FROM sensource.zone WHERE {ONE_ZONE}"],
        f"1 zone with counts on {DAYS} and without an entry in the list zone. Read the list again. If that does "
        "not help, check in Vea whether the API client has the right to see them.",
    ),
    ("traffic", "hours_are_complete"): (
        "Each zone that is listed and not disabled has a row for each hour of each day, from the first one after "
        "its creation in Vea. A day has 24 expected hours. A day on which the clocks change has 23, or 24 of 25, "
        "because Vea has no row for the first of two repeated hours. Today has those that ended before the run "
        "began. A missing hour is unknown, not zero. Sensors send up to 2 days late, so the check fails only for "
        "older days. For newer days it says how many hours are missing. If the list has not been read, the check "
        "judges the zones with counts on these days.",
        f"All 240 hours of {DAYS} have a row.",
        [OFFLINE, f"DELETE FROM sensource.traffic WHERE {AT}"],
        f"28 of 240 hours of {DAYS} are missing. 28 of them are on 5 zone days older than 2 days. If whole days "
        "are missing, a sensor is offline or the zone should be disabled in Vea.",
    ),
    ("traffic", "no_hours_in_the_future"): (
        "No row is of an hour that has not begun. Vea sends such rows if the clock of a sensor is ahead.",
        "Every hour of traffic has begun.",
        [
            "UPDATE sensource.traffic SET record_date_hour_1 = TIMESTAMPTZ '2025-12-11 04:00:00Z' "
            f"WHERE {AT} AND {ONE_ZONE}",
        ],
        "1 hour of traffic had not begun at 2025-12-10 18:20 UTC, on 1 zone day. The clock of the sensor is "
        "ahead, so its counts are on wrong hours: set its clock or its time zone in Vea.",
    ),
    ("traffic", "ins_and_outs_agree"): (
        "Each day is judged by the week that ends with it. A door fails if the ratio of its ins to its outs in "
        "this week differs by more than SENSOURCE_BALANCE_THRESHOLD (20 %) from its usual one, which is the "
        "median of the 12 weeks before. A door also fails if its sensor seems to be turned round: people now "
        "leave before they come, and used to come first, or the other way round. The difference must be more than "
        "chance explains, so a door with few people has to differ by more. A door that has always been uneven "
        "passes. The check does not judge weeks with fewer than 100 people, doors with fewer than three such "
        "weeks before, and days that are not over. After a repair the door passes when most of its week lies "
        "behind it.",
        f"On each day of {DAYS} the ins and outs of each door's week agree as usual.",
        [f"UPDATE sensource.traffic SET sumouts = 0 WHERE {ONE_ZONE} AND record_date >= '2025-11-28'"],
        f"On 2 door days of {DAYS} the ins and outs of a door's week do not agree as usual. Look for a sensor "
        "that counts one direction only or was turned round.",
    ),
    ("occupancy", "key_is_unique"): (
        "No two rows have the same space_id and record_date_hour_1, and none of these is null.",
        "Each key of occupancy is on one row.",
        [f"INSERT INTO sensource.occupancy FROM sensource.occupancy WHERE {AT}"],
        "2 keys of occupancy are on more than one row or have a null part. Sums count such rows more than once. "
        "Find out who wrote these rows, and delete the surplus ones by hand.",
    ),
    ("occupancy", "counts_are_not_negative"): (
        "maxoccupancy, minoccupancy, avgoccupancy, sumins, sumouts are not below zero.",
        f"No hour of occupancy on {DAYS} has a count below zero.",
        [f"UPDATE sensource.occupancy SET sumouts = -1 WHERE {AT}"],
        f"2 hours of occupancy on {DAYS} with a count below zero. Vea sent these values: ask SenSource about "
        "them.",
    ),
    ("occupancy", "occupancy_is_in_order"): (
        "minoccupancy <= avgoccupancy <= maxoccupancy. A null is not compared.",
        f"No hour of occupancy on {DAYS} has a mean that is not between minimum and maximum.",
        [f"UPDATE sensource.occupancy SET avgoccupancy = maxoccupancy + 1 WHERE {AT}"],
        f"2 hours of occupancy on {DAYS} with a mean that is not between minimum and maximum. Vea sent these "
        "values: ask SenSource about them.",
    ),
    ("occupancy", "hours_are_complete"): (
        "Each space that is listed has a row for each hour of each day. A day has 24 expected hours. A day on "
        "which the clocks change has 23, or 24 of 25, because Vea has no row for the first of two repeated hours. "
        "Today has those that ended before the run began. A missing hour is unknown, not zero. Sensors send up to "
        "2 days late, so the check fails only for older days. For newer days it says how many hours are missing. "
        "If the list has not been read, the check judges the spaces with counts on these days.",
        f"All 96 hours of {DAYS} have a row.",
        [f"DELETE FROM sensource.occupancy WHERE {AT} AND space_id = (SELECT min(space_id) FROM sensource.space)"],
        f"1 of 96 hours of {DAYS} are missing. 1 of them is on 1 space day older than 2 days. If whole days are "
        "missing, a sensor is offline or the space should be disabled in Vea.",
    ),
    ("sensor", "key_is_unique"): (
        "No two rows have the same sensor_id, and none of these is null.",
        "Each key of sensor is on one row.",
        ["INSERT INTO sensource.sensor FROM sensource.sensor"],
        "4 keys of sensor are on more than one row or have a null part. Sums count such rows more than once. Find "
        "out who wrote these rows, and delete the surplus ones by hand.",
    ),
    ("sensor", "joins_hit"): (
        "Each sensor.site_id is in the list site. Otherwise sums per location miss these rows. Rows that are "
        "deleted in Vea are not judged.",
        "Every sensor has its site in the list.",
        ["UPDATE sensource.sensor SET site_id = 'unknown'"],
        "4 sensors without a site: Vea lists no site with this site_id.",
    ),
}


@pytest.mark.parametrize(("table", "name"), SENTENCES)
def test_a_check_says_what_it_judges_what_it_found_and_what_to_do(
    checked_file: Checked, table: str, name: str
) -> None:
    description, in_order, broken, found = SENTENCES[table, name]
    assert check_of(checked_file, table, name).description == description
    checked_file.sql(IN_ORDER)
    assert judge_by_name(checked_file, table, name, FIRST, LAST).sentence == in_order
    checked_file.sql(*broken)
    assert judge_by_name(checked_file, table, name, FIRST, LAST).sentence == found
