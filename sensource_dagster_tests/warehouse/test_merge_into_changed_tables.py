"""The changes that a user makes to our tables stay. If a merge cannot handle one, its error says what to do."""

from __future__ import annotations

from datetime import date

import pytest

from sensource_dagster.errors import WarehouseError
from sensource_dagster_tests.warehouse.samples import Store, column, count, in_both_files_and_a_lake

DAY = date(2025, 12, 1)


@pytest.mark.parametrize(
    ("breakage", "message"),
    [
        ("ALTER TABLE {s}.traffic ALTER sumins TYPE DOUBLE", "sumins is DOUBLE in the warehouse, but BIGINT"),
        ("ALTER TABLE {s}.traffic ALTER name TYPE JSON USING to_json(name)", "name is JSON in the warehouse"),
        ("ALTER TABLE {s}.traffic ALTER record_date_hour_1 TYPE TIMESTAMP", "but TIMESTAMPTZ in the contract"),
        ("ALTER TABLE {s}.traffic DROP zone_id", "zone_id is missing in the warehouse"),
        ("ALTER TABLE {s}.traffic ALTER note SET NOT NULL", "NOT NULL constraint failed: traffic.note"),
        ("CREATE UNIQUE INDEX one_each ON {s}.traffic(record_date)", "one_each|[Dd]uplicate|unique"),
        ("CREATE INDEX slow ON {s}.traffic(sumins)", 'DROP INDEX "(w|sensource)"."sensource"."slow"'),
    ],
)
def test_a_merge_that_fails_changes_no_row_and_says_what_to_do(store: Store, breakage: str, message: str) -> None:
    store.put(count(ins=3, extra=1), count(at=30, ins=4, extra=1))
    store.sql("ALTER TABLE {s}.traffic ADD COLUMN note VARCHAR DEFAULT 'mine'")
    store.sql("ALTER TABLE {s}.traffic ALTER note DROP DEFAULT", breakage)
    before = store.sql("SELECT * FROM {s}.traffic ORDER BY record_date_hour_1")
    types = store.types()
    with pytest.raises(WarehouseError, match=message) as raised:
        store.put(count(ins=5, extra="text", new=1), count("z2"), count("z3"))
    assert "Nothing was written" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert store.sql("SELECT * FROM {s}.traffic ORDER BY record_date_hour_1") == before
    assert store.types() == types


def test_a_row_that_violates_a_constraint_of_the_user_fails_the_whole_merge(store: Store) -> None:
    store.sql(
        "CREATE SCHEMA {s}",
        "CREATE TABLE {s}.traffic (zone_id VARCHAR, record_date_hour_1 TIMESTAMPTZ, "
        "sumins BIGINT CHECK (sumins < 8))",
    )
    store.put(count(ins=3))
    before = store.rows()
    said = r"^Table traffic: .*CHECK.* Nothing was written\. The sync did not make this constraint: drop it"
    with pytest.raises(WarehouseError, match=said):
        store.put(count(ins=4), count("z2", ins=9))
    assert store.rows() == before


@in_both_files_and_a_lake
@pytest.mark.parametrize(
    "breakage",
    ["ALTER TABLE {s}.traffic ALTER sumins TYPE DOUBLE", "CREATE INDEX slow ON {s}.traffic(sumins)"],
)
def test_the_merge_works_after_the_statement_in_the_error_was_run(store: Store, breakage: str) -> None:
    store.put(count(extra=1))
    store.sql(breakage)
    with pytest.raises(WarehouseError) as raised:
        store.put(count(ins=5, extra=2.5))
    text = str(raised.value)
    if "ALTER TABLE" in text:
        store.sql(*text[text.index("ALTER TABLE") :].rstrip(";").split("; "))
    else:
        store.sql(text[text.index("DROP INDEX") :].split(";", maxsplit=1)[0])
    assert store.put_and_count(count(ins=5, extra=2.5)) == (0, 1, 0)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE {s}.traffic ADD COLUMN note VARCHAR DEFAULT 'mine'",
        "CREATE INDEX plain ON {s}.traffic(zone_id)",
        "CREATE INDEX plain ON {s}.traffic(record_date)",
        "CREATE INDEX plain ON {s}.traffic(sumins)",
        "CREATE UNIQUE INDEX plain ON {s}.traffic(zone_id, record_date_hour_1)",
        "ALTER TABLE {s}.traffic ADD PRIMARY KEY (zone_id, record_date_hour_1)",
        "ALTER TABLE {s}.traffic RENAME sumins TO SUMINS",
        "ALTER TABLE {s}.traffic DROP sumouts",
        "ALTER TABLE {s}.traffic DROP record_date",
        "ALTER TABLE {s}.traffic DROP _synced_at",
        "ALTER TABLE {s}.traffic ALTER sumins SET DEFAULT 5",
    ],
)
def test_the_merge_works_after_a_user_added_or_dropped_something(store: Store, change: str) -> None:
    store.put(count(), count(at=1))
    store.sql(change)
    assert store.put_and_count(count(ins=5), count(at=2)) == (1, 1, 0)
    assert store.put_and_count(count(ins=6), count(at=1, ins=7, new=1), count(at=3)) == (1, 2, 0)
    assert store.put_and_count(count(ins=6), count(at=1, ins=7, new=1), count(at=3)) == (0, 0, 3)
    values = store.sql("SELECT sumins, sumouts, record_date FROM {s}.traffic ORDER BY record_date_hour_1")
    assert [row[0] for row in values] == [6, 7, 1, 1]
    assert {(row[1], row[2]) for row in values} == {(2, DAY)}


def test_rows_from_before_the_contract_had_local_hours_get_those_of_the_zone(store: Store) -> None:
    store.put(count(), zone="America/Denver")
    store.sql("ALTER TABLE {s}.traffic DROP record_hour")
    store.put(count(at=1), zone="America/Denver")
    assert [local.hour for local in column(store.rows(), "record_hour")] == [17, 18]


def test_a_view_of_the_user_works_after_merges_and_new_columns(store: Store) -> None:
    store.put(count())
    store.sql("CREATE VIEW {s}.mine AS SELECT zone_id, sumins FROM {s}.traffic")
    assert store.put_and_count(count(ins=5, new=1), count("z2")) == (1, 1, 0)
    assert store.put_and_count(count(ins=5, new="text"), count("z2")) == (0, 1, 1)
    assert store.sql("SELECT * FROM {s}.mine ORDER BY 1") == [("z1", 5), ("z2", 1)]


def test_a_column_of_the_user_keeps_its_values_and_gets_no_new_ones(store: Store) -> None:
    store.put(count())
    store.sql("ALTER TABLE {s}.traffic ADD COLUMN note VARCHAR", "UPDATE {s}.traffic SET note = 'holiday'")
    store.put(count(ins=5), count("z2"))
    assert column(store.rows(), "note") == ["holiday", None]


@pytest.mark.parametrize("statement", ['CREATE SCHEMA "{name}"', 'ALTER TABLE {s}.traffic RENAME TO "Traffic"'])
def test_the_case_of_a_schema_or_table_name_does_not_matter(store: Store, statement: str) -> None:
    if "SCHEMA" not in statement:
        store.put(count("z0"))
        store.sql("CREATE TABLE main.aside AS FROM {s}.traffic", "DROP TABLE {s}.traffic")
        store.sql('CREATE TABLE {s}."Traffic" AS FROM main.aside')
    else:
        store.sql(statement.replace("{name}", "SenSource"))
    store.put(count())
    assert store.put_and_count(count(ins=5)) == (0, 1, 0)
