"""A disk that is full or read-only: the old rows stay, the run says so, and the next one heals it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from sensource_dagster.simulator import ManualClock, Options
from sensource_dagster_tests.end_to_end.sync import error_text, syncing

UTC = timezone.utc
NOW = datetime(2025, 12, 10, 18, 20, tzinfo=UTC)
FIRST, LAST = date(2025, 10, 1), date(2025, 11, 29)
START, END = datetime(2025, 10, 1, 6, tzinfo=UTC), datetime(2025, 11, 30, 7, tzinfo=UTC)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own, of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root, where it may mount, can make a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_leaves_the_old_rows_names_the_cause_and_the_next_run_heals_it(
    tmp_path: Path, small_disk: Path
) -> None:
    options, clock = Options(zones=30), ManualClock(NOW)
    with syncing(tmp_path, options, clock, SENSOURCE_WAREHOUSE=str(small_disk / "warehouse.duckdb")) as sync:
        day = date(2025, 10, 1)
        assert sync.run("counts", day).success
        before = sync.counts("traffic")
        assert before
        result = sync.run("counts", FIRST, LAST)
        assert not result.success
        said = error_text(result)
        assert "No space left on device" in said
        assert "raceback" not in said
        found = sync.counts("traffic")
        assert before.items() <= found.items()
        assert found.items() <= sync.truth("traffic", START, END).items()
        subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
        result = sync.run("counts", FIRST, LAST)
        assert result.success, error_text(result)
        for name in ("traffic", "occupancy"):
            assert sync.counts(name) == sync.truth(name, START, END)


@pytest.mark.slow
def test_a_read_only_disk_fails_the_run_with_the_cause_and_the_next_run_heals_it(
    tmp_path: Path, small_disk: Path
) -> None:
    clock = ManualClock(NOW)
    with syncing(tmp_path, None, clock, SENSOURCE_WAREHOUSE=str(small_disk / "warehouse.duckdb")) as sync:
        assert sync.run("counts", date(2025, 10, 1)).success
        before = sync.counts("traffic")
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        result = sync.run("counts", date(2025, 10, 2))
        assert not result.success
        assert "Read-only file system" in error_text(result)
        assert "warehouse.duckdb" in error_text(result)
        assert sync.counts("traffic") == before
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        assert sync.run("counts", date(2025, 10, 2)).success
