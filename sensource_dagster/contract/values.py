"""Turns JSON values into a typed pandas Series. A value that cannot be converted without loss does not fit."""

from __future__ import annotations

import json
import math
import re
import reprlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, TypeAlias

import numpy as np
import orjson
import pandas as pd
from pandas.api.types import infer_dtype

from sensource_dagster.contract.model import Type

Objects: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.object_]]"
_INT64: Final = range(-(2**63), 2**63)
_EXACT: Final = range(-(2**53), 2**53 + 1)  # DOUBLE holds each of these whole numbers exactly
_ROUNDED: Final = (
    2.0**63
)  # a float of this size may be a whole number that was rounded, so that two ids become one
# pandas also reads other texts as times: "now", "today", a year alone, a year before Christ.
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_TRAILING_ZEROS: Final = re.compile(r"(?<=\d)\.0+\Z", re.ASCII)  # "112.0" is a whole number
_YEARS: Final = range(1, 10_000)  # in UTC: an offset can lead to a year outside this range
_NULL: Final = type(None)
_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80

DTYPES: Final[dict[Type, str]] = {
    Type.VARCHAR: "string",
    Type.BIGINT: "Int64",
    Type.DOUBLE: "Float64",
    Type.BOOLEAN: "boolean",
    Type.TIMESTAMPTZ: "datetime64[us, UTC]",
    Type.TIMESTAMP: "datetime64[us]",
    Type.DATE: "datetime64[us]",
    Type.JSON: "object",  # JSON text; no other type has the object dtype
}


def shown(value: object) -> str:
    """The value as an error text shows it: short and on one line."""
    return _SHORT.repr(value)


def _is_plain(value: Any) -> bool:
    """Whether it is not a text such as "1_000" or "\u0663", which Python reads as a number and JSON does not."""
    return not isinstance(value, str) or (value.isascii() and "_" not in value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and abs(value) >= _ROUNDED:
        raise ValueError("a number too large to be exact")
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ValueError("a nested value and not a text")


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("not a whole number")
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("not a whole number")
    if not _is_plain(value):
        raise ValueError("not a whole number")
    try:
        number = int(_TRAILING_ZEROS.sub("", value) if isinstance(value, str) else value)
    except ValueError:
        raise ValueError("not a whole number") from None
    if number not in _INT64:
        raise ValueError("too large for BIGINT")
    return number


def _double(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or not _is_plain(value):
        raise ValueError("not a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError("not a number") from None
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    if isinstance(value, int) and int(number) != value:
        raise ValueError("too large for an exact DOUBLE")
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, (bool, int)) and value in (0, 1):
        return bool(value)
    raise ValueError("neither true nor false")


def _instant(value: Any) -> pd.Timestamp:
    """A time without an offset is read as UTC."""
    if not isinstance(value, str) or _INSTANT.fullmatch(value) is None:
        raise ValueError("not an ISO 8601 time")
    try:
        time = pd.Timestamp(value)
        instant = (time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")).as_unit("us")
    except (ValueError, OverflowError):
        raise ValueError("not an ISO 8601 time") from None
    if instant.year not in _YEARS:
        raise ValueError("not an ISO 8601 time")
    return instant


def json_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and int(value) in _EXACT:
        value = int(value)  # JSON has only one type of numbers
    # Sorted, so that another order of an object's keys is not a correction.
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError as error:  # orjson reads deeper nesting than it writes
        reason = str(error)
    if "64-bit" in reason:  # a whole number of more bits
        with suppress(RecursionError):
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
            return text.encode().decode()  # half a character has no UTF-8: a ValueError, as above
    raise ValueError(f"not writable as JSON ({reason})")


_CONVERT: Final[dict[Type, Callable[[Any], Any]]] = {
    Type.VARCHAR: _text,
    Type.BIGINT: _integer,
    Type.DOUBLE: _double,
    Type.BOOLEAN: _boolean,
    Type.TIMESTAMPTZ: _instant,
    Type.JSON: json_text,
}
# The inferred types of values that pandas converts as a whole.
_WHOLE_COLUMN: Final[dict[Type, set[str]]] = {
    Type.VARCHAR: {"string"},
    Type.BIGINT: {"integer"},
    Type.DOUBLE: {"floating", "integer", "mixed-integer-float"},
    Type.BOOLEAN: {"boolean"},
}
# Texts of these types are converted once for each distinct text: every zone repeats the same hour.
_BY_DISTINCT: Final[set[Type]] = {Type.TIMESTAMPTZ, Type.BIGINT, Type.DOUBLE}


def _whole(values: Objects, kind: Type) -> pd.Series[Any]:
    if kind is Type.BIGINT:  # numpy refuses a number that is too large; pandas would convert it to float64
        return pd.Series(values.astype(np.int64), dtype=DTYPES[kind])
    if kind is Type.DOUBLE:
        numbers = values.astype(np.float64)
        if not (np.abs(numbers) < _EXACT[-1]).all():  # a whole number may be rounded
            raise ValueError
        return pd.Series(numbers, dtype=DTYPES[kind])
    return pd.Series(values, dtype=DTYPES[kind])


def _distinct(values: Objects, kind: Type) -> pd.Series[Any]:
    codes, texts = pd.factorize(values)
    read = _instants(texts) if kind is Type.TIMESTAMPTZ else [_CONVERT[kind](text) for text in texts]
    return pd.Series(read, dtype=DTYPES[kind]).take(codes).reset_index(drop=True)


def _instants(texts: Iterable[str]) -> pd.Series[Any]:
    if not all(map(_INSTANT.fullmatch, texts)):
        raise ValueError
    instants = pd.to_datetime(pd.Series(texts, dtype="object"), format="ISO8601", utc=True)
    if not instants.dt.year.isin(_YEARS).all():
        raise ValueError
    return instants.dt.as_unit("us")


def objects(values: Iterable[Any], count: int) -> Objects:
    """The values as an array of objects, of length `count`. A nested list stays one object."""
    return np.fromiter(values, dtype=object, count=count)


def to_series(values: Objects, kind: Type) -> tuple[pd.Series[Any], dict[int, str]]:
    """The values as a Series of the dtype of `kind`. None becomes null.

    Returns:
        The Series; and for the position of each value that does not fit, why. In the Series it is null.
    """
    inferred = infer_dtype(values, skipna=False)
    with suppress(ValueError, OverflowError, TypeError):  # then below, one by one, to find the value
        if inferred == "string" and kind in _BY_DISTINCT:
            return _distinct(values, kind), {}
        if inferred in _WHOLE_COLUMN.get(kind, set()):
            return _whole(values, kind), {}
    convert = _CONVERT[kind]
    converted: list[Any] = []
    rejected: dict[int, str] = {}
    for position, value in enumerate(values):
        try:
            converted.append(None if value is None else convert(value))
        except ValueError as error:
            converted.append(None)
            rejected[position] = str(error)
    return pd.Series(converted, dtype=DTYPES[kind]), rejected


def type_of(values: Objects) -> Type:
    """The narrowest type for values that no contract describes. It is JSON if they are mixed or nested."""
    kinds = set(map(type, values)) - {_NULL}
    if kinds == {str}:
        return Type.VARCHAR
    if kinds == {bool}:
        return Type.BOOLEAN
    if kinds == {int} and all(value is None or value in _INT64 for value in values):
        return Type.BIGINT
    if kinds and kinds <= {int, float} and all(type(value) is not int or value in _EXACT for value in values):
        return Type.DOUBLE
    return Type.JSON
