"""Checks that another process keeps from the DuckDB file are not failed checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from dagster import AssetCheckKey, AssetCheckSeverity, AssetKey, DagsterInstance

from sensource_dagster.automation.alerts import alerts_of
from sensource_dagster_tests.checks.checked import TODAY, Checked, evaluations, failed_checks, found
from sensource_dagster_tests.warehouse.processes import notebook
from sensource_dagster_tests.warehouse_file import warehouse_file

W = "sensource"


@pytest.fixture
def history() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def checked(checked_file: Checked) -> Checked:
    """Only a file can be held against readers."""
    return checked_file


def held(checked: Checked, history: DagsterInstance, table: str = "traffic"):  # type: ignore[no-untyped-def]
    with notebook(warehouse_file(checked.settings), "writes") as process:
        return checked.run(table, TODAY, history=history), f"process {process.pid} (python"


def test_without_an_earlier_evaluation_they_pass_and_say_that_they_judged_nothing(
    checked: Checked, history: DagsterInstance
) -> None:
    for _ in range(2):  # also the second time
        result, process = held(checked, history)
        assert result.success
        judged = evaluations(result)
        assert len(judged) == 10
        del judged["fresh"]  # it does not read the file
        for evaluation in judged.values():
            assert evaluation.passed
            assert str(evaluation.description).startswith(f"Not judged: {process}")


def test_they_repeat_what_they_said_last_and_when(checked: Checked, history: DagsterInstance) -> None:
    checked.sql(f"UPDATE {W}.traffic SET sumins = -4 WHERE rowid IN (SELECT max(rowid) FROM {W}.traffic)")
    before = evaluations(checked.run("traffic", TODAY, history=history))
    name = "counts_are_not_negative"
    assert failed_checks(before) >= {name}

    for hours in (1, 2):  # also if it is held for longer
        later = replace(checked, now=checked.now + timedelta(hours=hours))
        result, process = held(later, history)
        assert result.success
        now = evaluations(result)
        assert failed_checks(now) - {"fresh"} == failed_checks(before) - {"fresh"}
        said = str(now[name].description)
        assert said.startswith(f"Not judged now: {process}")
        assert said.endswith(f"On 2025-12-10 at 11:20 it said: {before[name].description}")
        assert said.count("it said") == 1
        assert found(now[name]) == found(before[name])
        assert now[name].severity is before[name].severity is AssetCheckSeverity.WARN
        run = history.get_run_by_id(result.run_id)
        assert run
        assert not [alert for alert in alerts_of(history, run) if "fresh" not in alert.title]


def test_they_judge_again_when_the_file_is_free(checked: Checked, history: DagsterInstance) -> None:
    held(checked, history)
    again = evaluations(checked.run("traffic", TODAY, history=history))
    assert not [each for each in again.values() if "Not judged" in str(each.description)]
    key = AssetCheckKey(AssetKey(["sensource", "traffic"]), "key_is_unique")
    assert history.event_log_storage.get_latest_asset_check_execution_by_key([key])[key].run_id


def test_who_is_waited_for_is_in_the_log_of_their_run(checked: Checked, history: DagsterInstance) -> None:
    patient = replace(checked, settings=replace(checked.settings, warehouse_wait=1))
    result, process = held(patient, history, "zone")
    lines = [entry.user_message for entry in history.all_logs(result.run_id)]
    assert [line for line in lines if f"waiting for {process}" in line]
    assert [line for line in lines if f"is held by {process}" in line]
