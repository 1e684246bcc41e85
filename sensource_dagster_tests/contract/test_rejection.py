"""A row that does not fit is rejected, whole and with the reason. If too many do not fit, nothing is taken."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pandas as pd
import pytest

from sensource_dagster.contract.frames import Counts, counts_frame, list_frame
from sensource_dagster.contract.rejection import RejectedRow, Rejections, rejections_of
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.contract.values import shown
from sensource_dagster.errors import ContractError
from sensource_dagster_tests.contract.rows import row

DENVER = ZoneInfo("America/Denver")
START, END = datetime(2025, 12, 1, 7, tzinfo=timezone.utc), datetime(2025, 12, 3, 7, tzinfo=timezone.utc)
HOUR = pd.Timestamp("2025-12-01T16:00Z")
TRAFFIC, ZONE = TABLES["traffic"], TABLES["zone"]


def traffic(*rows: dict[str, Any]) -> Counts:
    return counts_frame(TRAFFIC, rows, START, END, DENVER)


def rejected(frame: pd.DataFrame) -> list[RejectedRow]:
    rejections = rejections_of(frame)
    assert rejections
    return [*rejections.rows]


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"sumins": 1.5}, ("sumins (BIGINT)", "1.5", "'sumins'")),
        ({"sumins": True}, ("sumins (BIGINT)", "True")),
        ({"sumins": 2**70}, ("sumins (BIGINT)", str(2**70), "too large")),
        ({"sumouts": "many"}, ("sumouts (BIGINT)", "'many'")),
        ({"sumouts": [1]}, ("sumouts (BIGINT)", "[1]")),
        ({"name": {"en": "Door"}}, ("name (VARCHAR)", "{'en': 'Door'}", "nested")),
        ({"other": float("nan")}, ("other (DOUBLE)", "nan", "'other'")),
        ({"sumins": "a", "sumouts": "b"}, ("sumins (BIGINT): the value 'a'", "; sumouts (BIGINT): the value 'b'")),
    ],
)
def test_the_reason_names_each_column_and_value_that_does_not_fit(
    fields: dict[str, Any], parts: tuple[str]
) -> None:
    frame = traffic(row("z0"), row(**fields)).frame
    assert frame["zone_id"].tolist() == ["z0"]
    assert frame.index.tolist() == [0]
    [one] = rejected(frame)
    assert (one.entity_id, one.hour, one.day) == ("z1", HOUR, date(2025, 12, 1))
    assert all(part in one.reason for part in parts)


def test_the_whole_row_is_kept_as_json() -> None:
    sent = row(sumins="many", extra={"b": [1, None], "a": "é"})
    [one] = rejected(traffic(row("z0"), sent).frame)
    assert json.loads(one.row) == sent


def test_a_value_that_is_nested_too_deeply_for_json_is_shortened() -> None:
    deep = orjson.loads("[" * 900 + "]" * 900)
    [one] = rejected(traffic(row("z0"), row(sumins=deep)).frame)
    assert json.loads(one.row) == row(sumins=shown(deep))


@pytest.mark.parametrize(
    ("missing", "column"), [("zoneId", "zone_id"), ("recordDate_hour_1", "record_date_hour_1")]
)
@pytest.mark.parametrize("null", [True, False])
def test_a_row_without_its_key_is_rejected_and_if_no_row_has_it_the_error_names_it(
    missing: str, column: str, null: bool
) -> None:
    bad = row("z2")
    if null:
        bad[missing] = None
    else:
        del bad[missing]
    [one] = rejected(traffic(row(), bad).frame)
    assert one.reason == f"{column}: a row without its key cannot be distinguished"
    for rows in ([bad], [bad, bad]):
        with pytest.raises(ContractError, match=f"no row of {len(rows)} has a {column} that fits") as raised:
            traffic(*rows)
        assert f"{column}=None" in str(raised.value)


@pytest.mark.parametrize("hour", ["now", "2025", 1764604800, "1.12.2025", ""])
def test_a_row_whose_hour_is_not_a_time_belongs_to_the_last_day_of_its_response(hour: Any) -> None:
    [one] = rejected(traffic(row("z0"), row(hour=hour)).frame)
    assert (one.entity_id, one.hour, one.day) == ("z1", None, date(2025, 12, 2))
    with pytest.raises(ContractError, match=r"traffic\.record_date_hour_1 \(TIMESTAMPTZ\)"):
        traffic(row(hour=hour))


def test_the_rejections_have_the_local_days_of_the_window_even_if_there_are_none() -> None:
    assert rejections_of(traffic(row()).frame) == Rejections([], date(2025, 12, 1), date(2025, 12, 2))
    assert rejections_of(list_frame(ZONE, [{"zoneId": "a"}])[0]) == Rejections([])


def test_the_days_of_the_window_and_of_a_rejected_row_are_local_where_utc_has_others() -> None:
    start, end = datetime(2025, 11, 30, 23, tzinfo=timezone.utc), datetime(2025, 12, 1, 23, tzinfo=timezone.utc)
    rows = [row("z0"), row(hour="2025-11-30T23:30:00Z", sumins="many")]
    found = rejections_of(counts_frame(TRAFFIC, rows, start, end, ZoneInfo("Europe/Berlin")).frame)
    assert found
    assert (found.first, found.last) == (date(2025, 12, 1), date(2025, 12, 1))
    assert [one.day for one in found.rows] == [date(2025, 12, 1)]


def test_a_row_outside_the_window_is_not_rejected_whatever_its_values() -> None:
    counts = traffic(row(), row("z2", hour="2025-12-09T00:00:00Z", sumins="many"))
    assert (counts.outside, rejected(counts.frame)) == (1, [])


def test_of_rows_with_the_same_key_the_last_counts_even_if_an_earlier_one_does_not_fit() -> None:
    counts = traffic(row("z0"), row(sumins="many"), row(sumins=5))
    assert (counts.frame["sumins"].tolist(), counts.repeated, rejected(counts.frame)) == ([112, 5], 1, [])


def test_a_later_row_replaces_a_rejected_one_also_beside_a_row_without_a_key() -> None:
    rows = [*(row(f"y{number}") for number in range(40)), row(sumins="many"), {**row(), "zoneId": None}, row()]
    [one] = rejected(traffic(*rows).frame)
    assert "without its key" in one.reason


def test_a_rejected_row_takes_no_earlier_row_of_the_same_key_away() -> None:
    counts = traffic(row("z0"), row(sumins=5), row(sumins="many"))
    assert (counts.frame["sumins"].tolist(), counts.repeated) == ([112, 5], 0)
    assert len(rejected(counts.frame)) == 1


@pytest.mark.parametrize(("bad", "of", "fails"), [(1, 3, False), (2, 39, True), (2, 40, False), (6, 120, False)])
def test_one_row_or_five_percent_of_the_rows_may_be_rejected(bad: int, of: int, fails: bool) -> None:
    rows = [row(f"z{number}", sumins="many" if number < bad else 1) for number in range(of)]
    if not fails:
        assert len(rejected(traffic(*rows).frame)) == bad
        return
    with pytest.raises(ContractError, match=f"{bad} of {of} rows do not fit") as raised:
        traffic(*rows)
    for part in (
        *("traffic.sumins (BIGINT): the value 'many'", "Nothing was written"),
        "zone_id='z0', record_date_hour_1='2025-12-01T16:00:00.000Z'",
    ):
        assert part in str(raised.value)


def test_an_error_is_short_whatever_the_rows_hold() -> None:
    wide = row("z\n" * 10**6, sumins=["y" * 10**6] * 100)
    with pytest.raises(ContractError) as raised:
        traffic(wide, wide)
    assert len(str(raised.value)) < 2000
    assert "\n" not in str(raised.value)


def test_an_entry_of_a_list_without_an_id_is_rejected() -> None:
    frame, repeated = list_frame(ZONE, [{"zoneId": "a"}, {"zoneId": [1], "name": "Door"}, {"zoneId": "a"}])
    assert (frame["zone_id"].tolist(), repeated) == (["a"], 1)
    [one] = rejected(frame)
    assert (one.entity_id, one.hour, one.day) == (None, None, None)
    assert "zone_id (VARCHAR): the value [1]" in one.reason
