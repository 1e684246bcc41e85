"""In real Dagster runs: the frame of a user's own asset becomes a table of its own."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dagster import AssetKey, DagsterEventType

from sensource_dagster_tests.lakes import LAKE, LAKE_PARAMETER
from sensource_dagster_tests.warehouse.own_assets import DAILY, daily, own, put, table
from sensource_dagster_tests.warehouse.runs import DAYS, Runs, by_day, failure

DAY = [date(2025, 12, number) for number in range(1, 5)]
FIRST, SECOND, THIRD = "2025-12-01", "2025-12-02", "2025-12-03"


@pytest.mark.parametrize(
    ("key", "schema", "file"),
    [
        (["sensource", "weather"], "sensource", "sensource.duckdb"),
        (["marts", "weather"], "marts", "marts.duckdb"),
        (["weather"], "main", "main.duckdb"),
    ],
)
def test_the_table_of_an_own_asset_is_named_after_its_key(
    tmp_path: Path, key: list[str], schema: str, file: str
) -> None:
    runs = Runs(tmp_path / file)
    result = runs.run(own(pd.DataFrame({"rain": [0.5]}), key))
    assert result.success, failure(result)
    assert table(runs, schema, "weather") == ({"rain": "DOUBLE"}, [(0.5,)])
    [event] = result.get_asset_materialization_events()
    named = event.materialization.metadata["dagster/table_name"].value
    assert str(named).endswith(f".{schema}.weather")
    query = str(event.materialization.metadata["Query"].value)
    assert query == f'SELECT * FROM "{schema}"."weather"'


@pytest.fixture(params=[pytest.param("file", id="file"), LAKE_PARAMETER])
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> Runs:
    if request.param == LAKE:
        return Runs(request.getfixturevalue("new_lake")())
    return Runs(tmp_path / "sensource.duckdb")


def test_a_table_without_partitions_is_replaced_whole_with_the_columns_of_the_frame(runs: Runs) -> None:
    put(runs, station=["a", "b"], rain=[1, 2])
    put(runs, station=["c"], wind=["strong"])
    assert table(runs, "marts", "weather") == ({"station": "VARCHAR", "wind": "VARCHAR"}, [("c", "strong")])


def test_the_types_come_from_the_frame_and_a_column_without_values_is_text(runs: Runs) -> None:
    noon = datetime(2025, 12, 1, 12, tzinfo=timezone.utc)
    put(
        runs,
        whole=[1, 2],
        parts=[0.5, None],
        flag=[True, False],
        text=["a", None],
        day=[DAY[0], DAY[1]],
        local=pd.to_datetime(["2025-12-01 10:00", "2025-12-01 11:00"]),
        instant=pd.to_datetime([noon, noon], utc=True),
        kind=pd.Categorical(["x", "y"]),
        nothing=pd.Series([None, None], dtype=object),
        late=[*[None], "b"],
        numbers=[[1], [2, 3]],
    )
    assert table(runs, "marts", "weather")[0] == {
        "whole": "BIGINT",
        "parts": "DOUBLE",
        "flag": "BOOLEAN",
        "text": "VARCHAR",
        "day": "DATE",
        "local": "TIMESTAMP",
        "instant": "TIMESTAMP WITH TIME ZONE",
        "kind": "VARCHAR",
        "nothing": "VARCHAR",
        "late": "VARCHAR",
        "numbers": "INTEGER[]",
    }


def test_every_row_of_a_long_column_has_a_say_in_its_type(runs: Runs) -> None:
    put(runs, mixed=pd.Series([*range(3), "none", *range(5000)], dtype=object))
    types, rows = table(runs, "marts", "weather")
    assert (types, len(rows)) == ({"mixed": "VARCHAR"}, 5004)


def test_a_named_index_is_a_column_and_an_unnamed_one_is_not(runs: Runs) -> None:
    by_door = pd.DataFrame({"door": ["a", "a", "b"], "ins": [1, 2, 3]}).groupby("door").sum()
    assert runs.run(own(by_door)).success
    assert table(runs, "marts", "weather")[1] == [("a", 3), ("b", 3)]
    assert runs.run(own(pd.DataFrame({"ins": [1]}, index=[7]))).success
    assert table(runs, "marts", "weather") == ({"ins": "BIGINT"}, [(1,)])


def test_the_days_of_the_run_are_replaced_by_name_and_all_other_days_stay(runs: Runs) -> None:
    assert not daily(runs, FIRST, THIRD, day=DAY[:3], rain=[1, 2, 3])
    assert not daily(runs, SECOND, rain=[20, 21], day=[DAY[1]] * 2)
    assert table(runs, *DAILY) == (
        {"day": "DATE", "rain": "BIGINT"},
        [(DAY[0], 1), (DAY[1], 20), (DAY[1], 21), (DAY[2], 3)],
    )
    assert not daily(runs, SECOND, THIRD, day=[], rain=[])
    assert table(runs, *DAILY)[1] == [(DAY[0], 1)]


@pytest.mark.parametrize(
    "day", [pd.Timestamp(FIRST), FIRST, pd.Timestamp(FIRST, tz="UTC")], ids=["time", "text", "instant"]
)
def test_the_column_of_the_days_is_a_date_whatever_the_frame_has(runs: Runs, day: Any) -> None:
    for _ in range(2):
        assert not daily(runs, FIRST, day=[day], rain=[1])
    assert table(runs, *DAILY) == ({"day": "DATE", "rain": "BIGINT"}, [(DAY[0], 1)])


def test_new_columns_are_added_and_missing_ones_are_null(runs: Runs) -> None:
    assert not daily(runs, FIRST, day=DAY[:1], rain=[1])
    assert not daily(runs, SECOND, day=DAY[1:2], wind=[0.5])
    assert table(runs, *DAILY) == (
        {"day": "DATE", "rain": "BIGINT", "wind": "DOUBLE"},
        [(DAY[0], 1, None), (DAY[1], None, 0.5)],
    )


def test_whole_numbers_beside_a_missing_one_still_fit_and_a_column_without_values_takes_any_type(
    runs: Runs,
) -> None:
    assert not daily(runs, FIRST, day=DAY[:1], rain=[1], note=[None])
    assert not daily(runs, SECOND, day=DAY[1:2] * 2, rain=[2.0, None], note=[5, 6])
    assert not daily(runs, THIRD, day=DAY[2:3], rain=[None], note=[None])
    assert table(runs, *DAILY) == (
        {"day": "DATE", "rain": "BIGINT", "note": "BIGINT"},
        [(DAY[0], 1, None), (DAY[1], 2, 5), (DAY[1], None, 6), (DAY[2], None, None)],
    )


@pytest.mark.parametrize(
    ("rain", "text"),
    [
        (["much"], "'much' (VARCHAR) does not fit column rain of table sensource.daily, which is BIGINT"),
        (["5"], "'5' (VARCHAR) does not fit"),
        ([2.5], "'2.5' (DOUBLE) does not fit"),
    ],
)
def test_a_value_of_another_type_is_an_error_that_says_what_to_do_and_leaves_the_table(
    runs: Runs, rain: list[Any], text: str
) -> None:
    assert not daily(runs, FIRST, day=DAY[:1], rain=[1])
    said = daily(runs, FIRST, SECOND, day=DAY[:1], rain=rain, new=[1])
    assert text in said
    assert "Nothing was written. Return BIGINT, or change the table: ALTER TABLE" in said
    assert table(runs, *DAILY) == ({"day": "DATE", "rain": "BIGINT"}, [(DAY[0], 1)])
    runs.store.sql(said.split("change the table: ")[1])
    assert not daily(runs, FIRST, day=DAY[:1], rain=rain)


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (
            {"day": DAY[:3], "rain": [1, 2, 3]},
            "1 rows of the frame have a day that is none of the days of the run",
        ),
        ({"day": [DAY[0], None], "rain": [1, 2]}, "The first of them has none. Nothing was written"),
        ({"date": DAY[:1], "rain": [1]}, "the frame has no column day, which partition_expr names. It has date"),
        ({"day": ["Monday"]}, "'Monday' (VARCHAR) does not fit the days of table sensource.daily, which is DATE"),
        ({"day": pd.to_datetime(["2025-12-01 07:00Z"])}, "'2025-12-01 07:00:00+00'"),
        ({"day": DAY[:1], "Rain": [1], "rain": [2]}, "more than one column named Rain, rain"),
        ({"day": DAY[:1], "rain": pd.period_range("2025", periods=1)}, "Data type 'period[D]' not recognized"),
    ],
)
def test_a_frame_that_does_not_fit_the_days_is_an_error_and_the_old_table_stands(
    runs: Runs, columns: dict[str, Any], text: str
) -> None:
    assert not daily(runs, FIRST, SECOND, day=DAY[:2], rain=[1, 2])
    said = daily(runs, FIRST, SECOND, **columns)
    assert text in said
    assert "Nothing was written" in said
    assert table(runs, *DAILY)[1] == [(DAY[0], 1), (DAY[1], 2)]


def test_a_write_that_fails_after_the_days_were_deleted_leaves_them(runs: Runs) -> None:
    assert not daily(runs, FIRST, day=DAY[:1], rain=[1])
    runs.store.sql("ALTER TABLE {s}.daily ALTER rain SET NOT NULL")
    assert "NOT NULL constraint failed: daily.rain. Nothing was written" in daily(
        runs, FIRST, day=DAY[:1], rain=[None]
    )
    assert table(runs, *DAILY)[1] == [(DAY[0], 1)]


def test_a_table_that_has_no_day_yet_is_not_touched(runs: Runs) -> None:
    assert runs.run(own(pd.DataFrame({"rain": [1]}), DAILY)).success
    said = daily(runs, FIRST, day=DAY[:1], rain=[2])
    assert "Table sensource.daily has no column day, so the days of its rows are unknown" in said
    runs.store.sql(said.split("run: ")[1])
    assert not daily(runs, FIRST, day=DAY[:1], rain=[2])


def test_each_day_reports_its_rows_and_the_run_those_of_the_whole_table(runs: Runs) -> None:
    days = own(pd.DataFrame({"day": [DAY[0], DAY[0], DAY[2]]}), DAILY, DAYS, partition_expr="day")
    result = runs.run(days, days=(FIRST, THIRD))
    assert by_day(result) == {FIRST: {"rows": 2}, SECOND: {"rows": 0}, THIRD: {"rows": 1}}
    queries = [
        str(event.materialization.metadata["Query"].value) for event in result.get_asset_materialization_events()
    ]
    found = [len(runs.store.sql(query.replace('"sensource"', "{s}"))) for query in queries]
    assert found == [2, 0, 1]
    [seen] = [e for e in result.all_events if e.event_type is DagsterEventType.ASSET_OBSERVATION]
    assert seen.asset_key == AssetKey(DAILY)
    observed = seen.asset_observation_data.asset_observation.metadata
    assert observed["dagster/row_count"].value == 3
    [whole] = by_day(runs.run(own(pd.DataFrame({"rain": [1, 2]})))).values()
    assert (whole["rows"], whole["dagster/row_count"]) == (2, 2)
    assert whole["preview"].records[0].data == {"rain": 1}
