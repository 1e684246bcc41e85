"""Entities that have counts but are not listed, and joins that miss."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dagster import AssetCheckSeverity

from sensource_dagster_tests.checks.checked import Checked, evaluations, found, number

DAY = date(2025, 12, 3)
W = "sensource"


@pytest.mark.parametrize(("table", "entity"), [("traffic", "zone"), ("occupancy", "space")])
def test_an_entity_with_counts_that_is_not_listed_is_named_with_its_days(
    checked: Checked, table: str, entity: str
) -> None:
    assert checked.evaluate("entities_are_listed", table, DAY).passed
    [(one,)] = checked.sql(f"SELECT min({entity}_id) FROM {W}.{table}")
    checked.sql(f"UPDATE {W}.{entity} SET {entity}_id = 'another' WHERE {entity}_id = '{one}'")
    result = checked.run(table, DAY - timedelta(days=1), DAY)
    assert result.success
    listed = evaluations(result)["entities_are_listed"]
    assert not listed.passed
    assert listed.severity is AssetCheckSeverity.WARN
    assert number(listed, f"unlisted_{entity}s") == 1
    [row] = found(listed)
    assert (row[f"{entity}_id"], row["first_day"], row["last_day"]) == (one, "2025-12-02", "2025-12-03")
    [(hours,)] = checked.sql(
        f"SELECT count(*) FROM {W}.{table} WHERE {entity}_id = '{one}' "
        f"AND record_date BETWEEN '2025-12-02' AND '{DAY}'"
    )
    assert row["hours"] == hours > 24


def test_an_entity_that_is_listed_as_deleted_passes(checked: Checked) -> None:
    checked.sql(f"UPDATE {W}.zone SET _deleted = true")
    assert checked.evaluate("entities_are_listed", "traffic", DAY).passed


def test_the_missed_joins_of_the_account_are_counted(checked: Checked) -> None:
    # The simulated account lists no sensor for one zone, and no location for one site.
    for table, column, missed in (("zone", "sensor_id", 1), ("sensor", "site_id", 0), ("site", "location_id", 1)):
        hit = checked.evaluate("joins_hit", table)
        assert number(hit, "missed_joins") == missed
        assert hit.passed is (missed == 0)
        if missed:
            [row] = found(hit)
            assert row[f"{table}_id"]
            assert row[column]


@pytest.mark.parametrize(
    ("table", "target"), [("zone", "sensor"), ("sensor", "site"), ("site", "location"), ("space", "location")]
)
def test_a_new_missed_join_is_named_unless_its_row_is_deleted(checked: Checked, table: str, target: str) -> None:
    before = number(checked.evaluate("joins_hit", table), "missed_joins")
    [(one, joined)] = checked.sql(
        f"SELECT min({table}_id), {target}_id FROM {W}.{table} SEMI JOIN {W}.{target} USING ({target}_id) "
        "GROUP BY 2 ORDER BY 1 LIMIT 1"
    )
    checked.sql(f"DELETE FROM {W}.{target} WHERE {target}_id = '{joined}'")
    hit = checked.evaluate("joins_hit", table)
    assert number(hit, "missed_joins") > before
    assert hit.severity is AssetCheckSeverity.WARN
    assert one in {row[f"{table}_id"] for row in found(hit)}
    checked.sql(f"UPDATE {W}.{table} SET _deleted = true")
    assert checked.evaluate("joins_hit", table).passed


def test_a_row_with_null_instead_of_an_id_is_a_missed_join_too(checked: Checked) -> None:
    checked.sql(f"UPDATE {W}.sensor SET site_id = NULL")
    hit = checked.evaluate("joins_hit", "sensor")
    assert number(hit, "missed_joins") == checked.sql(f"SELECT count(*) FROM {W}.sensor")[0][0]
