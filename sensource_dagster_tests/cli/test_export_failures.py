"""A `sensource export` that fails, is stopped or may not write: an earlier file stays, and the reason is said."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from sensource_dagster.cli import export_formats, export_target
from sensource_dagster_tests.cli.exports import Export, names
from sensource_dagster_tests.end_to_end.test_disk_full import small_disk

__all__ = ["small_disk"]

each_format = pytest.mark.parametrize("kind", export_target.FORMATS)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file whose export takes many seconds."""
    file = tmp_path_factory.mktemp("large") / "footfall.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "CREATE SCHEMA sensource; CREATE VIEW sensource.traffic_daily AS SELECT 'z' || i AS zone_id, "
            "'d' AS door, 'l' AS location, DATE '2025-01-01' + CAST(i % 999 AS INT) AS day, 1 AS weekday, "
            "'Monday' AS weekday_name, i AS ins, i AS outs, 24 AS hours_counted, 24 AS hours_expected, "
            "true AS complete, 9 AS peak_hour, i AS peak_ins, 0 AS hours_no_longer_sent "
            "FROM range(1000000) t(i)"
        )
    return file


@pytest.mark.parametrize("kind", ["parquet", "xlsx"])
def test_a_binary_format_is_not_sent_to_a_terminal(kind: str, published: Path) -> None:
    terminal, end = os.openpty()
    with command(published, "--output", "-", "--format", kind, stdout=end) as running:
        _, said = running.communicate()
    os.close(terminal)
    os.close(end)
    assert running.returncode == 2
    assert f"A terminal cannot show {kind}" in said


def test_a_reader_that_stops_early_is_no_error(large: Path) -> None:
    with command(large, "--output", "-", "--to", "2025-06-01", stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("zone_id,door,")
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == ""


@each_format
def test_a_failure_leaves_the_earlier_file_as_it_was_and_nothing_else(
    kind: str, export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"a.{kind}").write_text("earlier")

    def fail(connection: object, selection: object, file: Path) -> None:
        file.write_text("half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setitem(export_formats._WRITERS, kind, fail)
    said = export("--output", f"a.{kind}")
    assert said.exit_code == 1
    assert "No space left on device" in said.stderr
    assert f"The a.{kind} from before is still there." in said.stderr
    assert names(tmp_path) == [f"a.{kind}"]
    assert (tmp_path / f"a.{kind}").read_text() == "earlier"


@each_format
def test_a_full_disk_is_told_in_words_and_leaves_the_earlier_file(
    kind: str, export: Export, large: Path, small_disk: Path
) -> None:
    file = small_disk / f"a.{kind}"
    file.write_text("earlier")
    said = export("--output", str(file), "--to", "2025-12-01", SENSOURCE_PUBLISHED=str(large))
    assert said.exit_code == 1
    assert f"{file} cannot be written: No space left on device." in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert names(small_disk) == [f"a.{kind}"]
    assert file.read_text() == "earlier"


def test_a_disk_that_is_full_when_a_workbook_is_put_together_is_told_in_the_same_words(
    export: Export, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(xlsxwriter.Workbook, "_store_workbook", full)
    said = export("--output", "a.xlsx")
    assert said.exit_code == 1
    assert "a.xlsx cannot be written: No space left on device." in said.stderr
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_killed_export_leaves_the_earlier_file_and_only_kill_9_leaves_a_hidden_folder(
    number: signal.Signals, large: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.xlsx").write_text("earlier")
    with command(large, "--output", str(tmp_path / "a.xlsx")) as running:
        while not list(tmp_path.glob(".sensource-*/*")):
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(number)
        _, said = running.communicate()
    assert running.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 1)
    assert "Traceback" not in said
    assert (tmp_path / "a.xlsx").read_text() == "earlier"
    left = [name for name in names(tmp_path) if name != "a.xlsx"]
    assert len(left) == (1 if number is signal.SIGKILL else 0)


def test_a_signal_during_a_query_of_duckdb_is_no_traceback(
    export: Export, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object) -> None:
        raise RuntimeError("Query interrupted")  # DuckDB's, for any signal that raises

    monkeypatch.setitem(export_formats._WRITERS, "csv", interrupted)
    said = export()
    assert said.exit_code == 1
    assert "Aborted!" in said.stderr
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told_in_words(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:  # root may write anywhere
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("tempfile.TemporaryDirectory", refused)
    said = export("--output", "a.csv")
    assert said.exit_code == 1
    assert f"{tmp_path}/a.csv cannot be written: Permission denied." in said.stderr


def command(published: Path, *arguments: str, stdout: int | None = None) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from sensource_dagster.cli import main; main()", "export", *arguments],
        env={**os.environ, "SENSOURCE_PUBLISHED": str(published)},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
