"""`sensource report`: where the page is, what it is about, and what is said if something is wrong."""

from __future__ import annotations

import errno
import os
import webbrowser
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest

from sensource_dagster.report import write
from sensource_dagster.report.figures import figures_of
from sensource_dagster_tests.cli.exports import Export, exporting, names
from sensource_dagster_tests.report.page_parts import parts, rows_of

BEHIND = timedelta(days=1)


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    """A published copy in a folder of its own, made a day ago."""
    (tmp_path / "data").mkdir()
    copied = tmp_path / "data" / "footfall.duckdb"
    copied.write_bytes(published.read_bytes())
    made_at = (datetime.now(timezone.utc) - BEHIND).timestamp()
    os.utime(copied, (made_at, made_at))
    return copied


@pytest.fixture
def report(copy: Path, tmp_path: Path) -> Iterator[Export]:
    with exporting(tmp_path, copy, "report") as run:
        yield run


def test_without_options_the_page_is_beside_the_published_copy_and_one_line_says_what_is_in_it(
    report: Export, copy: Path
) -> None:
    said = report()
    file = copy.parent / "report" / "index.html"
    assert (said.exit_code, said.stderr) == (0, "")
    with duckdb.connect(str(copy), read_only=True) as connection:
        [(visits,)] = connection.execute("SELECT sum(visits)::BIGINT FROM sensource.location_daily").fetchall()
    assert said.stdout.startswith(f"{visits:,} visits of All locations, 2025-12-01 to 2025-12-31, ")
    assert said.stdout.endswith(f" door days, in {file}\n")
    assert rows_of(parts(file.read_text()), "how-many")[0][1].startswith(f"{visits:,}")
    assert names(file.parent) == ["index.html"]
    (file.parent / "another").touch()
    assert file.stat().st_mode == (file.parent / "another").stat().st_mode


def test_after_the_demo_it_is_about_the_demo_unless_the_deployment_has_a_file(
    report: Export, copy: Path, tmp_path: Path
) -> None:
    demo = tmp_path / "project" / "data" / "demo"
    demo.mkdir(parents=True)
    for name in ("warehouse.duckdb", "footfall.duckdb"):
        (demo / name).write_bytes(copy.read_bytes())
    assert report().stdout.endswith(f"in {copy.parent / 'report' / 'index.html'}\n")
    copy.unlink()
    assert report().stdout.endswith(f"in {demo / 'report' / 'index.html'}\n")


def test_days_location_and_file_are_those_asked_for(report: Export, copy: Path, tmp_path: Path) -> None:
    said = report(
        "--from", "2025-12-02", "--to", "2025-12-02", "--location", "main, library", "--output", "a.html"
    )
    assert said.exit_code == 0, said.stderr
    assert " visits of Main, Library, 2025-12-02, " in said.stdout
    assert said.stdout.endswith(f"{tmp_path / 'a.html'}\n")
    assert not (copy.parent / "report").exists()
    assert [row[0] for row in rows_of(parts((tmp_path / "a.html").read_text()), "how-many")] == ["Main, Library"]


def test_corrections_are_those_since_the_data_of_the_page_that_is_replaced(
    report: Export, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = []

    def noted(*arguments: object, last_report: datetime | None, **others: object) -> object:
        since.append(last_report)
        return figures_of(*arguments, last_report=last_report, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(write, "figures_of", noted)
    assert report().exit_code == report().exit_code == report("--output", "another.html").exit_code == 0
    # Not the time at which the page was made: what was corrected between the two is not in it.
    assert [moment and moment.timestamp() for moment in since] == [None, pytest.approx(copy.stat().st_mtime), None]


@pytest.mark.parametrize(
    "page", ["", "<p>a page of somebody", '<meta name="as-of" content="soon">', '<meta name="as-of">', "\udcff"]
)
def test_a_page_that_does_not_say_as_of_when_it_is_counts_as_none(page: str, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page, errors="surrogateescape")
    assert write.data_of_page(tmp_path / "a.html") is None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--from", "yesterday"), "'yesterday': it is not a date"),
        (("--from", "2025-12-02", "--to", "2025-12-01"), "2025-12-02 is after the last day"),
        (("--to", "2025-12-01"), "--to needs --from"),
        (("--from", "2999-01-01"), "2999-01-01 is not over; allowed is 2"),
        (("--output", "."), "is a folder. Name a file in it."),
        (("--output", "none/a.html"), "there is no folder"),
        (("--output", "/dev/null"), "/dev/null is no file that can be replaced"),
    ],
)
def test_options_that_cannot_be_meant_end_with_status_2_and_what_is_allowed(
    arguments: tuple[str, ...], text: str, report: Export, tmp_path: Path
) -> None:
    said = report(*arguments)
    assert said.exit_code == 2
    assert text in said.stderr
    assert names(tmp_path) == ["data"]


def test_a_location_that_does_not_exist_is_told_with_those_that_do(report: Export) -> None:
    said = report("--location", "Nowhere")
    assert said.exit_code == 1
    assert said.stderr.startswith("Error: No location named 'Nowhere' has visits. There are: ")
    assert "Main, Library" in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_without_a_published_file_the_error_says_what_to_run(report: Export, tmp_path: Path) -> None:
    said = report(SENSOURCE_PUBLISHED=str(tmp_path / "none" / "none.duckdb"))
    assert said.exit_code == 1
    assert "none.duckdb yet. Run `sensource backfill`" in said.stderr
    assert names(tmp_path) == ["data"]


def test_a_copy_of_an_earlier_version_says_that_the_sync_makes_its_views(report: Export, copy: Path) -> None:
    with duckdb.connect(str(copy)) as connection:
        connection.execute("DROP VIEW sensource.usual_daily")
    said = report()
    assert said.exit_code == 1
    assert "Run the sync again (`sensource backfill`" in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert names(copy.parent) == ["footfall.duckdb"]


def test_a_page_that_cannot_be_written_is_told_in_a_line_and_the_earlier_one_stays(
    report: Export, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = copy.parent / "report" / "index.html"
    file.parent.mkdir()
    file.write_text("earlier")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    said = report()
    assert said.exit_code == 1
    assert said.stderr == (
        f"Error: The report {file} cannot be written: No space left on device. The page from before is still "
        "there.\n"
    )
    assert (names(file.parent), file.read_text()) == (["index.html"], "earlier")


def test_a_signal_during_a_query_of_duckdb_is_no_traceback(
    report: Export, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise RuntimeError("Query interrupted")  # DuckDB's, for any signal that raises

    monkeypatch.setattr(write, "figures_of", interrupted)
    said = report()
    assert said.exit_code == 1
    assert said.stderr.split() == ["Aborted!"]


def test_open_opens_the_page_in_a_browser_or_says_that_there_is_none(
    report: Export, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def opening(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", opening)
    assert report("--open").exit_code == 0
    assert [Path(urlsplit(url).path) for url in opened] == [copy.parent / "report" / "index.html"]
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    said = report("--open")
    assert said.exit_code == 1
    assert "There is no browser here" in said.stderr
    assert "visits of All locations" in said.stdout
