"""Rows that do not fit are named with their entity and day, by the checks of their days and of their list."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dagster import AssetCheckSeverity

from sensource_dagster.warehouse.column_type import change_type
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.checks.checked import TODAY, Checked, evaluations, failed_checks, found, number

DAY = date(2025, 12, 3)
W = "sensource"


def reject(checked: Checked, table: str, entity: str | None, day: date | None) -> None:
    entity_id = f"'{entity}'" if entity else "NULL"
    hour, local_day = (f"'{day} 20:00:00Z'", f"'{day}'") if day else ("NULL", "NULL")
    checked.sql(
        f"INSERT INTO {W}.rejected VALUES ('{table}', {entity_id}, {hour}, {local_day}, "
        f"""'sumins (BIGINT): …', '{{"name": "Door", "sumins": "many"}}', '2025-12-10')"""
    )


@pytest.mark.parametrize("table", ["traffic", "occupancy"])
def test_a_rejected_row_of_counts_is_named_on_its_day(checked: Checked, table: str) -> None:
    passed = checked.evaluate("no_rows_rejected", table, DAY)
    assert passed.passed
    assert passed.description == f"Every row of {table} on {DAY} that Vea sent fits the table."
    reject(checked, table, "e1", DAY)
    result = checked.run(table, DAY)
    assert result.success
    check = evaluations(result)["no_rows_rejected"]
    assert not check.passed
    assert check.severity is AssetCheckSeverity.WARN
    assert number(check, "rejected_rows") == 1
    [row] = found(check)
    entity = "zone_id" if table == "traffic" else "space_id"
    assert (row[entity], row["name"], row["day"], row["reason"]) == ("e1", "Door", str(DAY), "sumins (BIGINT): …")
    assert str(check.description).startswith(f"1 row of {table} on {DAY} that Vea sent do not fit the table.")
    assert "sensource.rejected" in str(check.description)
    assert checked.evaluate("no_rows_rejected", table, DAY + timedelta(days=1)).passed


def test_a_rejected_entry_of_a_list_is_named_without_a_day(checked: Checked) -> None:
    reject(checked, "zone", None, None)
    check = checked.evaluate("no_rows_rejected", "zone")
    assert not check.passed
    [row] = found(check)
    assert (row["zone_id"], row["name"]) == (None, "Door")
    assert str(check.description).startswith("1 row of zone that Vea sent do not fit the table.")
    others = checked.evaluate("no_rows_rejected", "space")
    assert (others.passed, others.description) == (True, "Every row of space that Vea sent fits the table.")


def test_a_warehouse_without_the_table_has_no_rejected_rows(checked: Checked) -> None:
    checked.sql(f"DROP TABLE {W}.rejected")
    assert checked.evaluate("no_rows_rejected", "traffic", DAY).passed


def test_the_checks_read_lists_whose_columns_are_text_now(checked: Checked) -> None:
    before = failed_checks(checked.judge("traffic", DAY - timedelta(days=7), TODAY))
    with warehouse_of(checked.settings.warehouse, 5).open() as connection:
        for column in ("disabled", "created_at", "perimeter"):
            change_type(connection, f"{W}.zone", column, "VARCHAR", f"CAST({column} AS VARCHAR)")
    assert failed_checks(checked.judge("traffic", DAY - timedelta(days=7), TODAY)) == before
