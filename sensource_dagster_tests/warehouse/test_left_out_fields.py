"""A field that a row does not carry is null if it describes the row, and stays if it is a measure."""

from __future__ import annotations

from typing import Any

import pytest

from sensource_dagster_tests.warehouse.samples import Row, Store, count, hour

# The other rows of the same response: none, one that carries every field, and one that carries none.
WHOLE = count("z2", newField=7, text="b", recordError="b")
COMPANY: list[list[Row]] = [
    [],
    [WHOLE],
    [{"zoneId": "z3", "recordDate_hour_1": hour(0)}],
]
company = pytest.mark.parametrize(
    "others", COMPANY, ids=["alone", "with one that has all", "with one that has none"]
)


def without(row: Row, *fields: str) -> Row:
    return {field: value for field, value in row.items() if field not in fields}


def first(store: Store) -> dict[str, Any]:
    return next(row for row in store.rows() if row["zone_id"] == "z1")


@company
@pytest.mark.parametrize(
    ("field", "column"), [("name", "name"), ("text", "text"), ("recordError", "record_error")]
)
def test_a_descriptive_field_that_a_row_does_not_carry_is_null(
    store: Store, others: list[Row], field: str, column: str
) -> None:
    row = count(text="a", recordError="a")
    store.put(row, WHOLE)

    days = store.put(without(row, field), *others).days.values()

    assert first(store)[column] is None
    assert sum(day.updated for day in days) == 1
    assert sum(day.kept for day in days) == 0


@company
@pytest.mark.parametrize(("field", "column"), [("sumins", "sumins"), ("newField", "new_field")])
def test_a_measure_that_a_row_does_not_carry_keeps_its_value_and_is_counted(
    store: Store, others: list[Row], field: str, column: str
) -> None:
    row = count(newField=5)
    store.put(row, WHOLE)
    before = first(store)

    days = store.put(without(row, field), *others).days.values()

    assert first(store) == before
    assert sum(day.kept for day in days) == 1
    assert sum(day.corrected + day.updated for day in days) == 0


@pytest.mark.parametrize("kind", ["INTEGER", "DECIMAL(9,2)"])
def test_a_number_whose_type_the_user_has_chosen_is_a_measure_too(store: Store, kind: str) -> None:
    store.put(count(newField=5))
    store.sql(f"ALTER TABLE {{s}}.traffic ALTER new_field TYPE {kind}")

    for others in COMPANY:
        store.put(count(), *others)

    assert first(store)["new_field"] == 5


def test_a_measure_that_comes_as_null_is_null(store: Store) -> None:
    store.put(count())

    [day] = store.put(count(ins=None), without(count("z2"), "sumins")).days.values()

    assert first(store)["sumins"] is None
    assert (day.corrected, day.kept) == (1, 0)


def test_a_row_that_changes_without_carrying_a_measure_is_written_with_the_value_it_had(store: Store) -> None:
    store.put(count(ins=1, outs=2), count("z2"))

    [day] = store.put(without(count(ins=5), "sumouts"), count("z2")).days.values()

    assert (first(store)["sumins"], first(store)["sumouts"]) == (5, 2)
    assert (day.corrected, day.unchanged, day.kept) == (1, 1, 1)


def test_the_last_of_two_rows_with_the_same_key_says_which_fields_there_are(store: Store) -> None:
    store.put(count(ins=1))

    store.put(count(ins=5), without(count(ins=9), "sumins"))

    assert first(store)["sumins"] == 1


def test_a_metric_that_is_no_longer_requested_keeps_its_values(store: Store) -> None:
    store.put(count(outs=2), count("z2", outs=3))

    [day] = store.put(*(without(count(zone), "sumouts") for zone in ("z1", "z2"))).days.values()

    assert [row["sumouts"] for row in store.rows()] == [2, 3]
    assert (day.unchanged, day.kept) == (2, 2)


@pytest.mark.parametrize("others", [[], [{"spaceId": "b", "name": "B", "maxCapacity": 9}]])
def test_each_field_that_an_entry_of_a_list_does_not_carry_is_null(store: Store, others: list[Row]) -> None:
    store.put({"spaceId": "a", "name": "A", "maxCapacity": 5}, {"spaceId": "b", "name": "B"}, table="space")

    store.put({"spaceId": "a", "name": "A"}, *others, table="space")

    assert store.rows("space")[0]["max_capacity"] is None


def test_a_field_whose_column_has_no_mark_yet_is_known_from_its_next_value_on(store: Store) -> None:
    store.put(count(text="a"), count("z2", text="b"))
    store.sql("COMMENT ON COLUMN {s}.traffic.text IS NULL")
    store.put(count(), count("z2"))
    assert [row["text"] for row in store.rows()] == ["a", "b"]  # it may be the user's own

    store.put(count(text="c"), count("z2", text=None))
    store.put(count(), count("z2"))

    assert [row["text"] for row in store.rows()] == [None, None]


def test_a_comment_of_the_user_on_a_column_stays_and_makes_it_theirs(store: Store) -> None:
    store.put(count(text="a"))
    store.sql("COMMENT ON COLUMN {s}.traffic.text IS 'mine'")

    store.put(count(text="b"))
    store.put(count())

    assert first(store)["text"] == "b"
    comment = "SELECT comment FROM duckdb_columns() WHERE table_name = 'traffic' AND column_name = 'text'"
    assert store.sql(comment) == [("mine",)]


def test_a_column_of_the_user_is_no_field_and_keeps_its_values(store: Store) -> None:
    store.put(count(text="a"))
    store.sql("ALTER TABLE {s}.traffic ADD COLUMN note VARCHAR", "UPDATE {s}.traffic SET note = 'mine'")

    store.put(count(ins=5))

    assert (first(store)["note"], first(store)["text"]) == ("mine", None)
