"""The ins and outs of a door's week are to each other as they used to be at this door."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dagster import AssetCheckSeverity

from sensource_dagster.checks.balance import ins_and_outs_agree
from sensource_dagster.config.settings import read_settings
from sensource_dagster_tests.checks.checked import FIRST, NOW, TODAY, Checked, evaluations, found, number
from sensource_dagster_tests.checks.directly import judge

W = "sensource"
WEEK, DAY = date(2025, 12, 3), date(2025, 12, 9)
TRAFFIC = f"UPDATE {W}.traffic SET"
TURNED = f"{TRAFFIC} sumins = sumouts, sumouts = sumins"


def door(checked: Checked, outs: float = 0.7) -> str:
    """The largest door. It has always had this many outs for each in."""
    by_zone = f"SELECT zone_id, sum(sumins) AS people FROM {W}.traffic GROUP BY 1"
    [(zone,)] = checked.sql(f"SELECT arg_max(zone_id, people) FROM ({by_zone})")
    checked.sql(f"{TRAFFIC} sumouts = round({outs} * sumouts * {ratio(checked, zone)}) WHERE zone_id = '{zone}'")
    return str(zone)


def ratio(checked: Checked, zone: str) -> float:
    [(ins_by_outs,)] = checked.sql(f"SELECT sum(sumins) / sum(sumouts) FROM {W}.traffic WHERE zone_id = '{zone}'")
    return float(ins_by_outs)


def uneven(
    checked: Checked, first: date = DAY, last: date | None = None, percent: int = 20
) -> dict[str, list[str]]:
    """The days on which each named door is named."""
    check = ins_and_outs_agree(read_settings({"SENSOURCE_BALANCE_THRESHOLD": str(percent)}))
    findings = judge(checked, check, first, last).findings
    named: dict[str, list[str]] = {}
    for row in findings.rows if findings else ():
        named.setdefault(row["zone_id"], []).append(str(row["day"]))
    return named


def test_a_healthy_account_agrees(checked: Checked) -> None:
    assert uneven(checked, FIRST, TODAY) == {}


@pytest.mark.parametrize("outs", [0, 0.2, 0.7, 1, 5])
def test_a_door_that_has_always_been_uneven_agrees(checked: Checked, outs: float) -> None:
    door(checked, outs)
    assert uneven(checked, FIRST, TODAY) == {}


@pytest.mark.parametrize(
    "how",
    [f"{TRAFFIC} sumouts = 0", f"{TRAFFIC} sumins = 0", f"{TRAFFIC} sumouts = sumouts // 2", TURNED],
    ids=["no outs", "no ins", "half the outs", "turned round"],
)
def test_a_door_that_counts_one_way_or_was_turned_round_is_named_and_no_other_door_is(
    checked: Checked, how: str
) -> None:
    zone = door(checked)
    checked.sql(f"{how} WHERE zone_id = '{zone}' AND record_date >= '{WEEK}'")
    named = uneven(checked, FIRST, TODAY)
    assert set(named) == {zone}
    assert min(named[zone]) >= str(WEEK)
    assert str(DAY) in named[zone]


def test_an_even_door_that_was_turned_round_is_named_since_people_seem_to_leave_before_they_came(
    checked: Checked,
) -> None:
    zone = door(checked, outs=1)
    later = f"SELECT zone_id, record_date_hour_1 + INTERVAL '1 hour' AS hour, sumouts FROM {W}.traffic"
    checked.sql(  # as at real doors, whose visits take longer than the simulator's twenty minutes
        f"UPDATE {W}.traffic t SET sumouts = later.sumouts FROM ({later}) later "
        f"WHERE later.zone_id = t.zone_id AND later.hour = t.record_date_hour_1 AND t.zone_id = '{zone}'"
    )
    assert uneven(checked, FIRST, TODAY) == {}
    checked.sql(f"{TURNED} WHERE zone_id = '{zone}' AND record_date >= '{WEEK}'")
    assert set(uneven(checked)) == {zone}
    assert uneven(checked, percent=100) == uneven(checked)


def test_the_run_names_the_door_and_the_two_ratios(checked: Checked) -> None:
    zone = door(checked)
    checked.sql(f"{TRAFFIC} sumouts = 0 WHERE zone_id = '{zone}' AND record_date >= '{WEEK}'")
    result = checked.run("traffic", DAY, only="ins_and_outs_agree")
    assert result.success
    agree = evaluations(result)["ins_and_outs_agree"]
    assert agree.severity is AssetCheckSeverity.WARN
    assert number(agree, "unbalanced_door_days") == 1
    [row] = found(agree)
    assert (row["zone_id"], row["day"], row["outs"], row["percent_ins"]) == (zone, str(DAY), 0, 100)
    assert row["usual_percent_ins"] == pytest.approx(100 / 1.7, abs=3)
    assert row["percent"] == 100
    assert row["name"]
    assert "turned round" in str(agree.description)


def test_twelve_weeks_are_read_with_all_days_of_the_first_one(checked: Checked) -> None:
    assert ins_and_outs_agree(checked.settings).days_before == 12 * 7 + 6


def test_the_threshold_is_a_setting(checked: Checked) -> None:
    zone = door(checked)
    checked.sql(f"{TRAFFIC} sumouts = round(sumouts * 0.6) WHERE zone_id = '{zone}' AND record_date >= '{WEEK}'")
    assert set(uneven(checked, percent=30)) == {zone}
    assert uneven(checked, percent=50) == {}


def test_a_few_people_may_go_one_way_by_chance(checked: Checked) -> None:
    zone = door(checked, outs=1)
    for people, named in ((2, False), (40, True)):  # a day
        checked.sql(
            f"{TRAFFIC} sumins = {people} * (hour(record_hour) = 12)::BIGINT, "
            f"sumouts = {people} * (hour(record_hour) = 12)::BIGINT WHERE zone_id = '{zone}'",
            f"{TRAFFIC} sumouts = 0 WHERE zone_id = '{zone}' AND record_date >= '{WEEK}'",
        )
        assert bool(uneven(checked)) is named


def test_a_door_with_fewer_than_three_weeks_before_is_new(checked: Checked) -> None:
    zone = door(checked)
    checked.sql(f"{TRAFFIC} sumouts = 0 WHERE zone_id = '{zone}' AND record_date >= '{WEEK}'")
    for weeks, named in ((3, True), (2, False)):
        checked.sql(f"DELETE FROM {W}.traffic WHERE record_date <= DATE '{DAY}' - {7 * weeks + 1}")
        assert bool(uneven(checked)) is named


def test_weeks_in_which_hardly_anybody_came_do_not_become_what_is_usual(checked: Checked) -> None:
    zone = door(checked)
    few = f"{TRAFFIC} sumins = 2 * (hour(record_hour) = 12)::BIGINT, sumouts = 0 WHERE zone_id = '{zone}'"
    checked.sql(f"{few} AND record_date BETWEEN '2025-11-05' AND '2025-11-25'")
    assert uneven(checked) == {}


def test_a_day_is_judged_when_it_is_over(checked: Checked) -> None:
    zone = door(checked)
    checked.sql(f"{TRAFFIC} sumouts = 0 WHERE zone_id = '{zone}' AND record_date >= '{WEEK}'")
    check = ins_and_outs_agree(checked.settings)
    assert "Nothing to judge yet" in judge(checked, check, TODAY).sentence
    assert uneven(checked, DAY, TODAY) == {zone: [str(DAY)]}
    checked.now = NOW + timedelta(days=1)
    assert uneven(checked, DAY, TODAY) == {zone: [str(DAY), str(TODAY)]}


def test_if_only_one_of_the_two_is_read_the_check_passes(checked: Checked) -> None:
    checked.sql(f"UPDATE {W}.traffic SET sumouts = NULL")
    assert uneven(checked, FIRST, TODAY) == {}
