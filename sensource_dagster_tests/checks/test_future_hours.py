"""An hour that has not begun is named, with the sensor whose clock is ahead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sensource_dagster_tests.checks.checked import NOW, TODAY, Checked, found, number

W = "sensource"
NAME = "no_hours_in_the_future"


@pytest.mark.parametrize(("table", "entity"), [("traffic", "zone_id"), ("occupancy", "space_id")])
def test_a_zone_or_space_whose_hours_are_ahead_is_named_until_they_have_begun(
    checked: Checked, table: str, entity: str
) -> None:
    checked.sql(f"DELETE FROM {W}.{table} WHERE record_date_hour_1 > TIMESTAMPTZ '{NOW}'")
    assert checked.evaluate(NAME, table).passed  # it is 18:20
    [(ahead,)] = checked.sql(f"SELECT min({entity}) FROM {W}.{table}")
    checked.sql(
        f"UPDATE {W}.{table} SET record_date_hour_1 = record_date_hour_1 + INTERVAL 3 HOUR "
        f"WHERE {entity} = '{ahead}' AND record_date_hour_1 >= TIMESTAMPTZ '2025-12-10 15:00:00Z'"
    )

    judged = checked.evaluate(NAME, table)
    [row] = found(judged)
    assert (row[entity], row["day"], row["last_hour"]) == (ahead, str(TODAY), "2025-12-10 21:00:00+00:00")
    assert number(judged, "hours_in_future") == row["hours_in_future"] == 3
    assert str(judged.description).startswith(
        f"3 hours of {table} had not begun at 2025-12-10 18:20 UTC, on 1 {entity.removesuffix('_id')} day. "
        "The clock of the sensor is ahead"
    )

    checked.now = NOW + timedelta(hours=2, minutes=30)
    assert number(checked.evaluate(NAME, table), "hours_in_future") == 1
    checked.now = NOW + timedelta(hours=2, minutes=40)  # 21:00
    judged = checked.evaluate(NAME, table)
    assert judged.passed
    assert str(judged.description).startswith(f"Every hour of {table} has begun.")


def test_a_run_of_an_old_day_names_them_too(checked: Checked) -> None:
    """One of the simulated sensors is an hour ahead."""
    [(zone, hours)] = checked.sql(
        f"SELECT zone_id, count(*) FROM {W}.traffic WHERE record_date_hour_1 > TIMESTAMPTZ '{NOW}' GROUP BY 1"
    )
    judged = checked.evaluate(NAME, "traffic", TODAY - timedelta(days=30))
    assert [(row["zone_id"], row["hours_in_future"]) for row in found(judged)] == [(zone, hours)]
