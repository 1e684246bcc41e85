"""What the README and .env.example say exists."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from sensource_dagster.cli import main
from sensource_dagster.config.settings import VARIABLES, read_settings
from sensource_dagster.contract.tables import CORRECTIONS, TABLES
from sensource_dagster.simulator import ManualClock
from sensource_dagster_tests.end_to_end.sync import syncing
from sensource_dagster_tests.end_to_end.test_faults import FIRST, LAST, NOW

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text()
ENV_EXAMPLE = (PROJECT / ".env.example").read_text()


def test_the_readme_and_the_env_example_name_every_variable_and_no_other() -> None:
    for text in (README, ENV_EXAMPLE):
        assert set(re.findall(r"SENSOURCE_[A-Z_]+", text)) == set(VARIABLES)


def test_the_defaults_that_they_show_are_the_real_ones() -> None:
    shown = dict(re.findall(r"^# (SENSOURCE_\w+)=(.*)$", ENV_EXAMPLE, re.MULTILINE))
    defaults = {name: variable["default"] for name, variable in VARIABLES.items()}
    assert shown == {name: default for name, default in defaults.items() if default is not None}
    assert read_settings(shown) == read_settings({})
    for name, default in shown.items():
        assert f"| `{name}` | {f'`{default}`' if default else 'none'} |" in README


def test_every_make_target_and_command_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)\b(?! alone)", README)) - {"Python"} <= targets | {"and"}
    assert set(re.findall(r"`sensource ([a-z]+)`", README)) <= set(main.commands)


def test_the_readme_lists_every_table_with_its_key_and_columns() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (`\w+_id`.*) \|$", README, re.MULTILINE))
    [columns_of_corrections] = re.findall(r"^\| `corrections` \| .* \| (.*) \|$", README, re.MULTILINE)
    assert set(columns_of_corrections.split(", ")) < {column.name for column in CORRECTIONS.columns}
    assert set(rows) == set(TABLES)
    for table in TABLES.values():
        key, columns = rows[table.name].split(" | ")
        assert key == ", ".join(f"`{name}`" for name in table.key)
        assert columns.split(", ") == [column.name for column in table.columns if column.name not in table.key]


@pytest.mark.parametrize("query", re.findall(r"```sql\n(.*?)```", README, re.DOTALL))
def test_every_query_of_the_readme_runs(query: str, tmp_path: Path) -> None:
    clock = ManualClock(datetime(LAST.year, LAST.month, LAST.day, 12, tzinfo=timezone.utc))
    with syncing(tmp_path, clock=clock, SENSOURCE_WAREHOUSE=str(tmp_path / "sensource.duckdb")) as sync:
        assert sync.run("everything", FIRST, LAST).success
        clock.now = NOW
        assert sync.run("everything", FIRST, LAST).success
    with duckdb.connect(str(tmp_path / "sensource.duckdb"), read_only=True) as warehouse:
        warehouse.execute("USE sensource.sensource")
        assert warehouse.execute(query).fetchall()
