"""Each partition's newest materialization, from the project's own storage and from Dagster's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance

from sensource_dagster.assets.partition_history import last_read, newest_materializations
from sensource_dagster.contract.day_ranges import each_day
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.instance import materialized_at
from sensource_dagster_tests.automation.nights import at_three, report_read
from sensource_dagster_tests.instances import instance
from sensource_dagster_tests.own_account import asset_key

KEY = asset_key(TABLES["traffic"])
DAYS = each_day(date(2020, 1, 1), date(2023, 1, 31))  # more than the thousand that one query of events returns
NAMES = [str(day) for day in DAYS]
FIRST_NIGHT, SECOND_NIGHT = date(2025, 6, 1), date(2025, 6, 2)
AGAIN = 3
"""So many days were read in the second night too."""


def told() -> dict[str, float]:
    with at_three(FIRST_NIGHT) as first, at_three(SECOND_NIGHT) as second:
        return dict.fromkeys(NAMES, first.timestamp()) | dict.fromkeys(NAMES[:AGAIN], second.timestamp())


def read(history: DagsterInstance) -> None:
    report_read(history, DAYS, FIRST_NIGHT, [KEY])
    report_read(history, DAYS[:AGAIN], SECOND_NIGHT, [KEY])


def asked_in_sql(_: pytest.MonkeyPatch) -> None: ...


def asked_for_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a Dagster that the project was not tested with."""
    monkeypatch.setattr(materialized_at, "is_tested", lambda: False)


@pytest.mark.parametrize("ask", [asked_in_sql, asked_for_events])
@pytest.mark.parametrize("storage", [None, "sqlite"])
def test_it_is_known_when_each_of_a_thousand_and_more_days_was_last_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[pytest.MonkeyPatch], None],
    storage: str | None,
) -> None:
    ask(monkeypatch)
    configured: Any = {storage: {"base_dir": str(tmp_path / "stock")}} if storage else None
    with instance(tmp_path / "history", configured) as history:
        if storage:  # which writes one event at a time
            report_read(history, DAYS[:5], FIRST_NIGHT, [KEY])
            report_read(history, DAYS[:AGAIN], SECOND_NIGHT, [KEY])
            assert last_read(history, KEY, NAMES) == pytest.approx(
                {name: told()[name] for name in NAMES[:5]}, abs=2
            )
            return
        read(history)
        assert last_read(history, KEY, NAMES) == pytest.approx(told(), abs=2)  # a batch has distinct times
        assert last_read(history, KEY, [NAMES[-1], "2024-01-01"]).keys() == {NAMES[-1]}
        assert last_read(history, KEY, []) == {}
        history.wipe_assets([KEY])
        assert last_read(history, KEY, NAMES) == {}


def test_the_events_of_a_thousand_and_more_partitions_are_found(tmp_path: Path) -> None:
    with instance(tmp_path / "history") as history:
        read(history)
        found = [record.partition_key for record in newest_materializations(history, KEY)]
        some = [record.partition_key for record in newest_materializations(history, KEY, NAMES[-2:])]
    *of_partitions, of_asset = found
    assert (sorted(map(str, of_partitions)), of_asset) == (NAMES, NAMES[AGAIN - 1])
    assert sorted(map(str, some)) == NAMES[-2:]
