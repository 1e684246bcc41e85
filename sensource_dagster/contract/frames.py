"""Turns rows of Vea into a typed DataFrame that fits a table's contract.

First come the columns of the contract that the response has, in the order of the contract. Then comes a column for
each field that the contract does not name. The dtypes are those of `values.DTYPES`. If some rows of counts do
not carry a number, a column `left_out(name)` says which. There a null does not mean that Vea sent null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from sensource_dagster.contract.model import DAY, HOUR, LOCAL_HOUR, Column, Table, Type, column_name, left_out
from sensource_dagster.contract.values import DTYPES, Objects, objects, shown, to_series, type_of
from sensource_dagster.errors import ContractError, RejectedValueError

Row = dict[str, Any]


@dataclass(frozen=True)
class Counts:
    """The rows of one window, ready to merge.

    Attributes:
        frame: one row per key, inside the window, with `record_date` and `record_hour` added.
        outside: how many rows were dropped because their hour was outside the window.
        repeated: how many rows were dropped because a later row of the same response had the same key.
    """

    frame: pd.DataFrame
    outside: int
    repeated: int


def list_frame(table: Table, rows: Sequence[Row]) -> tuple[pd.DataFrame, int]:
    """The frame of a whole list, and how many rows were dropped because a later row had the same key.

    Raises:
        ContractError: a value does not fit, or a key is missing.
    """
    return _last_of_each_key(table, _typed(table, rows))


def counts_frame(table: Table, rows: Sequence[Row], start: datetime, end: datetime, zone: ZoneInfo) -> Counts:
    """The frame of one response for the window [start, end), with the local day of each hour in `zone`.

    Raises:
        ContractError: a value does not fit, or a key is missing.
    """
    frame = _typed(table, rows)
    inside = frame[(frame[HOUR] >= start) & (frame[HOUR] < end)]
    outside = len(frame) - len(inside)
    inside, repeated = _last_of_each_key(table, inside)
    local = local_hours(inside[HOUR], zone)
    return Counts(inside.assign(**{DAY: local.dt.normalize(), LOCAL_HOUR: local}), outside, repeated)


def local_hours(hours: pd.Series[Any], zone: ZoneInfo) -> pd.Series[Any]:
    """The local time of each instant, without its offset: 01:00 stands twice on a day of 25 hours.

    Naive, since a cast of an instant in SQL would depend on the session's time zone.
    """
    local: pd.Series[Any] = hours.dt.tz_convert(zone).dt.tz_localize(None).astype(DTYPES[Type.TIMESTAMP])
    return local


def _last_of_each_key(table: Table, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    kept = frame.drop_duplicates(list(table.key), keep="last", ignore_index=True)
    return kept, len(frame) - len(kept)


def _typed(table: Table, rows: Sequence[Row]) -> pd.DataFrame:
    contract = {column.name: column for column in table.columns}
    sources = _sources(table, rows)
    names = [*(n for n in contract if n in sources), *(n for n in sources if n not in contract)]
    # All columns are collected before the first is converted, so that the rows stay in the CPU cache.
    columns = {name: _values(rows, sources[name]) for name in names}
    series: dict[str, pd.Series[Any]] = {}
    for name, values in columns.items():
        column = contract.get(name) or Column(name, type_of(values), "not in the contract")
        try:
            series[name] = to_series(values, column.type)
        except RejectedValueError as rejected:
            key = _key_text(table, rows[rejected.position], sources)
            raise ContractError(
                f"{table.name}.{name} ({column.type.value}): the value {rejected.shown} of field "
                f"{sources[name]!r} is {rejected.reason}. It is in the row with {key}. Nothing was written. The "
                "API may have changed: update sensource_dagster."
            ) from None
    for name in table.key:
        if name not in series:
            series[name] = pd.Series([None] * len(rows), dtype=DTYPES[contract[name].type])
        if series[name].isna().any():
            position = int(series[name].isna().to_numpy().argmax())
            key = _key_text(table, rows[position], sources)
            raise ContractError(
                f"{table.name}.{name}: the row with {key} has no {name}. A row without its key cannot be "
                "distinguished from others. Nothing was written. The API may have changed: update "
                "sensource_dagster."
            )
    return pd.DataFrame(series | _left_out(table, rows, sources, series))


def _left_out(
    table: Table, rows: Sequence[Row], sources: dict[str, str], series: dict[str, pd.Series[Any]]
) -> dict[str, pd.Series[Any]]:
    described = {column.name for column in table.columns if column.type not in (Type.BIGINT, Type.DOUBLE)}
    missing = {
        name: pd.Series([field not in row for row in rows])
        for name, field in sources.items()
        if not table.is_list and name not in described and series[name].isna().any()
    }
    return {left_out(name): rows_without for name, rows_without in missing.items() if rows_without.any()}


def _values(rows: Sequence[Row], field: str) -> Objects:
    try:
        return objects(map(itemgetter(field), rows), len(rows))  # faster than `get`; most rows have all fields
    except KeyError:
        return objects((row.get(field) for row in rows), len(rows))


def _sources(table: Table, rows: Sequence[Row]) -> dict[str, str]:
    """The field of each column. If two fields have the same column name, the second one gets a number."""
    # The API's own spellings first: another field must not take the column of one of them.
    fields = sorted(set().union(*rows), key=lambda field: (field not in table.fields, field))
    reserved = {column.name for column in table.added}
    sources: dict[str, str] = {}
    for field in fields:
        name, number = column_name(field), 1
        while name in reserved or name in sources:
            number += 1
            name = f"{column_name(field)}_{number}"
        sources[name] = field
    return sources


def _key_text(table: Table, row: Row, sources: dict[str, str]) -> str:
    return ", ".join(f"{name}={shown(row.get(sources.get(name, name)))}" for name in table.key)
