"""JSON values -> a typed pandas Series. Only what loses nothing is converted; anything else is a misfit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
import pandas as pd

from sensource_dagster.tables import Type

_INT64: Final = range(-(2**63), 2**63)
_SHOWN: Final = 80
_ABSENT: Final = type(None)

DTYPES: Final[dict[Type, str]] = {
    Type.VARCHAR: "string",
    Type.BIGINT: "Int64",
    Type.DOUBLE: "Float64",
    Type.BOOLEAN: "boolean",
    Type.TIMESTAMPTZ: "datetime64[us, UTC]",
    Type.DATE: "datetime64[us]",
    Type.JSON: "object",  # JSON text: the only use of the object dtype, so the dtype alone tells the type
}


class MisfitError(ValueError):
    """The value at `position` does not fit its column's type."""

    def __init__(self, position: int, value: object, reason: str) -> None:
        shown = repr(value)
        super().__init__(shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…", reason)
        self.position, self.shown, self.reason = position, self.args[0], reason


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ValueError("not a text but a nested value")


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("not a whole number")
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("not a whole number")
    if isinstance(value, str) and not value.strip().lstrip("+-").isascii():
        raise ValueError("not a whole number")
    try:
        number = int(value)
    except ValueError:
        raise ValueError("not a whole number") from None
    if number not in _INT64:
        raise ValueError("too large for BIGINT")
    return number


def _double(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("not a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError("not a number") from None
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, (bool, int)) and value in (0, 1):
        return bool(value)
    raise ValueError("neither true nor false")


def _instant(value: Any) -> pd.Timestamp:
    if not isinstance(value, str):
        raise ValueError("not an ISO 8601 time")
    try:
        instant = pd.to_datetime(value, format="ISO8601", utc=True)
    except (ValueError, OverflowError):
        raise ValueError("not an ISO 8601 time") from None
    if pd.isna(instant):
        raise ValueError("not an ISO 8601 time")
    return instant


def _json(value: Any) -> str:
    # Sorted, so that another order of an object's keys is no correction.
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


_CONVERT: Final[dict[Type, Callable[[Any], Any]]] = {
    Type.VARCHAR: _text,
    Type.BIGINT: _integer,
    Type.DOUBLE: _double,
    Type.BOOLEAN: _boolean,
    Type.TIMESTAMPTZ: _instant,
    Type.JSON: _json,
}
# Values of only these Python types are handed to pandas whole; it checks what is left to check.
_AS_THEY_ARE: Final[dict[Type, set[type]]] = {
    Type.VARCHAR: {str, _ABSENT},
    Type.BIGINT: {int, _ABSENT},
    Type.BOOLEAN: {bool, _ABSENT},
    Type.TIMESTAMPTZ: {str},
}


def _whole(values: Sequence[Any], kind: Type) -> pd.Series[Any]:
    if kind is Type.TIMESTAMPTZ:
        instants = pd.to_datetime(pd.Series(values, dtype="object"), format="ISO8601", utc=True)
        if instants.isna().any():  # pandas reads "", "NaT" and "nan" as absent
            raise ValueError
        return instants.dt.as_unit("us")
    return pd.Series(values, dtype=DTYPES[kind])


def to_series(values: Sequence[Any], kind: Type) -> pd.Series[Any]:
    """A Series of `kind`'s dtype; None is null.

    Raises:
        MisfitError: names the first value that does not fit.
    """
    if set(map(type, values)) <= _AS_THEY_ARE.get(kind, set()):
        try:
            return _whole(values, kind)
        except (ValueError, OverflowError, TypeError):
            pass  # one by one, to name the value
    convert = _CONVERT[kind]
    converted: list[Any] = []
    for position, value in enumerate(values):
        try:
            converted.append(None if value is None else convert(value))
        except ValueError as error:
            raise MisfitError(position, value, str(error)) from None
    return pd.Series(converted, dtype=DTYPES[kind])


def type_of(values: Sequence[Any]) -> Type:
    """The narrowest type that fits values which no contract describes; JSON where they are mixed or nested."""
    kinds = set(map(type, values)) - {_ABSENT}
    if kinds == {str}:
        return Type.VARCHAR
    if kinds == {bool}:
        return Type.BOOLEAN
    if kinds == {int} and all(value is None or value in _INT64 for value in values):
        return Type.BIGINT
    if kinds and kinds <= {int, float}:
        return Type.DOUBLE
    return Type.JSON
