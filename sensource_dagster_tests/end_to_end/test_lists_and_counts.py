"""The sync end to end: what stands in the warehouse is what the account holds."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensource_dagster.contract.tables import COUNTS, LISTS
from sensource_dagster.simulator import ManualClock, Options, fault_kinds
from sensource_dagster_tests.end_to_end.sync import error_text, metadata, syncing, syncing_with_checks

UTC = timezone.utc
DENVER = ZoneInfo("America/Denver")
NOW = datetime(2025, 12, 10, 18, 20, tzinfo=UTC)


def midnight(day: date, zone: ZoneInfo = DENVER) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def test_every_list_entry_and_every_hour_of_a_batch_is_in_the_warehouse(tmp_path: Path) -> None:
    first, last = date(2025, 10, 20), date(2025, 11, 18)
    with syncing_with_checks(tmp_path, clock=ManualClock(NOW)) as sync:
        assert sync.run("lists").success
        assert sync.run("counts", first, last).success
        for table in LISTS:
            listed = {entry[f"{table.name}Id"] for entry in sync.simulator.entities(table.name)}  # type: ignore[arg-type]
            assert {row[0] for row in sync.table(table.name)} == listed
        for counts in COUNTS:
            truth = sync.truth(counts.name, midnight(first), midnight(last + timedelta(days=1)))
            assert len(truth) > 1000
            assert sync.counts(counts.name) == truth


def test_a_whole_number_of_more_than_64_bits_keeps_all_its_digits(tmp_path: Path) -> None:
    first = 2**64 + 1  # as the id of the next one, if it were rounded
    numbered = fault_kinds.rows(
        lambda rows: [{**row, "siteId": first + n, "serial": first + n} for n, row in enumerate(rows)]
    )
    with syncing(tmp_path, clock=ManualClock(NOW), SENSOURCE_STATIC_ENDPOINTS="site") as sync:
        sync.simulator.faults.next(numbered, path="/api/site")
        assert sync.run("lists").success
        found = sync.query("SELECT site_id, serial FROM sensource.site ORDER BY ALL")
        assert found == [(str(first + n), str(first + n)) for n in range(len(sync.simulator.entities("site")))]


@pytest.mark.slow
def test_a_batch_equals_the_same_days_one_by_one(tmp_path: Path) -> None:
    days = [date(2025, 10, 20) + timedelta(days=number) for number in range(30)]
    with syncing(tmp_path / "batch", clock=ManualClock(NOW)) as batch:
        assert batch.run("counts", days[0], days[-1]).success
        of_the_batch = {table.name: batch.table(table.name) for table in COUNTS}
    with syncing(tmp_path / "singles", clock=ManualClock(NOW)) as singles:
        for day in days:
            assert singles.run("counts", day).success
        for table in COUNTS:
            synced_at = next(at for at, column in enumerate(table.all_columns) if column.name == "_synced_at")
            assert _without(synced_at, singles.table(table.name)) == _without(synced_at, of_the_batch[table.name])


def _without(position: int, rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [row[:position] + row[position + 1 :] for row in rows]


def test_a_rerun_leaves_every_table_as_it_was(tmp_path: Path) -> None:
    first, last = date(2025, 11, 20), date(2025, 12, 10)
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        assert sync.run("everything", first, last).success
        before = {table.name: sync.table(table.name) for table in LISTS + COUNTS}
        again = sync.run("everything", first, last)
        assert again.success
        assert {table.name: sync.table(table.name) for table in LISTS + COUNTS} == before
        for day in metadata(again, "traffic").values():
            assert day["rows_inserted"] == day["rows_corrected"] == 0
            assert day["rows_unchanged"] == day["rows"]


def test_late_rows_and_corrections_reach_the_warehouse_and_are_counted_on_their_day(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    first, last = date(2025, 12, 8), date(2025, 12, 10)
    with syncing_with_checks(tmp_path, Options(token_seconds=10**7), clock) as sync:
        assert sync.run("counts", first, last).success
        before = sync.counts("traffic")
        clock.advance(days=4)
        again = sync.run("counts", first, last)
        after = sync.counts("traffic")
        assert after == sync.truth("traffic", midnight(first), midnight(last + timedelta(days=1)))
        changed = {key for key in before if before[key] != after[key]}
        assert changed
        assert set(after) - set(before)
        reported = metadata(again, "traffic")
        for day in (first, first + timedelta(days=1), last):
            of_the_day = {key for key in changed if key[1].astimezone(DENVER).date() == day}
            new = {key for key in set(after) - set(before) if key[1].astimezone(DENVER).date() == day}
            assert reported[str(day)]["rows_corrected"] == len(of_the_day)
            assert reported[str(day)]["rows_inserted"] == len(new)


def test_each_day_s_event_carries_that_day_s_own_numbers(tmp_path: Path) -> None:
    first, last = date(2025, 11, 1), date(2025, 11, 7)
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        result = sync.run("counts", first, last)
        sums = sync.query(
            "SELECT record_date, count(*), sum(sumins), sum(sumouts), count(DISTINCT zone_id) "
            "FROM sensource.traffic GROUP BY 1"
        )
        traffic = metadata(result, "traffic")
        assert len(sums) == len(traffic) == 7
        for day, rows, ins, outs, zones in sums:
            said = traffic[str(day)]
            assert (said["rows"], said["ins"], said["outs"], said["zones"]) == (rows, ins, outs, zones)
        peaks = sync.query("SELECT record_date, max(maxoccupancy) FROM sensource.occupancy GROUP BY 1")
        occupancy = metadata(result, "occupancy")
        assert {str(day): peak for day, peak in peaks} == {
            day: said["peak_occupancy"] for day, said in occupancy.items()
        }


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    zone=st.sampled_from(["America/Denver", "UTC", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]),
    first=st.dates(date(2025, 1, 1), date(2025, 12, 1)),
    days=st.integers(1, 45),
)
def test_each_zone_s_daily_sums_are_those_of_the_account_for_any_window_and_seed(
    tmp_path_factory: pytest.TempPathFactory, seed: int, zone: str, first: date, days: int
) -> None:
    last = first + timedelta(days=days - 1)
    local = ZoneInfo(zone)
    options = Options(seed=seed, zones=3, timezone=zone)
    folder = tmp_path_factory.mktemp("sums")
    with syncing(folder, options, ManualClock(NOW), SENSOURCE_TIMEZONE=zone) as sync:
        result = sync.run("counts", first, last)
        assert result.success, error_text(result)
        expected: dict[tuple[str, date], tuple[int, int]] = {}
        truth = sync.truth("traffic", midnight(first, local), midnight(last + timedelta(days=1), local))
        for (zone_id, hour), (_, ins, outs) in truth.items():
            key = zone_id, hour.astimezone(local).date()
            so_far = expected.get(key, (0, 0))
            expected[key] = so_far[0] + ins, so_far[1] + outs
        found = sync.query(
            "SELECT zone_id, record_date, sum(sumins)::BIGINT, sum(sumouts)::BIGINT "
            "FROM sensource.traffic GROUP BY 1, 2"
        )
        assert {(zone_id, day): (ins, outs) for zone_id, day, ins, outs in found} == expected


def test_a_run_of_everything_reads_the_lists_before_the_counts(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        events = sync.run("everything", NOW.date()).all_events

    read = [event.asset_key.path[-1] for event in events if event.is_step_materialization and event.asset_key]
    assert set(read[:5]) == {"location", "site", "zone", "space", "sensor"}
    assert set(read[5:]) == {"traffic", "occupancy"}


def test_a_long_run_says_in_its_log_how_far_it_is_and_how_long_it_will_take(tmp_path: Path) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        result = sync.run("counts", date(2025, 8, 1), date(2025, 10, 15))
        entries = sync.instance.all_logs(result.run_id)
        [(rows,)] = sync.query("SELECT count(*) FROM sensource.traffic WHERE record_date < '2025-08-31'")

    said = [entry.user_message for entry in entries if entry.user_message.startswith("Reading traffic")]
    assert [line.split(" (")[0] for line in said] == [f"Reading traffic, window {n} of 3" for n in (1, 2, 3)]
    assert said[0] == "Reading traffic, window 1 of 3 (2025-08-01 06:00 to 2025-08-31 06:00 UTC)"
    assert re.search(rf"\): {rows:,} rows so far, about \d+ s left$", said[1])
    assert re.search(r"\): [\d,]+ rows so far, about \d+ s left$", said[2])
