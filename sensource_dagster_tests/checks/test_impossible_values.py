"""Impossible values are named. They do not fail the run, since Vea sent them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from dagster import AssetCheckSeverity

from sensource_dagster_tests.checks.checked import Checked, evaluations, found, number

DAY = date(2025, 12, 3)
W = "sensource"
AT = f"WHERE record_date_hour_1 = TIMESTAMPTZ '{DAY} 20:00:00Z'"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("traffic", "sumins"),
        ("traffic", "sumouts"),
        *(("occupancy", name) for name in ("maxoccupancy", "minoccupancy", "avgoccupancy", "sumins", "sumouts")),
    ],
)
def test_a_count_below_zero_is_named_with_its_hour(checked: Checked, table: str, column: str) -> None:
    assert checked.evaluate("counts_are_not_negative", table, DAY).passed
    entity = "zone_id" if table == "traffic" else "space_id"
    [(one,)] = checked.sql(f"SELECT min({entity}) FROM {W}.{table} {AT}")
    checked.sql(f"UPDATE {W}.{table} SET {column} = -1 {AT} AND {entity} = '{one}'")
    result = checked.run(table, DAY)
    assert result.success
    negative = evaluations(result)["counts_are_not_negative"]
    assert not negative.passed
    assert negative.severity is AssetCheckSeverity.WARN
    assert number(negative, "negative_hours") == 1
    [row] = found(negative)
    assert (row[entity], row["day"], row[column]) == (one, str(DAY), -1)
    assert checked.evaluate("counts_are_not_negative", table, DAY + timedelta(days=1)).passed


def test_a_silenced_zone_with_a_count_below_zero_does_not_fail(checked: Checked, tmp_path: Path) -> None:
    zones = [zone for (zone,) in checked.sql(f"SELECT zone_id FROM {W}.traffic {AT} ORDER BY 1")]
    file = tmp_path / "alarms.toml"
    file.write_text(
        f'[[quiet]]\nzone = "{zones[0]}"\ncheck = "counts_are_not_negative"\n'
        'until = 2025-12-31\nreason = "Known."\n'
    )
    quiet = Checked(replace(checked.settings, alarms=file))
    for zone, passes in zip(zones, (True, False), strict=False):
        checked.sql(f"UPDATE {W}.traffic SET sumins = -1 {AT} AND zone_id = '{zone}'")
        result = quiet.evaluate("counts_are_not_negative", "traffic", DAY)
        assert result.passed is passes
        assert "1 zone is silenced until 2025-12-31: Known." in str(result.description)
        assert len(found(result)) == (1 if passes else 2)


@pytest.mark.parametrize(
    ("least", "mean", "most", "passed"),
    [
        (1, 1.0, 1, True),
        (0, 2.5, 9, True),
        (2, 1.9, 3, False),
        (1, 3.1, 3, False),
        (4, 3.5, 3, False),
        (4, "NULL", 3, False),
        ("NULL", 2.0, 3, True),
        ("NULL", "NULL", "NULL", True),
    ],
)
def test_minimum_mean_and_maximum_are_in_order_if_they_are_known(
    checked: Checked, least: object, mean: object, most: object, passed: bool
) -> None:
    checked.sql(
        f"UPDATE {W}.occupancy SET minoccupancy = {least}, avgoccupancy = {mean}, maxoccupancy = {most} {AT}"
    )
    order = checked.evaluate("occupancy_is_in_order", "occupancy", DAY)
    assert order.passed is passed
    if not passed:
        assert order.severity is AssetCheckSeverity.WARN
        assert {row["day"] for row in found(order)} == {str(DAY)}
        assert number(order, "disordered_hours") == len(found(order)) > 0
