"""Metrics and lists that the project does not know, and Vea does."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner

from sensource_dagster.cli import main
from sensource_dagster.config.parsers import NO_LISTS
from sensource_dagster.contract.tables import LISTS
from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster_tests.end_to_end.sync import error_text, syncing, syncing_with_checks

DAY = date(2025, 12, 9)
CLOCK = ManualClock(datetime(2025, 12, 11, 18, tzinfo=timezone.utc))
FLOORS = [
    {"floorId": "f1", "name": "Ground", "level": 0, "plan": {"scale": 1.5}},
    {"floorId": "f2", "name": "First", "level": 1, "plan": None},
]
OPTIONS = Options(further_metrics=["groups"], further_lists={"floor": FLOORS})


def test_a_metric_that_the_project_does_not_know_is_a_column_with_the_type_of_its_values(tmp_path: Path) -> None:
    with syncing_with_checks(tmp_path, OPTIONS, CLOCK, SENSOURCE_TRAFFIC_METRICS="ins,groups") as sync:
        assert sync.run("counts", DAY).success
        wrong = "count(*) FILTER (sumgroups <> sumins // 2 OR sumgroups IS NULL)"
        [row] = sync.query(f"SELECT {wrong}, any_value(typeof(sumgroups)) FROM sensource.traffic")
        assert row == (0, "BIGINT")


def test_of_a_metric_that_there_is_not_vea_says_so(tmp_path: Path) -> None:
    with syncing(tmp_path, OPTIONS, CLOCK, SENSOURCE_TRAFFIC_METRICS="ins,dwell(avg)") as sync:
        result = sync.run("counts", DAY)
        assert "HTTP 400" in error_text(result)
        assert "dwell(avg)" in error_text(result)
        assert "check the metrics" in error_text(result)


@pytest.fixture
def variables() -> dict[str, str]:
    return {"SENSOURCE_STATIC_ENDPOINTS": "zone,floor"}


def test_a_list_that_the_project_does_not_know_is_a_table_with_all_its_fields_merged_by_its_id(
    tmp_path: Path, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = {"floor": FLOORS}
    with syncing_with_checks(tmp_path, Options(further_lists=lists), CLOCK, **variables) as sync:
        assert sync.run("lists").success
        floors = "SELECT floor_id, name, level, plan->>'scale', _deleted FROM sensource.floor ORDER BY 1"
        assert sync.query(floors) == [("f1", "Ground", 0, "1.5", False), ("f2", "First", 1, None, False)]
        lists["floor"] = [{**FLOORS[0], "name": "Ground floor"}]
        again = sync.run("lists")
        assert again.success
        # Merged and not replaced: what Vea no longer lists stays, and is marked.
        assert [row[1:2] + row[4:] for row in sync.query(floors)] == [("Ground floor", False), ("First", True)]
        checks = [check for check in again.get_asset_check_evaluations() if check.asset_key.path[-1] == "floor"]
        assert {check.check_name: check.passed for check in checks} == {
            "key_is_unique": True,
            "no_rows_rejected": True,
        }
        monkeypatch.chdir(tmp_path)
        checked = CliRunner().invoke(main, ["check"], env=dict(sync.variables))
        assert "ok      /api/floor: 1 entries" in checked.output
        assert "WARN    settings: SENSOURCE_STATIC_ENDPOINTS has floor" in checked.output


def test_a_list_that_there_is_not_is_refused_by_vea_and_the_others_are_read(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    with syncing(tmp_path, Options(), CLOCK, **variables) as sync:
        result = sync.run("lists")
        assert "/api/floor is refused: HTTP 404" in error_text(result)
        assert sync.query("SELECT count(*) FROM sensource.zone") == [(5,)]


def test_no_other_asset_of_the_project_can_be_named_as_a_list(tmp_path: Path) -> None:
    with syncing(tmp_path) as sync:
        names = {key.path[-1] for key in sync.definitions.resolve_all_asset_keys()}
    one_word = {name for name in names if name.isalpha()}
    assert one_word - {table.name for table in LISTS} <= set(NO_LISTS)
