"""A JSON value is kept without loss, or it is rejected."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sensource_dagster.contract.model import Type
from sensource_dagster.contract.values import DTYPES, objects, shown, to_series, type_of

COMPUTED = {Type.DATE, Type.TIMESTAMP}  # the API sends neither
KINDS = [kind for kind in Type if kind not in COMPUTED]
NESTED: list[Any] = [[], {}, [1], {"a": None}]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


def series(values: Sequence[Any], kind: Type) -> pd.Series[Any]:
    """The Series of values that all fit."""
    typed, rejected = to_series(objects(values, len(values)), kind)
    if rejected:
        raise ValueError(rejected)
    return typed


def one(kind: Type, value: Any, *others: Any) -> Any:
    """The converted value, alone and among others, since pandas converts a whole column in another way."""
    read = [series(column, kind) for column in ([value], [value, *others], [value, *others, None])]
    assert {str(each.dtype) for each in read} == {DTYPES[kind]}
    first, *again = (each.tolist()[0] for each in read)
    assert all(other is first or other == first for other in again)
    return first


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (Type.VARCHAR, "", ""),
        (Type.VARCHAR, 'it\'s "q"\n😀\x00; DROP TABLE x', 'it\'s "q"\n😀\x00; DROP TABLE x'),
        (Type.VARCHAR, 12, "12"),
        (Type.VARCHAR, 1.5, "1.5"),
        (Type.VARCHAR, 2**64 + 1, "18446744073709551617"),
        (Type.VARCHAR, True, "true"),
        (Type.BIGINT, 0, 0),
        (Type.BIGINT, -5, -5),
        (Type.BIGINT, 2**63 - 1, 2**63 - 1),
        (Type.BIGINT, -(2**63), -(2**63)),
        (Type.BIGINT, 2**53 + 1, 2**53 + 1),
        (Type.BIGINT, 87.0, 87),
        (Type.BIGINT, "87", 87),
        (Type.BIGINT, "-87", -87),
        (Type.BIGINT, "112.0", 112),
        (Type.BIGINT, "-3.00", -3),
        (Type.BIGINT, f"{2**63 - 1}.0", 2**63 - 1),
        (Type.BIGINT, str(2**63 - 1), 2**63 - 1),
        (Type.DOUBLE, "812.5", 812.5),
        (Type.DOUBLE, "1e3", 1000.0),
        (Type.DOUBLE, "-0.1", -0.1),
        (Type.DOUBLE, 7, 7.0),
        (Type.DOUBLE, 2**53, 2.0**53),
        (Type.DOUBLE, 5e-324, 5e-324),
        (Type.BOOLEAN, True, True),
        (Type.BOOLEAN, False, False),
        (Type.BOOLEAN, 1, True),
        (Type.BOOLEAN, 0, False),
        (Type.JSON, {"b": 1, "a": [None, "é"]}, '{"a":[null,"é"],"b":1}'),
        (Type.JSON, "text", '"text"'),
        (Type.JSON, 2**64 - 1, "18446744073709551615"),
        (Type.JSON, 2**64 + 1, "18446744073709551617"),
        (Type.JSON, {"é": [-(2**63) - 1], "a": 1}, '{"a":1,"é":[-9223372036854775809]}'),
        (Type.JSON, False, "false"),
    ],
)
def test_a_value_that_fits_is_kept(kind: Type, value: Any, kept: Any) -> None:
    assert one(kind, value) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_null_stays_null(kind: Type) -> None:
    assert series([None, None], kind).isna().all()
    assert str(series([], kind).dtype) == DTYPES[kind]


@pytest.mark.parametrize(
    ("kind", "rejected"),
    [
        (Type.VARCHAR, [orjson.loads(str(2**64 + 1)), orjson.loads(str(-(2**63) - 1)), 1e300, *NESTED]),
        (Type.BIGINT, [True, False, 1.5, 2**63, -(2**63) - 1, 1e300, math.nan, math.inf, "9" * 5000, *NESTED]),
        (
            Type.BIGINT,
            [
                "",
                "1.5",
                ".0",
                "1.0.0",
                "1.0e3",
                "1e3",
                f"{2**63}.0",
                "--5",
                "0x1f",
                "1_000",
                "nan",
                "\u0663",
                "\uff13",
            ],
        ),
        (Type.DOUBLE, [True, False, 2**53 + 1, 10**400, math.nan, -math.inf, *NESTED]),
        (Type.DOUBLE, ["", "nan", "Infinity", "1e999", "1_0", "1,5", "0x1", "\u0663"]),
        (Type.BOOLEAN, [2, -1, 1.0, 0.0, "true", "", *NESTED]),
        (Type.TIMESTAMPTZ, [1764604800, 1.5, True, *NESTED]),
        (Type.TIMESTAMPTZ, ["", "now", "today", "NaT", "nan", "1764604800", "2025", "2025-12", "20251201"]),
        (Type.TIMESTAMPTZ, ["12/01/2025", " 2025-12-01", "2025-13-01", "2025-02-29", "\u0662025-12-01"]),
        (Type.TIMESTAMPTZ, ["2025-12-01T24:00:00Z", "2025-12-01T23:59:60Z", "2025-12-01T16:00:00.000z"]),
        (Type.TIMESTAMPTZ, ["0000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z"]),
        (Type.TIMESTAMPTZ, ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"]),
        (Type.JSON, [orjson.loads("[" * 300 + "]" * 300), "\ud800", [2**64, "\ud800"]]),
    ],
)
def test_a_value_that_does_not_fit_is_rejected_alone_and_among_values_that_fit(
    kind: Type, rejected: list[Any]
) -> None:
    fitting = {Type.TIMESTAMPTZ: "2025-12-01T16:00:00Z", Type.BOOLEAN: True, Type.VARCHAR: "a"}.get(kind, 1)
    for value in rejected:
        for column in ([value], [fitting, value, fitting], [None, fitting, value]):
            typed, reasons = to_series(objects(column, len(column)), kind)
            [(position, reason)] = reasons.items()
            assert column[position] is value
            assert reason
            fits = [other is not None and other is not value for other in column]
            assert typed.notna().tolist() == fits
            assert str(typed.dtype) == DTYPES[kind]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-12-01T16:00:00.000Z", datetime(2025, 12, 1, 16, tzinfo=timezone.utc)),
        ("2025-12-01T16:00:00.123456Z", datetime(2025, 12, 1, 16, 0, 0, 123456, timezone.utc)),
        ("2025-12-01 21:30:00+05:30", datetime(2025, 12, 1, 16, tzinfo=timezone.utc)),
        ("2025-12-01T11:00-0500", datetime(2025, 12, 1, 16, tzinfo=timezone.utc)),
        ("2025-12-01T16:00:00", datetime(2025, 12, 1, 16, tzinfo=timezone.utc)),
        ("2025-12-01", datetime(2025, 12, 1, tzinfo=timezone.utc)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=timezone.utc)),
        ("9999-12-31T23:59:59.999Z", datetime(9999, 12, 31, 23, 59, 59, 999000, timezone.utc)),
    ],
)
def test_a_time_is_kept_as_the_instant_it_means(text: str, instant: datetime) -> None:
    assert one(Type.TIMESTAMPTZ, text, "2024-02-29T00:00:00.5+14:00").to_pydatetime() == instant


@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),  # noqa: DTZ001 (the zone comes next)
    st.integers(-14 * 60, 14 * 60),
)
def test_any_time_with_an_offset_comes_out_as_the_same_instant(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert one(Type.TIMESTAMPTZ, aware.isoformat()).to_pydatetime() == aware


@given(values, st.sampled_from(KINDS))
@example(1e300, Type.VARCHAR)
@example(2**53 + 1, Type.DOUBLE)
@example("now", Type.TIMESTAMPTZ)
def test_any_value_is_kept_without_loss_or_rejected(value: Any, kind: Type) -> None:
    try:
        kept = one(kind, value)
    except ValueError:
        return
    if value is None:
        assert kept is None or pd.isna(kept)
    elif kind is Type.VARCHAR:
        assert kept == (
            value if isinstance(value, str) else str(value).lower() if value in (True, False) else kept
        )
        assert isinstance(value, (str, bool)) or type(value)(kept) == value or math.isnan(value)
    elif kind in (Type.BIGINT, Type.DOUBLE):
        assert not isinstance(value, bool)
        assert kept == (float(value) if isinstance(value, str) and kind is Type.DOUBLE else kept)
        assert isinstance(value, str) or kept == value
        assert math.isfinite(kept)
    elif kind is Type.BOOLEAN:
        assert kept == value
    elif kind is Type.TIMESTAMPTZ:
        assert isinstance(value, str)
    elif "NaN" not in json.dumps(value) and "Infinity" not in json.dumps(value):
        assert json.loads(kept) == value


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (["a", None], Type.VARCHAR),
        ([1, None, 2**63 - 1], Type.BIGINT),
        ([1, 2.5], Type.DOUBLE),
        ([2.5], Type.DOUBLE),
        ([2**53, 2.5], Type.DOUBLE),
        ([2**53 + 1, 2.5], Type.JSON),
        ([2**63], Type.JSON),
        ([True, None], Type.BOOLEAN),
        ([True, 1], Type.JSON),
        ([1, "1"], Type.JSON),
        ([{"a": 1}], Type.JSON),
        ([["a"], "a"], Type.JSON),
        ([None], Type.JSON),
        ([], Type.JSON),
        (["2025-12-01T16:00:00Z"], Type.VARCHAR),
    ],
)
def test_values_that_no_contract_describes_get_the_narrowest_type_that_loses_nothing(
    column: list[Any], kind: Type
) -> None:
    assert type_of(objects(column, len(column))) is kind
    assert str(series(column, kind).dtype) == DTYPES[kind]


@given(
    st.lists(values.filter(lambda value: "NaN" not in json.dumps(value) and "Infinity" not in json.dumps(value)))
)
def test_values_of_the_type_found_for_them_fit_it(column: list[Any]) -> None:
    kind = type_of(objects(column, len(column)))
    try:
        kept = series(column, kind).tolist()
    except ValueError:
        assert kind is Type.JSON  # only what JSON text cannot carry
        assert any(len(str(number)) > 18 for number in json.dumps(column).replace("-", "").split())
        return
    for value, came in zip(column, kept, strict=True):
        assert pd.isna(came) if value is None else (json.loads(came) if kind is Type.JSON else came) == value


def test_an_error_shows_a_huge_or_deep_value_shortened_and_on_one_line() -> None:
    for value in ("x" * 10**6, ["y" * 1000] * 1000, {"k\n": "\n" * 50}, orjson.loads("[" * 1000 + "]" * 1000)):
        assert len(shown(value)) < 1000
        assert "\n" not in shown(value)
