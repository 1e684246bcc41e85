"""A check judges a warehouse without a run of Dagster, which would take most of a test's time."""

from __future__ import annotations

from datetime import date

from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.reading import Reading
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.sql import tables_of
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.checks.checked import Checked


def judge(checked: Checked, check: Check, first: date, last: date | None = None) -> Judgement:
    """What the check says about the traffic of some days."""
    settings = checked.settings
    with warehouse_of(settings.warehouse, 5).open(read_only=True) as connection:
        tables = frozenset(tables_of(connection))
        lists = tables.intersection(settings.static_endpoints)
        days = JudgedDays(((first, last or first),), settings.timezone, checked.now)
        reading = Reading(
            connection, TABLES["traffic"], days, tables, lists, check.aggregates, days_before=check.days_before
        )
        return check.judge(reading)
