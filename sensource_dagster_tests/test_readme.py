"""What the README, the documents and .env.example say exists, and their examples run."""

from __future__ import annotations

import re
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from sensource_dagster.cli import main
from sensource_dagster.config.settings import VARIABLES, read_settings
from sensource_dagster.contract.tables import CORRECTIONS, REJECTED, TABLES
from sensource_dagster.definitions import build_definitions
from sensource_dagster.own_definitions import with_own
from sensource_dagster.simulator import ManualClock
from sensource_dagster.views.published_copy import publish
from sensource_dagster.views.refresh import refresh
from sensource_dagster.warehouse.file_warehouse import FileWarehouse
from sensource_dagster_tests.documentation import DOCUMENTS, blocks, text_of
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START, syncing
from sensource_dagster_tests.end_to_end.test_faults import FIRST, LAST, NOW
from sensource_dagster_tests.own_folder import own_folder

README, SETTINGS, TABLES_MD = map(text_of, ("README.md", "docs/settings.md", "docs/tables.md"))
ENV_EXAMPLE = text_of(".env.example")
EVERYTHING = "\n".join(file.read_text() for file in DOCUMENTS)


def test_the_settings_and_the_env_example_name_every_variable_and_no_document_names_another() -> None:
    for text in (SETTINGS, ENV_EXAMPLE):
        assert set(re.findall(r"SENSOURCE_[A-Z_]+", text)) == set(VARIABLES)
    assert set(re.findall(r"SENSOURCE_[A-Z_]+", EVERYTHING)) == set(VARIABLES)


def test_the_defaults_that_they_show_are_the_real_ones() -> None:
    shown = dict(re.findall(r"^# (SENSOURCE_\w+)=(.*)$", ENV_EXAMPLE, re.MULTILINE))
    defaults = {name: variable["default"] for name, variable in VARIABLES.items()}
    assert shown == {name: default for name, default in defaults.items() if default is not None}
    assert read_settings(shown) == read_settings({})
    for name, default in shown.items():
        assert f"| `{name}` | {f'`{default}`' if default else 'none'} |" in SETTINGS


def test_every_make_target_and_command_of_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", EVERYTHING, re.MULTILINE)) <= targets
    assert set(re.findall(r"(?:`|bin/)sensource ([a-z]+)", EVERYTHING)) <= set(main.commands)


def test_the_documents_list_every_table_with_its_key_and_columns() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (`\w+_id`.*) \|$", TABLES_MD, re.MULTILINE))
    for derived in (CORRECTIONS, REJECTED):
        [columns] = re.findall(rf"^\| `{derived.name}` \| .* \| (.*) \|$", TABLES_MD, re.MULTILINE)
        assert set(columns.split(", ")) < {column.name for column in derived.columns}
    assert set(rows) == set(TABLES)
    for table in TABLES.values():
        key, columns = rows[table.name].split(" | ")
        assert key == ", ".join(f"`{name}`" for name in table.key)
        assert columns.split(", ") == [column.name for column in table.columns if column.name not in table.key]


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with lists, counts and corrections, and another account; the folder that a user works in."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "data").mkdir()
    clock = ManualClock(datetime(LAST.year, LAST.month, LAST.day, 12, tzinfo=timezone.utc))
    with syncing(folder, clock=clock, SENSOURCE_WAREHOUSE=str(folder / "data" / "warehouse.duckdb")) as sync:
        assert sync.run("everything", FIRST, LAST).success
        clock.now = NOW
        assert sync.run("everything", FIRST, LAST).success
    warehouse = FileWarehouse(folder / "data" / "warehouse.duckdb", 5, {}, schema="west")
    with warehouse.open() as connection:
        refresh(connection, ZoneInfo("UTC"))
    publish(
        folder / "data" / "warehouse.duckdb", folder / "data" / "footfall.duckdb", ZoneInfo("America/Denver"), 5
    )
    return folder


@pytest.mark.parametrize("query", blocks("sql"))
def test_every_query_of_the_documents_runs_and_finds_rows(query: str, synced: Path, tmp_path: Path) -> None:
    warehouse = shutil.copy(synced / "data" / "footfall.duckdb", tmp_path)  # some queries write
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("USE footfall.sensource")
        for statement in connection.extract_statements(query):
            assert connection.execute(statement).fetchall()


@pytest.mark.parametrize("program", blocks("python"))
def test_every_python_example_of_the_documents_runs(
    program: str, synced: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(synced)
    if "@asset" not in program:
        exec(program, {"__name__": "example"})
        assert "Denver Library" in capsys.readouterr().out
        return
    monkeypatch.setenv("SENSOURCE_TIMEZONE", "America/Denver")
    folder = own_folder(synced, monkeypatch, {"example.py": program})
    definitions = with_own(build_definitions(read_settings()), folder)
    keys = [key for key in definitions.resolve_asset_graph().materializable_asset_keys if key.path[0] == "marts"]
    job = definitions.resolve_implicit_job_def_def_for_assets(keys)
    assert job
    ran = job.execute_in_process(asset_selection=keys, tags={RANGE_START: str(FIRST), RANGE_END: str(LAST)})
    assert all(evaluation.passed for evaluation in ran.get_asset_check_evaluations())
    with duckdb.connect("data/warehouse.duckdb", read_only=True) as warehouse:
        table = warehouse.sql(f"FROM marts.{keys[0].path[-1]} ORDER BY 1")
        assert table.columns[1:] == ["sumins"]
        firsts = [str(first) for first, _ in table.fetchall()]
    assert firsts in (["2025-11"], [str(FIRST + timedelta(days=n)) for n in range((LAST - FIRST).days + 1)])
