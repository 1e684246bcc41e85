"""Merging any sequence of answers ends in the last value of each key, and touches nothing else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sensource_dagster.frames import counts_frame, list_frame
from sensource_dagster.tables import LISTS, TABLES
from sensource_dagster.warehouse.connection import Warehouse, WarehouseError
from sensource_dagster.warehouse.merge import Tally, merge
from sensource_dagster_tests.warehouse.samples import FIRST, KEEP, Row, Store, column, count, table_rows

DAY = date(2025, 12, 1)


@pytest.fixture
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Store:
    return Store(tmp_path / getattr(request, "param", "w.duckdb"))


# DuckDB names a database after its file, and then calls our schema's name ambiguous in the second.
in_both_files = pytest.mark.parametrize("store", ["w.duckdb", "sensource.duckdb"], indirect=True)


def tally(store: Store, *rows: Row) -> tuple[int, int, int]:
    days = store.put(*rows).days.values()
    return (sum(d.inserted for d in days), sum(d.corrected for d in days), sum(d.unchanged for d in days))


@in_both_files
def test_rows_are_inserted_corrected_or_left_and_counted_by_day(store: Store) -> None:
    assert store.put(count(), count("z2"), count(at=25)).days == {
        DAY: Tally(2, 0, 0, 0, 2, {"ins": 2, "outs": 4}),
        DAY + timedelta(days=1): Tally(1, 0, 0, 0, 1, {"ins": 1, "outs": 2}),
    }
    assert store.put(count(ins=9), count("z2"), count("z3")).days == {
        DAY: Tally(1, 0, 1, 1, 3, {"ins": 11, "outs": 6})
    }
    assert [(r["zone_id"], r["sumins"], (r["_synced_at"] - FIRST).seconds // 3600) for r in store.rows()] == [
        ("z1", 9, 1),
        ("z1", 1, 0),
        ("z2", 1, 0),
        ("z3", 1, 1),
    ]


@pytest.mark.parametrize("field", ["sumins", "name", "other"])
@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("1", None), ("1", "2")])
def test_a_value_that_appears_vanishes_or_changes_is_a_correction(
    store: Store, field: str, before: Any, after: Any
) -> None:
    store.put({**count(), field: before})
    assert tally(store, {**count(), field: after}) == (0, 1, 0)
    assert tally(store, {**count(), field: after}) == (0, 0, 1)


def test_a_rerun_leaves_every_value_of_every_row_as_it_was(store: Store) -> None:
    rows = [count(z, h, ins=h, extra={"b": [h, None], "a": "é"}) for z in ("z1", "z2") for h in range(30)]
    store.put(*rows)
    before = store.rows()
    for again in (rows, rows[::-1], rows[3:9], [dict(reversed(row.items())) for row in rows]):
        assert tally(store, *again) == (0, 0, len(again))
        assert store.rows() == before


def test_a_row_that_the_api_no_longer_returns_stays(store: Store) -> None:
    store.put(count("z1"), count("z2"), count("z1", 1))
    before = store.rows()
    store.put(count("z1"))
    store.put()
    assert store.rows() == before


def test_columns_are_merged_by_name_whatever_their_order(store: Store) -> None:
    store.put(count(ins=1, outs=2))
    table = TABLES["zone"]
    frame, _ = list_frame(table, [{"zoneId": "a", "name": "n", "deviceId": "d", "sensorId": "s"}])
    for columns in (["name", "zone_id", "sensor_id", "device_id"], ["device_id", "sensor_id", "name", "zone_id"]):
        with store.warehouse.open() as connection:
            merge(connection, table, frame[columns], FIRST, KEEP)
    [zone] = store.rows("zone")
    assert (zone["zone_id"], zone["name"], zone["device_id"], zone["sensor_id"]) == ("a", "n", "d", "s")


def test_a_column_that_the_frame_lacks_keeps_its_values(store: Store) -> None:
    store.put(count(extra="kept"))
    only_ins = count(ins=5)
    del only_ins["sumouts"]
    assert tally(store, only_ins, {**only_ins, "zoneId": "z2"}) == (1, 1, 0)
    assert [(r["sumins"], r["sumouts"], r["extra"]) for r in store.rows()] == [(5, 2, "kept"), (5, None, None)]


def test_another_order_of_an_objects_keys_is_no_correction(store: Store) -> None:
    assert tally(store, count(x={"a": 1, "b": {"c": 2, "d": 3}})) == (1, 0, 0)
    assert tally(store, count(x={"b": {"d": 3, "c": 2}, "a": 1})) == (0, 0, 1)
    assert tally(store, count(x={"b": {"d": 3, "c": 2}, "a": 2})) == (0, 1, 0)


@pytest.mark.parametrize("value", [1e22, -4.8e186, 1e-7, 5.0, "\x0b\x1f", "\x00", "é/\\\"'", 2**63 - 1, True])
def test_a_value_is_no_correction_of_itself_in_whichever_company_it_comes(store: Store, value: Any) -> None:
    other = [1] if isinstance(value, str) else "text"
    store.put(count(x=value), count("z2", x=other))
    for company in ([], [count("z3", x=other)], [count("z4", x=2.5)]):
        inserted, corrected, unchanged = tally(store, count(x=value), *company)
        assert (inserted, corrected, unchanged) == (len(company), 0, 1)


@pytest.mark.parametrize(
    "text", ['it\'s "quoted"\n\r\t😀', "'; DROP TABLE sensource.traffic; --", "\x00", "$synced_at ? {} %s", ""]
)
def test_text_is_kept_as_it_is_in_keys_values_and_json(store: Store, text: str) -> None:
    for _ in range(2):
        store.put(count(text, name=text, extra=text, tree={text: [text]}), count("other"))
    row = next(row for row in store.rows() if row["zone_id"] == text)
    assert (row["name"], row["extra"], json.loads(row["tree"])) == (text, text, {text: [text]})
    assert len(store.rows()) == 2


@pytest.mark.parametrize(
    "field",
    ['a"b', "x'; DROP TABLE traffic", "s", "t", "frame", "incoming", "rowid", "~change", "select", "\u65e5\u672c"],
)
def test_a_field_of_any_name_is_kept_and_corrected(store: Store, field: str) -> None:
    keeps_a_field(store, field)


@pytest.mark.parametrize("field", ["\x00", "", "SUMINS_2", "x" * 300, "$synced_at", "recordDate"])
def test_a_field_of_any_name_is_kept_apart_from_ours(store: Store, field: str) -> None:
    keeps_a_field(store, field)


def keeps_a_field(store: Store, field: str) -> None:
    assert len(store.put({**count(), field: "one"}, count("z2")).changes) == 1
    assert store.put({**count(), field: "two"}, count("z3")).changes == []
    [row, *others] = store.rows()
    assert [name for name, value in row.items() if value == "two"] == list(store.types())[-1:]
    assert len(others) == 2


@in_both_files
def test_tables_of_the_users_own_with_our_working_names_change_nothing(store: Store) -> None:
    store.put(count())
    names = ("incoming", "compared", "frame", "traffic", "s", "t")
    store.sql(*(f"CREATE TABLE main.{name} AS SELECT 'mine' AS zone_id" for name in names))
    assert tally(store, count(ins=5), count("z2")) == (1, 1, 0)
    assert store.sql("SELECT * FROM main.traffic") == [("mine",)]


def test_many_merges_on_one_connection_leave_nothing_of_the_working_names(tmp_path: Path) -> None:
    with Warehouse(tmp_path / "w.duckdb", 5, {"enable_view_dependencies": "true"}).open() as connection:
        for at in (0, 50, 0):  # new, new, compared
            merge(connection, TABLES["traffic"], _frame(count(at=at)), FIRST, KEEP)
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()

    assert views == []


# Lists


def zones(*ids: str, **fields: Any) -> list[Row]:
    return [{"zoneId": zone, "name": "Main", **fields} for zone in ids]


def deleted(store: Store) -> dict[str, bool]:
    return {row["zone_id"]: row["_deleted"] for row in store.rows("zone")}


@in_both_files
def test_what_vanished_from_a_list_is_marked_and_what_returned_is_not(store: Store) -> None:
    assert store.put(*zones("a", "b", "c"), table="zone").deleted == 0
    assert store.put(*zones("b"), table="zone").deleted == 2
    assert deleted(store) == {"a": True, "b": False, "c": True}
    assert store.put(*zones("b", "c"), table="zone").days[None] == Tally(0, 0, 1, 1, 2, {})
    assert deleted(store) == {"a": True, "b": False, "c": False}
    synced = [(row["_synced_at"] - FIRST).seconds // 3600 for row in store.rows("zone")]
    assert synced == [1, 0, 2]
    assert store.put(*zones("b", "c"), table="zone").deleted == 0
    assert [(row["_synced_at"] - FIRST).seconds // 3600 for row in store.rows("zone")] == synced


@in_both_files
def test_an_empty_list_answer_changes_nothing_and_says_how_to_go_on(store: Store) -> None:
    store.put(*zones("a", "b"), table="zone")
    before = store.rows("zone")
    with pytest.raises(WarehouseError, match="The API listed no zone at all, but the warehouse has 2") as raised:
        store.put(table="zone")
    assert store.rows("zone") == before
    advice = str(raised.value).rsplit(": ", 1)[1]
    store.sql(advice)
    store.put(table="zone")
    assert deleted(store) == {"a": True, "b": True}


@pytest.mark.parametrize("table", LISTS, ids=lambda table: table.name)
def test_an_empty_answer_makes_a_typed_empty_list(store: Store, table: Any) -> None:
    for _ in range(2):
        assert store.put(table=table.name).days == {}
    assert store.rows(table.name) == []
    assert list(store.types(table.name)) == [c.name for c in table.all_columns]


# Failures


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
def test_a_merge_that_fails_leaves_every_row_and_names_what_to_do(
    store: Store, breakage: str, message: str
) -> None:
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


def test_a_check_of_the_users_own_refuses_the_whole_answer(store: Store) -> None:
    store.sql(
        "CREATE SCHEMA {s}",
        "CREATE TABLE {s}.traffic (zone_id VARCHAR, record_date_hour_1 TIMESTAMPTZ, "
        "sumins BIGINT CHECK (sumins < 8))",
    )
    store.put(count(ins=3))
    before = store.rows()
    with pytest.raises(WarehouseError, match=r"CHECK.*The constraint is none of ours: drop it"):
        store.put(count(ins=4), count("z2", ins=9))
    assert store.rows() == before


@in_both_files
@pytest.mark.parametrize(
    "breakage",
    ["ALTER TABLE {s}.traffic ALTER sumins TYPE DOUBLE", "CREATE INDEX slow ON {s}.traffic(sumins)"],
)
def test_the_advice_of_the_error_heals(store: Store, breakage: str) -> None:
    store.put(count(extra=1))
    store.sql(breakage)
    with pytest.raises(WarehouseError) as raised:
        store.put(count(ins=5, extra=2.5))
    text = str(raised.value)
    advice = text[text.index("ALTER TABLE" if "ALTER TABLE" in text else "DROP INDEX") :]
    store.sql(advice.split(";", maxsplit=1)[0])
    assert tally(store, count(ins=5, extra=2.5)) == (0, 1, 0)


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
def test_what_a_user_adds_or_drops_does_not_stop_the_merge(store: Store, change: str) -> None:
    store.put(count(), count(at=1))
    store.sql(change)
    assert tally(store, count(ins=5), count(at=2)) == (1, 1, 0)
    assert tally(store, count(ins=6), count(at=1, ins=7, new=1), count(at=3)) == (1, 2, 0)
    assert tally(store, count(ins=6), count(at=1, ins=7, new=1), count(at=3)) == (0, 0, 3)
    values = store.sql("SELECT sumins, sumouts, record_date FROM {s}.traffic ORDER BY record_date_hour_1")
    assert [row[0] for row in values] == [6, 7, 1, 1]
    assert {(row[1], row[2]) for row in values} == {(2, DAY)}


def test_a_view_of_the_users_own_goes_on_through_merges_and_new_columns(tmp_path: Path) -> None:
    store = Store(tmp_path / "w.duckdb")
    store.put(count())
    store.sql("CREATE VIEW {s}.mine AS SELECT zone_id, sumins FROM {s}.traffic")
    assert tally(store, count(ins=5, new=1), count("z2")) == (1, 1, 0)
    assert tally(store, count(ins=5, new="text"), count("z2")) == (0, 1, 1)
    assert store.sql("SELECT * FROM {s}.mine ORDER BY 1") == [("z1", 5), ("z2", 1)]


def test_a_column_of_the_users_own_keeps_its_values_and_gets_none(store: Store) -> None:
    store.put(count())
    store.sql("ALTER TABLE {s}.traffic ADD COLUMN note VARCHAR", "UPDATE {s}.traffic SET note = 'holiday'")
    store.put(count(ins=5), count("z2"))
    assert column(store.rows(), "note") == ["holiday", None]


@pytest.mark.parametrize("statement", ['CREATE SCHEMA "{name}"', 'ALTER TABLE {s}.traffic RENAME TO "Traffic"'])
def test_another_case_of_a_users_schema_or_table_is_the_same(tmp_path: Path, statement: str) -> None:
    store = Store(tmp_path / "w.duckdb")
    if "SCHEMA" not in statement:
        store.put(count("z0"))
        store.sql("CREATE TABLE main.aside AS FROM {s}.traffic", "DROP TABLE {s}.traffic")
        store.sql('CREATE TABLE {s}."Traffic" AS FROM main.aside')
    else:
        store.sql(statement.replace("{name}", "SenSource"))
    store.put(count())
    assert tally(store, count(ins=5)) == (0, 1, 0)


def test_a_number_too_large_for_a_sum_of_bigints_is_still_counted(store: Store) -> None:
    assert store.put(count(ins=2**63 - 1), count("z2", ins=2**63 - 1)).days[DAY].measures["ins"] == 2**64 - 2


def test_a_measure_without_values_is_none(store: Store) -> None:
    assert store.put(count(ins=None)).days[DAY].measures == {"ins": None, "outs": 2}


def test_the_day_does_not_follow_the_time_zone_of_the_session(store: Store) -> None:
    table = TABLES["traffic"]
    store.put(count(at=23), count(at=24))
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        with store.warehouse.open() as connection:
            connection.execute(f"SET TimeZone = '{zone}'")
            frame = _frame(count(at=23, ins=5), count(at=24, ins=6))
            assert list(merge(connection, table, frame, FIRST, KEEP).days) == [DAY, DAY + timedelta(days=1)]
    assert column(store.rows(), "record_date") == [DAY, DAY + timedelta(days=1)]
    assert len(store.rows()) == 2


def _frame(*rows: Row) -> Any:
    start = datetime(2025, 1, 1, tzinfo=timezone.utc)
    return counts_frame(TABLES["traffic"], rows, start, start.replace(year=2027), ZoneInfo("UTC")).frame


# Any sequence of answers

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
numbers = st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False)
flat = st.none() | st.booleans() | numbers | texts
nested = st.lists(flat, max_size=2) | st.dictionaries(texts, flat, max_size=2)
values: st.SearchStrategy[Any] = st.one_of(flat, nested)
keys = st.tuples(st.sampled_from(["z1", "z2", "'"]), st.sampled_from([0, 1, 24, 48]))
fields = st.fixed_dictionaries(
    {"ins": st.none() | st.integers(0, 3)}, optional={"name": st.none() | texts, "one": values, "two": values}
)
answers = st.lists(st.lists(st.tuples(keys, fields), max_size=4), min_size=1, max_size=5)
COLUMNS = ("sumins", "name", "one", "two")


def _row(key: tuple[str, int], given_fields: Row) -> Row:
    row = {**count(*key), **given_fields, "sumins": given_fields["ins"]}
    del row["ins"]
    if "name" not in given_fields:
        del row["name"]
    return row


def _exact(value: Any) -> Any:
    """Equal for equal JSON alone: Python takes True for 1."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return repr(value)
    if isinstance(value, dict):
        return {name: _exact(item) for name, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, list) else value


