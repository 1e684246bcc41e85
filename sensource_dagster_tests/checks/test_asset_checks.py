"""The checks in Dagster, and what they do if there is nothing to judge or to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import time_machine
from dagster import AssetCheckSpec

from sensource_dagster.checks.asset_checks import checks
from sensource_dagster.checks.reading import Reading
from sensource_dagster.config.settings import read_settings
from sensource_dagster.simulator import ManualClock, fault_kinds
from sensource_dagster_tests.checks.checked import NOW, TODAY, Checked, evaluations, failed_checks, found
from sensource_dagster_tests.end_to_end.sync import error_text, syncing_with_checks
from sensource_dagster_tests.warehouse_file import warehouse_file

W = "sensource"
COUNTS = {
    "key_is_unique",
    "days_are_local",
    "counts_are_not_negative",
    "entities_are_listed",
    "hours_are_complete",
    "no_hours_in_the_future",
    "no_rows_rejected",
    "fresh",
}
LISTED = {"key_is_unique", "no_rows_rejected"}
EXPECTED = {
    "traffic": COUNTS | {"door_is_unusual", "ins_and_outs_agree"},
    "occupancy": COUNTS | {"occupancy_is_in_order"},
    "zone": LISTED | {"joins_hit"},
    "space": LISTED | {"joins_hit"},
    "sensor": LISTED | {"joins_hit"},
    "site": LISTED | {"joins_hit"},
    "location": LISTED,
}


def specs(**variables: str) -> list[AssetCheckSpec]:
    return [spec for made in checks(read_settings(variables)) for spec in made.check_specs]


def test_each_table_has_its_checks_and_each_check_says_what_it_judges() -> None:
    made = specs()
    by_table: dict[str, set[str]] = {}
    for spec in made:
        by_table.setdefault(spec.asset_key.path[-1], set()).add(spec.name)
        assert spec.description
        assert spec.blocking is (spec.name in ("key_is_unique", "days_are_local"))
    assert by_table == EXPECTED
    assert len(made) == sum(map(len, EXPECTED.values()))


def test_the_page_of_a_check_names_a_further_account_and_its_own_variables() -> None:
    own = {"SENSOURCE_BALANCE_THRESHOLD": "WEST_BALANCE_THRESHOLD"}
    west = replace(read_settings({}), prefix="west", variables=own)
    said = [str(spec.description) for made in checks(west) for spec in made.check_specs]
    assert all(text.endswith(" Account: west.") for text in said)
    assert "more than WEST_BALANCE_THRESHOLD (20 %)" in " ".join(said)
    assert "SENSOURCE_" not in " ".join(said)


def test_lists_that_are_switched_off_have_no_checks() -> None:
    made = specs(SENSOURCE_STATIC_ENDPOINTS="zone")
    assert {spec.asset_key.path[-1] for spec in made} == {"zone", "traffic", "occupancy"}


def test_a_run_of_everything_runs_every_check_after_the_lists(tmp_path: Path) -> None:
    with time_machine.travel(NOW), syncing_with_checks(tmp_path, clock=ManualClock(NOW)) as sync:
        result = sync.run("everything", TODAY - timedelta(days=9), TODAY)
        assert result.success
        for table, names in EXPECTED.items():
            assert set(evaluations(result, table)) == names
        listed = evaluations(result, "traffic")["entities_are_listed"]
        assert listed.passed
        assert "is in the list zone" in str(listed.description)


def test_the_counts_are_judged_even_if_a_list_fails(tmp_path: Path) -> None:
    with time_machine.travel(NOW), syncing_with_checks(tmp_path, clock=ManualClock(NOW)) as sync:
        sync.simulator.faults.next(fault_kinds.status(400), path="/api/zone")
        result = sync.run("everything", TODAY)
        assert not result.success
        assert set(evaluations(result, "traffic")) == EXPECTED["traffic"]
        assert not evaluations(result, "zone")


def test_wrong_data_of_vea_are_found_by_the_run_that_reads_them(tmp_path: Path) -> None:
    first, dead_since = TODAY - timedelta(days=36), "2025-12-04T07:00"
    with time_machine.travel(NOW), syncing_with_checks(tmp_path, clock=ManualClock(NOW)) as sync:
        zones = [zone["zoneId"] for zone in sync.simulator.entities("zone")]
        dead, new, negative, gone = zones[0], zones[1], zones[3], zones[4]

        def faulty(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            kept = [row for row in rows if row["zoneId"] != dead or row["recordDate_hour_1"] < dead_since]
            return [{**row, "sumins": -1} if row["zoneId"] == negative else row for row in kept]

        sync.simulator.faults.next(fault_kinds.rows(faulty), times=2, path="/api/data/traffic")
        listed = sync.simulator.entities("zone")
        sync.simulator.override_list("zone", [zone for zone in listed if zone["zoneId"] != gone])
        sync.simulator.override_list("sensor", [])
        result = sync.run("everything", first, TODAY)
        assert result.success, error_text(result)
        judged = evaluations(result, "traffic")
        days = [f"2025-12-{day:02}" for day in range(4, 10)]
        assert [(row["zone_id"], row["day"]) for row in found(judged["door_is_unusual"])] == [
            (dead, day) for day in days
        ]
        whole_days = [row for row in found(judged["hours_are_complete"]) if row["hours_present"] == 0]
        assert {(row["zone_id"], row["day"]) for row in whole_days} == {
            (dead, day) for day in days if day < "2025-12-08"
        }
        assert {row["zone_id"] for row in found(judged["counts_are_not_negative"])} == {negative}
        assert [row["zone_id"] for row in found(judged["entities_are_listed"])] == [gone]
        assert {row["zone_id"] for row in found(evaluations(result, "zone")["joins_hit"])} == {*zones} - {gone}
        assert new not in {row["zone_id"] for row in found(judged["door_is_unusual"])}


def test_a_run_of_one_asset_and_one_day_judges_that_day(tmp_path: Path) -> None:
    with time_machine.travel(NOW), syncing_with_checks(tmp_path, clock=ManualClock(NOW)) as sync:
        job = sync.definitions.resolve_implicit_global_asset_job_def()
        key = next(key for key in job.asset_layer.executable_asset_keys if key.path[-1] == "occupancy")
        result = job.execute_in_process(
            asset_selection=[key], partition_key="2025-12-03", instance=sync.instance, raise_on_error=False
        )
        assert result.success, error_text(result)
        judged = evaluations(result)
        assert set(judged) == EXPECTED["occupancy"]
        assert "hours of 2025-12-03 have a row (the list space has not been read" in str(
            judged["hours_are_complete"].description
        )


def test_a_run_of_an_old_day_still_says_what_is_wrong_with_the_last_days(tmp_path: Path) -> None:
    with time_machine.travel(NOW), syncing_with_checks(tmp_path, clock=ManualClock(NOW)) as sync:

        def without_afternoon(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            zone = min(row["zoneId"] for row in rows)
            lost = {f"2025-12-05T{hour}:00:00.000Z" for hour in (18, 19, 20, 21)}
            return [row for row in rows if row["zoneId"] != zone or row["recordDate_hour_1"] not in lost]

        sync.simulator.faults.next(fault_kinds.rows(without_afternoon), path="/api/data/traffic")
        last = evaluations(sync.run("everything", TODAY - timedelta(days=7), TODAY), "traffic")
        old = evaluations(sync.run("counts", date(2025, 11, 3)), "traffic")
        lost = [(row["day"], row["hours_missing"]) for row in found(old["hours_are_complete"])]
        assert lost == [(row["day"], row["hours_missing"]) for row in found(last["hours_are_complete"])]
        assert ("2025-12-05", 4) in lost
        assert "2025-11-03, and 2025-12-03 to 2025-12-10" in str(old["hours_are_complete"].description)


def test_a_run_of_old_days_does_not_miss_last_days_that_were_never_read(tmp_path: Path) -> None:
    with time_machine.travel(NOW), syncing_with_checks(tmp_path, clock=ManualClock(NOW)) as sync:
        sync.run("lists")
        first = evaluations(sync.run("counts", date(2025, 11, 3), date(2025, 11, 5)), "traffic")
        assert "of 2025-11-03 to 2025-11-05" in str(first["hours_are_complete"].description)


def test_the_rows_are_read_once_for_all_checks_of_a_table(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    rows = Reading.rows

    def counted(self: Reading, days_before: int = 0) -> str:
        read.append(days_before)
        return rows(self, days_before)

    monkeypatch.setattr(Reading, "rows", counted)
    judged = checked.judge("traffic", date(2025, 10, 27), TODAY)
    assert set(judged) == EXPECTED["traffic"]
    assert len(read) == 1


def test_checks_by_hand_judge_today_and_the_lookback(checked: Checked) -> None:
    judged = checked.judge("traffic")
    assert "2025-12-03 to 2025-12-10" in str(judged["counts_are_not_negative"].description)
    checked.sql(f"UPDATE {W}.traffic SET sumins = -1 WHERE record_date = '2025-12-02'")
    assert checked.evaluate("counts_are_not_negative", "traffic").passed
    checked.sql(f"UPDATE {W}.traffic SET sumins = -1 WHERE record_date = '2025-12-03'")
    assert not checked.evaluate("counts_are_not_negative", "traffic").passed


def test_one_check_can_run_alone(checked: Checked) -> None:
    assert set(evaluations(checked.run("traffic", TODAY, only="ins_and_outs_agree"))) == {"ins_and_outs_agree"}


def test_without_a_file_a_table_or_a_list_there_is_nothing_to_judge_and_no_file_is_created(
    checked: Checked,
) -> None:
    elsewhere = replace(checked, settings=replace(checked.settings, warehouse=Path("/nowhere/at/all.duckdb")))
    for table, names in EXPECTED.items():
        judged = elsewhere.judge(table)
        assert set(judged) == names
        assert not failed_checks(judged)
        assert all("Nothing to judge yet" in str(one.description) for one in judged.values())
    assert not Path("/nowhere").exists()
    checked.sql(f"DROP TABLE {W}.location", f"DROP TABLE {W}.zone")
    for table, check in (("site", "joins_hit"), ("zone", "key_is_unique"), ("traffic", "entities_are_listed")):
        judgement = checked.evaluate(check, table)
        assert judgement.passed
        assert "Nothing to judge yet" in str(judgement.description)


def test_a_list_that_is_switched_off_is_not_read_even_if_its_old_table_exists(checked: Checked) -> None:
    checked.sql(f"DELETE FROM {W}.zone")
    assert not checked.evaluate("entities_are_listed", "traffic", TODAY).passed
    without = Checked(replace(checked.settings, static_endpoints=("space",)))
    listed = without.evaluate("entities_are_listed", "traffic", TODAY)
    assert listed.passed
    assert "the list zone has not been read" in str(listed.description)


def test_a_table_that_cannot_be_read_fails_the_run_with_its_name(checked: Checked) -> None:
    checked.sql(f"ALTER TABLE {W}.traffic DROP COLUMN sumouts")
    result = checked.run("traffic", TODAY)
    assert not result.success
    assert error_text(result).startswith("The checks cannot read table traffic: ")
    assert "sumouts" in error_text(result)


def test_the_checks_change_nothing_in_the_file(checked_file: Checked) -> None:
    before = warehouse_file(checked_file.settings).read_bytes()
    for table in EXPECTED:
        checked_file.run(table, date(2025, 10, 27), TODAY)
    assert warehouse_file(checked_file.settings).read_bytes() == before
    with duckdb.connect(str(checked_file.settings.warehouse), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert {name for (name,) in tables} >= set(EXPECTED)
