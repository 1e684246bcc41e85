"""After any sequence of responses the table has the last values of each key, and nothing else has changed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.merge import merge
from sensource_dagster_tests.warehouse.samples import FIRST, KEEP, Row, Store, count, frame_of, table_rows

TRAFFIC = TABLES["traffic"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
numbers = st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False)
flat = st.none() | st.booleans() | numbers | texts
nested = st.lists(flat, max_size=2) | st.dictionaries(texts, flat, max_size=2)
values: st.SearchStrategy[Any] = st.one_of(flat, nested)
keys = st.tuples(st.sampled_from(["z1", "z2", "'"]), st.sampled_from([0, 1, 24, 48]))
fields = st.fixed_dictionaries(
    {"ins": st.none() | st.integers(0, 3)}, optional={"name": st.none() | texts, "one": values, "two": values}
)
responses = st.lists(st.lists(st.tuples(keys, fields), max_size=4), min_size=1, max_size=5)
COLUMNS = ("sumins", "name", "one", "two")


def _row(key: tuple[str, int], given_fields: Row) -> Row:
    row = {**count(*key), **given_fields, "sumins": given_fields["ins"]}
    del row["ins"]
    if "name" not in given_fields:
        del row["name"]
    return row


def _exact(value: Any) -> Any:
    """A form that is equal only for equal JSON values. In Python True equals 1."""
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


def _measures(connection: duckdb.DuckDBPyConnection) -> set[str]:
    described = connection.execute("DESCRIBE w.sensource.traffic").fetchall()
    return {row[0] for row in described if row[1] in ("BIGINT", "DOUBLE")}


@pytest.fixture(scope="module")
def in_new_file() -> Callable[[], tempfile.TemporaryDirectory[str]]:
    return lambda: tempfile.TemporaryDirectory(prefix="merge")


@settings(max_examples=40)
@given(responses=responses)
@example(
    responses=[
        [(("z1", 0), {"ins": None, "one": 0.5})],
        [(("z2", 0), {"ins": None, "one": False}), (("z2", 0), {"ins": None})],
    ]
)
def test_after_any_responses_each_key_has_its_last_value_and_only_changed_rows_a_new_time(
    in_new_file: Callable[[], tempfile.TemporaryDirectory[str]],
    responses: list[list[tuple[tuple[str, int], Row]]],
) -> None:
    model: dict[tuple[str, int], tuple[dict[str, Any], int]] = {}
    with in_new_file() as folder, Store(Path(folder) / "w.duckdb").warehouse.open() as connection:
        for number, response in enumerate(responses):
            rows = [_row(*item) for item in response]
            merge_result = merge(
                connection,
                TRAFFIC,
                frame_of(TRAFFIC, *rows),
                FIRST + timedelta(hours=number),
                KEEP,
            )
            measures = _measures(connection)
            expected = dict.fromkeys(("inserted", "corrected", "updated", "unchanged"), 0)
            for key, last in {item[0]: row for item, row in zip(response, rows, strict=True)}.items():
                held, synced = model.get(key, ({}, -1))
                kept = {name: value for name, value in held.items() if name in measures and name not in last}
                new = {name: _exact(last.get(name)) for name in COLUMNS} | kept
                differs = {name for name in COLUMNS if held.get(name, "None") != new[name]}
                corrected = any(held.get(name, "None") != "None" for name in differs & measures)
                change = "corrected" if corrected else "updated" if differs else "unchanged"
                change = change if key in model else "inserted"
                expected[change] += 1
                model[key] = new, synced if change == "unchanged" else number
            counted = {c: sum(getattr(day, c) for day in merge_result.days.values()) for c in expected}
            assert counted == expected
        found = _values(connection)
    assert {
        key: ({name: value for name, value in held.items() if value != "None"}, synced)
        for key, (held, synced) in found.items()
    } == {
        key: ({name: value for name, value in held.items() if value != "None"}, synced)
        for key, (held, synced) in model.items()
    }


@settings(max_examples=30)
@given(data=st.data(), rows=st.lists(st.tuples(keys, st.integers(0, 2), values), min_size=1, max_size=12))
def test_the_same_rows_in_any_batches_give_the_same_table(
    in_new_file: Callable[[], tempfile.TemporaryDirectory[str]],
    data: st.DataObject,
    rows: list[tuple[tuple[str, int], int, Any]],
) -> None:
    made = [count(*key, ins=ins, one=value) for key, ins, value in rows]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(made)))) | {0, len(made)})
    batches = [made[start:end] for start, end in pairwise(cuts)]
    with in_new_file() as folder, Store(Path(folder) / "w.duckdb").warehouse.open() as connection:
        for number, batch in enumerate(batches):
            merge(
                connection,
                TRAFFIC,
                frame_of(TRAFFIC, *batch),
                FIRST + timedelta(hours=number),
                KEEP,
            )
        found = {key: (held["sumins"], held.get("one", "None")) for key, (held, _) in _values(connection).items()}
    assert found == {key: (ins, _exact(value)) for key, ins, value in rows}
