"""A value of a list that does not fit its column widens the column, and no value is lost."""

from __future__ import annotations

from typing import Any

import pytest

from sensource_dagster.contract.list_values import to_wide_series
from sensource_dagster.contract.model import Type
from sensource_dagster.contract.values import DTYPES, objects


@pytest.mark.parametrize(
    ("kind", "values", "wide", "kept"),
    [
        (Type.BIGINT, [1, "2", None], Type.BIGINT, [1, 2, None]),
        (Type.BIGINT, [1, 1.05, "2", None], Type.DOUBLE, [1.0, 1.05, 2.0, None]),
        (Type.BIGINT, [2**53 + 1, 1.05], Type.VARCHAR, ["9007199254740993", "1.05"]),
        (
            Type.BIGINT,
            ["02", 3.0, "many", True, {"b": 1, "a": 2}],
            Type.VARCHAR,
            ["2", "3", "many", "true", '{"a":2,"b":1}'],
        ),
        (Type.DOUBLE, [52, 52.5, "13.40", ""], Type.VARCHAR, ["52", "52.5", "13.4", ""]),
        (Type.BOOLEAN, [True, 0, "maybe", None], Type.VARCHAR, ["true", "false", "maybe", None]),
        (Type.VARCHAR, ["Door", 7, ["a"]], Type.VARCHAR, ["Door", "7", '["a"]']),
        (
            Type.TIMESTAMPTZ,
            ["2025-12-01T17:00:00+01:00", "2025-12-01T16:00:00.000001Z", ""],
            Type.VARCHAR,
            ["2025-12-01T16:00:00.000Z", "2025-12-01T16:00:00.000001Z", ""],
        ),
    ],
)
def test_the_column_gets_the_narrowest_type_that_holds_each_value(
    kind: Type, values: list[Any], wide: Type, kept: list[Any]
) -> None:
    series, rejected = to_wide_series(objects(values, len(values)), kind)
    assert rejected == {}
    assert str(series.dtype) == DTYPES[wide]
    assert [None if series.isna()[at] else series[at] for at in range(len(values))] == kept
