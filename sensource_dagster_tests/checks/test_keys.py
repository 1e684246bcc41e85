"""Repeated keys, keys with a null part and wrong days are named, and they fail the run."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from dagster import AssetCheckSeverity

from sensource_dagster_tests.checks.checked import Checked, evaluations, failed_checks, found, number
from sensource_dagster_tests.end_to_end.sync import error_text

DAY = date(2025, 12, 3)
OURS = {"key_is_unique", "days_are_local"}
W = "sensource"


def test_a_healthy_warehouse_passes_both_checks(checked: Checked) -> None:
    for table in ("traffic", "occupancy", "location", "site", "zone", "space", "sensor"):
        judged = checked.judge(table, date(2025, 11, 1), date(2025, 12, 10))
        assert judged["key_is_unique"].passed
        assert not failed_checks(judged) & OURS
        if table in ("traffic", "occupancy"):
            assert number(judged["days_are_local"], "rows_on_wrong_day") == 0


@pytest.mark.parametrize(("table", "entity"), [("traffic", "zone_id"), ("occupancy", "space_id")])
def test_a_repeated_row_fails_the_run_and_is_named(checked: Checked, table: str, entity: str) -> None:
    [(one, hour)] = checked.sql(
        f"SELECT {entity}, record_date_hour_1 FROM {W}.{table} WHERE record_date = '{DAY}' ORDER BY ALL LIMIT 1"
    )
    checked.sql(
        f"INSERT INTO {W}.{table} SELECT * FROM {W}.{table} "
        f"WHERE {entity} = '{one}' AND record_date_hour_1 = TIMESTAMPTZ '{hour}'"
    )
    result = checked.run(table, date(2025, 11, 1), date(2025, 12, 10))
    assert not result.success
    assert "key_is_unique" in error_text(result)
    judged = evaluations(result)
    assert failed_checks(judged) & OURS == {"key_is_unique"}
    key = judged["key_is_unique"]
    assert key.severity is AssetCheckSeverity.ERROR
    assert number(key, "faulty_keys") == 1
    [row] = found(key)
    assert (row[entity], row["day"], row["rows"]) == (one, str(DAY), 2)
    assert datetime.fromisoformat(str(row["record_date_hour_1"])) == hour


def test_days_next_to_the_judged_days_are_not_judged(checked: Checked) -> None:
    checked.sql(f"INSERT INTO {W}.traffic SELECT * FROM {W}.traffic WHERE record_date = '{DAY}'")
    for day in (DAY - timedelta(days=1), DAY + timedelta(days=1)):
        assert checked.evaluate("key_is_unique", "traffic", day).passed
    assert number(checked.evaluate("key_is_unique", "traffic", DAY), "faulty_keys") > 100


@pytest.mark.parametrize("column", ["zone_id", "record_date_hour_1"])
def test_a_row_with_a_null_part_of_its_key_is_found(checked: Checked, column: str) -> None:
    checked.sql(
        f"CREATE TABLE {W}.copied AS FROM {W}.traffic",
        f"DROP TABLE {W}.traffic",
        f"ALTER TABLE {W}.copied RENAME TO traffic",
        f"UPDATE {W}.traffic SET {column} = NULL WHERE record_date_hour_1 = TIMESTAMPTZ '{DAY} 20:00:00Z'",
    )
    key = checked.evaluate("key_is_unique", "traffic", DAY)
    assert not key.passed
    assert all(row[column] is None for row in found(key))


@pytest.mark.parametrize("table", ["location", "site", "zone", "space", "sensor"])
def test_a_repeated_row_of_a_list_is_found(checked: Checked, table: str) -> None:
    checked.sql(f"INSERT INTO {W}.{table} FROM {W}.{table} ORDER BY ALL LIMIT 1")
    result = checked.run(table)
    assert not result.success
    key = evaluations(result)["key_is_unique"]
    assert [(row["rows"], {*row}) for row in found(key)] == [(2, {f"{table}_id", "name", "rows"})]


def test_only_the_first_50_are_listed_but_all_are_counted(checked: Checked) -> None:
    checked.sql(f"INSERT INTO {W}.traffic SELECT * FROM {W}.traffic")
    key = checked.evaluate("key_is_unique", "traffic", date(2025, 10, 27), date(2025, 12, 10))
    assert number(key, "faulty_keys") == checked.sql(f"SELECT count(*) // 2 FROM {W}.traffic")[0][0]
    assert len(found(key)) == 50
    assert "The first 50 are listed." in str(key.description)


def test_a_row_with_a_wrong_day_is_found_from_either_day(checked: Checked) -> None:
    hour = datetime(2025, 12, 3, 6, tzinfo=timezone.utc)  # 23:00 of the 2nd in Denver
    [(rows,)] = checked.sql(
        f"UPDATE {W}.traffic SET record_date = '{DAY}' WHERE record_date_hour_1 = TIMESTAMPTZ '{hour}'"
    )
    assert rows
    for day in (DAY, DAY - timedelta(days=1)):
        result = checked.run("traffic", day)
        assert not result.success
        judged = evaluations(result)
        assert failed_checks(judged) & OURS == {"days_are_local"}
        local = judged["days_are_local"]
        assert local.severity is AssetCheckSeverity.ERROR
        assert number(local, "rows_on_wrong_day") == rows
        [row] = found(local)
        assert (row["day"], row["local_day"], row["rows"]) == (str(DAY), "2025-12-02", rows)
        assert row["zone_id"]
    assert checked.evaluate("days_are_local", "traffic", DAY + timedelta(days=1)).passed


def test_a_changed_time_zone_is_found_and_the_text_says_what_to_do(checked: Checked) -> None:
    checked.sql(f"UPDATE {W}.traffic SET record_date = record_date_hour_1::DATE")  # days in UTC
    local = checked.evaluate("days_are_local", "traffic", DAY)
    assert not local.passed
    assert "SENSOURCE_TIMEZONE was changed" in str(local.description)
    assert "`sensource rezone`" in str(local.description)
