from collections import defaultdict
from datetime import datetime
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sensource_dagster.simulator import Options
from sensource_dagster.simulator.simulator import Simulator
from sensource_dagster_tests.simulator.client import NOW, utc

DENVER = ZoneInfo("America/Denver")


@pytest.fixture(scope="module")
def year() -> list[dict[str, Any]]:
    return Simulator(Options(), lambda: NOW).truth("traffic", utc(2024, 7, 1), utc(2025, 7, 1))


def local(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["recordDate_hour_1"].replace("Z", "+00:00")).astimezone(DENVER)


def ins_by(rows: list[dict[str, Any]], part: str) -> dict[int, float]:
    groups: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        moment = local(row)
        groups[moment.weekday() if part == "weekday" else getattr(moment, part)].append(row["sumins"])
    return {group: fmean(values) for group, values in groups.items()}


def test_doors_are_shut_at_night_and_busy_in_the_afternoon(year: list[dict[str, Any]]) -> None:
    hours = ins_by(year, "hour")
    assert hours[3] == 0
    assert hours[16] > 3 * hours[9] > 0


def test_saturdays_are_busier_than_mondays(year: list[dict[str, Any]]) -> None:
    weekdays = ins_by(year, "weekday")
    assert weekdays[5] > 1.5 * weekdays[0]


def test_december_is_busier_than_june(year: list[dict[str, Any]]) -> None:
    months = ins_by(year, "month")
    assert months[12] > 1.2 * months[6]


def test_nobody_comes_on_christmas_day(year: list[dict[str, Any]]) -> None:
    afternoon = [row for row in year if (local(row).month, local(row).day, local(row).hour) == (12, 25, 15)]
    assert afternoon
    assert {row["sumins"] for row in afternoon} == {0}


def test_zones_differ_in_size_and_ins_and_outs_do_not_balance(year: list[dict[str, Any]]) -> None:
    ins: dict[str, int] = defaultdict(int)
    outs: dict[str, int] = defaultdict(int)
    for row in year:
        ins[row["zoneId"]] += row["sumins"]
        outs[row["zoneId"]] += row["sumouts"]
    assert max(ins.values()) > 1.5 * min(ins.values())
    assert any(abs(ins[zone] - outs[zone]) > 0.05 * ins[zone] for zone in ins)


def test_two_seeds_make_two_accounts(account: Simulator) -> None:
    other = Simulator(Options(seed=1), account.clock)
    ours, theirs = (each.truth("traffic", utc(2025, 12, 1), utc(2025, 12, 2)) for each in (account, other))
    assert not {row["zoneId"] for row in ours} & {row["zoneId"] for row in theirs}
    assert sum(row["sumins"] for row in ours) != sum(row["sumins"] for row in theirs)
