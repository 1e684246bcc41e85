"""The ins and outs of a whole day over all zones may differ by no more than the threshold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from dagster import AssetCheckSeverity

from sensource_dagster_tests.checks.checked import NOW, TODAY, Checked, evaluations, found, number

W = "warehouse.sensource"
DAY = date(2025, 12, 3)


def counted(checked: Checked, ins: object, outs: object, day: date = DAY) -> None:
    """Let the day have these sums."""
    checked.sql(
        f"UPDATE {W}.traffic SET sumins = 0, sumouts = 0 WHERE record_date = '{day}'",
        f"UPDATE {W}.traffic SET sumins = {ins}, sumouts = {outs} WHERE record_date = '{day}' AND (zone_id, "
        f"record_date_hour_1) = (SELECT (min(zone_id), max(record_date_hour_1)) FROM {W}.traffic "
        f"WHERE record_date = '{day}' AND zone_id = (SELECT min(zone_id) FROM {W}.traffic))",
    )


def test_a_healthy_account_is_balanced(checked: Checked) -> None:
    assert checked.judge("traffic", date(2025, 11, 1), TODAY)["ins_and_outs_agree"].passed


@pytest.mark.parametrize(
    ("ins", "outs", "passed"),
    [
        (1000, 500, True),
        (1000, 499, False),
        (499, 1000, False),
        (100, 0, False),
        (99, 0, True),
        (0, 0, True),
        (79_000, 66_000, True),
    ],
)
def test_a_day_whose_sums_differ_by_more_than_half_the_larger_and_by_100_people_is_named(
    checked: Checked, ins: int, outs: int, passed: bool
) -> None:
    counted(checked, ins, outs)
    result = checked.run("traffic", DAY - timedelta(days=1), DAY)
    assert result.success
    agree = evaluations(result)["ins_and_outs_agree"]
    assert agree.passed is passed
    assert number(agree, "unbalanced_days") == (not passed)
    if not passed:
        assert agree.severity is AssetCheckSeverity.WARN
        [row] = found(agree)
        assert (row["day"], row["ins"], row["outs"], row["difference"]) == (str(DAY), ins, outs, abs(ins - outs))


def test_the_threshold_is_a_setting(checked: Checked) -> None:
    counted(checked, 1000, 799)
    assert checked.judge("traffic", DAY)["ins_and_outs_agree"].passed
    checked.settings = replace(checked.settings, balance_threshold=20)
    assert not checked.judge("traffic", DAY)["ins_and_outs_agree"].passed


def test_a_day_is_judged_when_it_is_over(checked: Checked) -> None:
    counted(checked, 1000, 0, TODAY)
    assert "Nothing to judge yet" in str(checked.judge("traffic", TODAY)["ins_and_outs_agree"].description)
    assert checked.judge("traffic", DAY, TODAY)["ins_and_outs_agree"].passed
    checked.now = NOW + timedelta(days=1)
    assert not checked.judge("traffic", DAY, TODAY)["ins_and_outs_agree"].passed


def test_if_only_one_of_the_two_is_read_the_check_passes(checked: Checked) -> None:
    checked.sql(f"UPDATE {W}.traffic SET sumouts = NULL")
    assert checked.judge("traffic", DAY)["ins_and_outs_agree"].passed