def _values(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, Any], tuple[dict[str, Any], int]]:
    described = connection.execute("DESCRIBE w.sensource.traffic").fetchall()
    kinds = {row[0]: row[1] for row in described}
    found = {}
    for row in table_rows(connection, "traffic"):
        held = {
            name: _exact(json.loads(row[name]) if kinds[name] == "JSON" and row[name] else row.get(name))
            for name in COLUMNS
            if name in kinds
        }
        at = round((row["record_date_hour_1"] - FIRST.replace(year=2025, month=12)).total_seconds() / 3600)
        found[row["zone_id"], at] = held, round((row["_synced_at"] - FIRST).total_seconds() / 3600)
    return found


@pytest.fixture(scope="module")
def in_new_file() -> Callable[[], tempfile.TemporaryDirectory[str]]:
    return lambda: tempfile.TemporaryDirectory(prefix="merge")


@settings(max_examples=40, deadline=None)
@given(answers=answers)
@example(
    answers=[
        [(("z1", 0), {"ins": None, "one": 0.5})],
        [(("z2", 0), {"ins": None, "one": False}), (("z2", 0), {"ins": None})],
    ]
)
def test_any_answers_end_in_the_last_value_of_each_key_and_time_only_what_changed(
    in_new_file: Callable[[], tempfile.TemporaryDirectory[str]],
    answers: list[list[tuple[tuple[str, int], Row]]],
) -> None:
    model: dict[tuple[str, int], tuple[dict[str, Any], int]] = {}
    with in_new_file() as folder, Store(Path(folder) / "w.duckdb").warehouse.open() as connection:
        for number, answer in enumerate(answers):
            rows = [_row(*item) for item in answer]
            present = [name for name in COLUMNS if any(name in row for row in rows)]
            expected = {"inserted": 0, "corrected": 0, "unchanged": 0}
            for key, last in {item[0]: row for item, row in zip(answer, rows, strict=True)}.items():
                held, synced = model.get(key, ({}, -1))
                new = {**held, **{name: _exact(last.get(name)) for name in present}}
                same = all(held.get(name, "None") == value for name, value in new.items())
                change = "inserted" if key not in model else "unchanged" if same else "corrected"
                expected[change] += 1
                model[key] = new, synced if change == "unchanged" else number
            merged = merge(connection, TABLES["traffic"], _frame(*rows), FIRST + timedelta(hours=number), KEEP)
            counted = {c: sum(getattr(day, c) for day in merged.days.values()) for c in expected}
            assert counted == expected
        found = _values(connection)
    assert {
        key: ({name: value for name, value in held.items() if value != "None"}, synced)
        for key, (held, synced) in found.items()
    } == {
        key: ({name: value for name, value in held.items() if value != "None"}, synced)
        for key, (held, synced) in model.items()
    }


@settings(max_examples=30, deadline=None)
@given(data=st.data(), rows=st.lists(st.tuples(keys, st.integers(0, 2), values), min_size=1, max_size=12))
def test_the_same_rows_in_any_batches_end_in_the_same_table(
    in_new_file: Callable[[], tempfile.TemporaryDirectory[str]],
    data: st.DataObject,
    rows: list[tuple[tuple[str, int], int, Any]],
) -> None:
    made = [count(*key, ins=ins, one=value) for key, ins, value in rows]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(made)))) | {0, len(made)})
    batches = [made[start:end] for start, end in pairwise(cuts)]
    with in_new_file() as folder, Store(Path(folder) / "w.duckdb").warehouse.open() as connection:
        for number, batch in enumerate(batches):
            merge(connection, TABLES["traffic"], _frame(*batch), FIRST + timedelta(hours=number), KEEP)
        found = {key: (held["sumins"], held["one"]) for key, (held, _) in _values(connection).items()}
    assert found == {key: (ins, _exact(value)) for key, ins, value in rows}
