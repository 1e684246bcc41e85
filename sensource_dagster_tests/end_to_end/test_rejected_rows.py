"""A row that does not fit stops nothing: it is set aside, until Vea sends one that fits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sensource_dagster.simulator import ManualClock, Options, fault_kinds
from sensource_dagster_tests.checks.checked import evaluations, found, number
from sensource_dagster_tests.end_to_end.sync import Sync, metadata, syncing_with_checks
from sensource_dagster_tests.end_to_end.test_faults import NOW

UTC = timezone.utc
FIRST, LAST = date(2025, 11, 3), date(2025, 11, 4)
START, END = datetime(2025, 11, 3, 7, tzinfo=UTC), datetime(2025, 11, 5, 7, tzinfo=UTC)
Row = dict[str, Any]
REJECTED = "SELECT * EXCLUDE seen_at FROM sensource.rejected"


@pytest.fixture
def sync(tmp_path: Path) -> Iterator[Sync]:
    published = str(tmp_path / "footfall.duckdb")
    with syncing_with_checks(
        tmp_path, Options(zones=3), ManualClock(NOW), SENSOURCE_PUBLISHED=published
    ) as deployment:
        yield deployment


def send(sync: Sync, path: str, at: range, **fields: Any) -> None:
    """Let these rows of the next response have other values."""

    def change(rows: list[Row]) -> list[Row]:
        return [{**row, **fields} if number in at else row for number, row in enumerate(rows)]

    sync.simulator.faults.next(fault_kinds.rows(change), path=path)


def test_one_value_that_does_not_fit_sets_its_row_aside_until_a_later_response_fits(sync: Sync) -> None:
    send(sync, "/api/data/traffic", range(5, 6), sumins="many")

    result = sync.run("counts", FIRST, LAST)

    assert result.success
    truth = sync.truth("traffic", START, END)
    [(table, zone, hour, day, reason, row)] = sync.query(REJECTED)
    assert (table, day) == ("traffic", FIRST)
    assert truth.pop((zone, hour))
    assert sync.counts("traffic") == truth
    assert reason == "sumins (BIGINT): the value 'many' of field 'sumins' is not a whole number"
    assert (json.loads(row)["sumins"], json.loads(row)["zoneId"]) == ("many", zone)
    days = metadata(result, "traffic")
    assert [days[str(each)]["rows_rejected"] for each in (FIRST, LAST)] == [1, 0]
    check = evaluations(result, "traffic")["no_rows_rejected"]
    assert not check.passed
    [named] = found(check)
    assert (named["zone_id"], named["day"]) == (zone, str(FIRST))
    assert evaluations(result, "occupancy")["no_rows_rejected"].passed
    assert sync.run("publish").success
    with duckdb.connect(str(sync.settings.published), read_only=True) as copy:
        assert copy.execute("SELECT entity_id FROM sensource.rejected").fetchall() == [(zone,)]

    healed = sync.run("counts", FIRST, LAST)

    assert sync.query(REJECTED) == []
    assert sync.counts("traffic") == sync.truth("traffic", START, END)
    assert evaluations(healed, "traffic")["no_rows_rejected"].passed


def test_an_entry_of_a_list_without_an_id_is_set_aside_and_no_entry_is_marked_as_deleted(sync: Sync) -> None:
    job = sync.definitions.resolve_implicit_global_asset_job_def()
    [zone] = [key for key in job.asset_layer.executable_asset_keys if key.path[-1] == "zone"]

    def read() -> Any:
        return job.execute_in_process(asset_selection=[zone], instance=sync.instance)

    assert read().success
    send(sync, "/api/zone", range(1), zoneId=None)
    result = read()
    [(table, entity, hour, day, _, row)] = sync.query(REJECTED)
    assert (table, entity, hour, day) == ("zone", None, None, None)
    assert json.loads(row)["name"]
    assert sync.query("SELECT count(*) FROM sensource.zone WHERE _deleted") == [(0,)]
    assert number(evaluations(result, "zone")["no_rows_rejected"], "rejected_rows") == 1
    assert metadata(result, "zone")[None]["rows_rejected"] == 1
    assert read().success
    assert sync.query(REJECTED) == []


def test_a_value_of_a_list_that_does_not_fit_widens_its_column_and_the_copy_is_made(
    sync: Sync, capfd: pytest.CaptureFixture[str]
) -> None:
    send(sync, "/api/zone", range(1), scaleFactor=1.05)
    send(sync, "/api/location", range(1), latitude="")

    assert sync.run("lists").success

    assert len(sync.table("zone")) == len(sync.simulator.entities("zone"))
    assert sync.query("SELECT scale_factor FROM sensource.zone WHERE scale_factor > 1") == [(1.05,)]
    assert sync.query("SELECT count(*) FROM sensource.location WHERE latitude = ''") == [(1,)]
    assert "location.latitude was DOUBLE and is now VARCHAR" in capfd.readouterr().err
    assert sync.query(REJECTED) == []
    assert sync.run("publish").success
