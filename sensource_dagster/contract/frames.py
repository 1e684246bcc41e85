"""Turns rows of Vea into a typed DataFrame that fits a table's contract.

A row that does not fit is not in the frame. The frame carries it to the merge: see `rejection`.

First come the columns of the contract that the response has, in the order of the contract. Then comes a column for
each field that the contract does not name. The dtypes are those of `values.DTYPES`. If some rows of counts do
not carry a number, a column `left_out(name)` says which. There a null does not mean that Vea sent null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from sensource_dagster.contract.list_values import may_widen, to_wide_series
from sensource_dagster.contract.model import DAY, HOUR, LOCAL_HOUR, Column, Table, Type, column_name, left_out
from sensource_dagster.contract.rejection import Reasons, Rejections, Row, attach, raise_if_too_many, rejected_rows
from sensource_dagster.contract.values import DTYPES, Objects, objects, shown, to_series, type_of


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
        ContractError: too many rows do not fit, or no row has a key.
    """
    frame, reasons = _typed(table, rows)
    kept, repeated, reasons = _last_of_each_key(table, frame, reasons)
    return attach(kept, Rejections(rejected_rows(table, rows, frame, reasons, {}))), repeated


def counts_frame(table: Table, rows: Sequence[Row], start: datetime, end: datetime, zone: ZoneInfo) -> Counts:
    """The frame of one response for the window [start, end), with the local day of each hour in `zone`.

    Raises:
        ContractError: too many rows do not fit, or no row has a key.
    """
    frame, reasons = _typed(table, rows)
    is_inside = (frame[HOUR] >= start) & (frame[HOUR] < end) | frame[HOUR].isna()
    inside = frame[is_inside]
    outside = len(frame) - len(inside)
    reasons = {position: why for position, why in reasons.items() if is_inside[position]}
    inside, repeated, reasons = _last_of_each_key(table, inside, reasons)
    local = local_hours(inside[HOUR], zone)
    dated = inside.assign(**{DAY: local.dt.normalize(), LOCAL_HOUR: local})
    first, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
    hours = frame[HOUR].dt.tz_convert(zone)
    days = {n: last if pd.isna(hours.iloc[n]) else hours.iloc[n].date() for n in reasons}
    rejections = Rejections(rejected_rows(table, rows, frame, reasons, days), first, last)
    return Counts(attach(dated, rejections), outside, repeated)


def local_hours(hours: pd.Series[Any], zone: ZoneInfo) -> pd.Series[Any]:
    """The local time of each instant, without its offset: 01:00 stands twice on a day of 25 hours.

    Naive, since a cast of an instant in SQL would depend on the session's time zone.
    """
    local: pd.Series[Any] = hours.dt.tz_convert(zone).dt.tz_localize(None).astype(DTYPES[Type.TIMESTAMP])
    return local


def _last_of_each_key(table: Table, frame: pd.DataFrame, reasons: Reasons) -> tuple[pd.DataFrame, int, Reasons]:
    """The last fitting row of each key; how many rows a later one replaces; and the other rejected rows."""
    key = list(table.key)
    fitting = frame.drop(index=[*reasons]) if reasons else frame
    kept = fitting.drop_duplicates(key, keep="last", ignore_index=True)
    if not reasons:
        return kept, len(frame) - len(kept), reasons
    replaced = frame.duplicated(key, keep="last") & frame[key].notna().all(axis="columns")
    rejected = {position: why for position, why in reasons.items() if not replaced[position]}
    return kept, len(frame) - len(kept) - len(rejected), rejected


def _typed(table: Table, rows: Sequence[Row]) -> tuple[pd.DataFrame, Reasons]:
    """All rows, with null where a value does not fit; and which rows these are, and why."""
    contract = {column.name: column for column in table.columns}
    sources = _sources(table, rows)
    names = [*(n for n in contract if n in sources), *(n for n in sources if n not in contract)]
    # All columns are collected before the first is converted, so that the rows stay in the CPU cache.
    columns = {name: _values(rows, sources[name]) for name in names}
    series: dict[str, pd.Series[Any]] = {}
    reasons: dict[int, list[str]] = {}
    for name, values in columns.items():
        column = contract.get(name) or Column(name, type_of(values), "not in the contract")
        typed = to_wide_series if may_widen(table, column) else to_series
        series[name], rejected = typed(values, column.type)
        for position, reason in rejected.items():
            value = f"the value {shown(values[position])} of field {sources[name]!r}"
            reasons.setdefault(position, []).append(f"{name} ({column.type.value}): {value} is {reason}")
    for name in table.key:
        if name not in series:
            series[name] = pd.Series([None] * len(rows), dtype=DTYPES[contract[name].type])
        for position in np.flatnonzero(series[name].isna()).tolist():
            if name not in sources or columns[name][position] is None:
                reasons.setdefault(position, []).append(f"{name}: a row without its key cannot be distinguished")
    frame = pd.DataFrame(series | _left_out(table, rows, sources, series))
    raise_if_too_many(table, rows, frame, reasons, sources)
    return frame, reasons


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
