"""The values of a list's column. A column that describes an entry becomes wider before a row is rejected."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sensource_dagster.contract.model import Column, Table, Type
from sensource_dagster.contract.values import DTYPES, Objects, json_text, to_series


def may_widen(table: Table, column: Column) -> bool:
    """Whether the column of the table may have a wider type than the contract says."""
    return table.is_list and column in table.columns and column.name not in table.key


def to_wide_series(values: Objects, kind: Type) -> tuple[pd.Series[Any], dict[int, str]]:
    """As `to_series`, but of the narrowest type that holds all values: `kind` or a wider one.

    In VARCHAR each value has one text, whatever the other values are. So a response with other values next to it
    does not change it.
    """
    series, rejected = to_series(values, kind)
    if not rejected or kind is Type.JSON:
        return series, rejected
    if kind is Type.BIGINT:
        numbers, others = to_series(values, Type.DOUBLE)
        if not others:
            return numbers, {}
    texts: list[str | None] = []
    unwritable: dict[int, str] = {}
    for position, (value, typed) in enumerate(zip(values, series.tolist(), strict=True)):
        try:
            texts.append(None if value is None else _text(value if position in rejected else typed))
        except ValueError as error:
            texts.append(None)
            unwritable[position] = str(error)
    return pd.Series(texts, dtype=DTYPES[Type.VARCHAR]), unwritable


def _text(value: Any) -> str:
    """The text of a value, as `sql.as_text` makes it of a typed column."""
    if isinstance(value, str):
        return value
    if isinstance(value, pd.Timestamp):
        return value.isoformat(timespec="microseconds").removesuffix("+00:00").removesuffix("000") + "Z"
    return json_text(value)
