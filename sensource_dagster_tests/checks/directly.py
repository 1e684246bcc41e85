"""A check judges a warehouse without a run of Dagster, which would take most of a test's time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import time_machine

from sensource_dagster.checks.asset_checks import checks_of
from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.reading import Reading
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.sql import tables_of
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.checks.checked import ELSEWHERE, NOW, Checked


def judge(checked: Checked, check: Check, first: date, last: date | None = None) -> Judgement:
    """What the check says about the traffic of some days."""
    with reading(checked, check, first, last) as made:
        return check.judge(made)


@contextmanager
def reading(
    checked: Checked, check: Check, first: date, last: date | None = None, table: str = "traffic"
) -> Iterator[Reading]:
    """What a check reads of these days."""
    settings = checked.settings
    with warehouse_of(settings.warehouse, 5).open(read_only=True) as connection:
        tables = frozenset(tables_of(connection))
        yield Reading(
            connection,
            TABLES[table],
            JudgedDays(((first, last or first),), settings.timezone, checked.now),
            tables,
            tables.intersection(settings.static_endpoints),
            check.aggregates,
            check.days_before,
        )


def check_of(checked: Checked, table: str, name: str) -> Check:
    [check] = [check for check in checks_of(TABLES[table], checked.settings) if check.name == name]
    return check


def judge_by_name(
    checked: Checked, table: str, name: str, first: date, last: date, is_read: bool = False
) -> Judgement:
    """What the check says of these days, of which each has just been read or none ever."""
    check = check_of(checked, table, name)
    with time_machine.travel(NOW.astimezone(ELSEWHERE)), reading(checked, check, first, last, table) as made:
        return check.judge(
            replace(made, last_read=lambda days: dict.fromkeys(days, NOW.timestamp()) if is_read else {})
        )
