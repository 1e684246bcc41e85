"""Vea rows -> a typed DataFrame that fits a table's contract.

A frame has the contract's columns that were in the answer, in the contract's order, then a column for each
field that the contract does not name. Dtypes are those of `values.DTYPES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from sensource_dagster.contract.tables import DAY, HOUR, Column, Table, Type, column_name
from sensource_dagster.contract.values import DTYPES, Objects, objects, shown, to_series, type_of
from sensource_dagster.errors import ContractError, RejectedValueError

Row = dict[str, Any]


@dataclass(frozen=True)
class Counts:
    """The rows of one window, ready to merge.

    Attributes:
        frame: one row per key, inside the window, with `record_date` added.
        outside: rows left out because their hour was outside the window.
        repeated: rows left out because a later row of the same answer had the same key.
    """

    frame: pd.DataFrame
    outside: int
    repeated: int


def list_frame(table: Table, rows: Sequence[Row]) -> tuple[pd.DataFrame, int]:
    """The frame of a whole list, and how many rows were left out because a later one had the same key.

    Raises:
        ContractError: a value does not fit, or a key is missing.
    """
    return _last_of_each_key(table, _typed(table, rows))


def counts_frame(table: Table, rows: Sequence[Row], start: datetime, end: datetime, zone: ZoneInfo) -> Counts:
    """The frame of one answer for the window [start, end), with each hour's local day in `zone`.

    Raises:
        ContractError: a value does not fit, or a key is missing.
    """
    frame = _typed(table, rows)
    inside = frame[(frame[HOUR] >= start) & (frame[HOUR] < end)]
    outside = len(frame) - len(inside)
    inside, repeated = _last_of_each_key(table, inside)
    # Naive on purpose: a day has no zone, and a cast of an instant to DATE would follow the session's.
    days = inside[HOUR].dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    return Counts(inside.assign(**{DAY: days.astype(DTYPES[Type.DATE])}), outside, repeated)


def _last_of_each_key(table: Table, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    kept = frame.drop_duplicates(list(table.key), keep="last", ignore_index=True)
    return kept, len(frame) - len(kept)


def _typed(table: Table, rows: Sequence[Row]) -> pd.DataFrame:
    contract = {column.name: column for column in table.columns}
    sources = _sources(table, rows)
    names = [*(n for n in contract if n in sources), *(n for n in sources if n not in contract)]
    columns = {name: _values(rows, sources[name]) for name in names}  # one after the other: the rows stay in cache
    series: dict[str, pd.Series[Any]] = {}
    for name, values in columns.items():
        column = contract.get(name) or Column(name, type_of(values), "not in the contract")
        try:
            series[name] = to_series(values, column.type)
        except RejectedValueError as misfit:
            key = _key_text(table, rows[misfit.position], sources)
            raise ContractError(
                f"{table.name}.{name} ({column.type.value}): the value {misfit.shown} of field {sources[name]!r} "
                f"is {misfit.reason}, in the row with {key}. Nothing was written."
            ) from None
    for name in table.key:
        if name not in series:
            series[name] = pd.Series([None] * len(rows), dtype=DTYPES[contract[name].type])
        if series[name].isna().any():
            position = int(series[name].isna().to_numpy().argmax())
            key = _key_text(table, rows[position], sources)
            raise ContractError(
                f"{table.name}.{name}: the row with {key} has no {name}. A row without its key cannot be "
                "kept apart from others. Nothing was written."
            )
    return pd.DataFrame(series)


def _values(rows: Sequence[Row], field: str) -> Objects:
    try:
        return objects(map(itemgetter(field), rows), len(rows))  # faster than `get`, and most rows have all fields
    except KeyError:
        return objects((row.get(field) for row in rows), len(rows))


def _sources(table: Table, rows: Sequence[Row]) -> dict[str, str]:
    """Which field fills which column. Two fields of one column name are kept apart by a number behind it."""
    # The API's own spellings first: a second field must not push one of them off its column.
    fields = sorted(set().union(*rows), key=lambda field: (field not in table.fields, field))
    taken = {column.name for column in table.added}
    sources: dict[str, str] = {}
    for field in fields:
        name, number = column_name(field), 1
        while name in taken or name in sources:
            number += 1
            name = f"{column_name(field)}_{number}"
        sources[name] = field
    return sources


def _key_text(table: Table, row: Row, sources: dict[str, str]) -> str:
    return ", ".join(f"{name}={shown(row.get(sources.get(name, name)))}" for name in table.key)
