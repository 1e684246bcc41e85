"""A `dg` project of a user's, with two accounts and an asset of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import DagsterInstance, Definitions, ExecuteInProcessResult, load_from_defs_folder

from sensource_dagster.simulator import Options, RunningSimulator, serving
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START
from sensource_dagster_tests.instances import instance as project_instance

ZONES = {"east": "America/New_York", "west": "America/Denver"}
PYPROJECT = '[tool.dg]\ndirectory_type = "project"\n\n[tool.dg.project]\nroot_module = "visits"\n'
DEFINITIONS = """
from pathlib import Path
from dagster import definitions, load_from_defs_folder

@definitions
def defs():
    return load_from_defs_folder(path_within_project=Path(__file__).parent)
"""
OWN_ASSET = """
import pandas as pd
from dagster import AssetIn, asset

@asset(key=["marts", "doors"], ins={"zone": AssetIn(["west", "zone"])}, io_manager_key="west_warehouse")
def doors(zone: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"doors": [len(zone)]})

@asset
def mine() -> None:
    raise ValueError("a user's own fault")
"""
ACCOUNT = """
type: sensource_dagster.SenSourceAccount
attributes:
  prefix: {prefix}
  timezone: {zone}
  start_date: 2026-01-05
  variables:
    SENSOURCE_CLIENT_ID: {own}_CLIENT_ID
    SENSOURCE_CLIENT_SECRET: {own}_CLIENT_SECRET
    SENSOURCE_API_URL: {own}_API_URL
    SENSOURCE_AUTH_URL: {own}_AUTH_URL
"""


@dataclass
class TwoAccounts:
    """The project, loaded, with its own history."""

    folder: Path
    simulators: Mapping[str, RunningSimulator]
    definitions: Definitions
    instance: DagsterInstance
    cursors: dict[str, str | None] = field(default_factory=dict)

    def run(self, job: str, first: date | None = None, last: date | None = None) -> ExecuteInProcessResult:
        tags = {RANGE_START: str(first), RANGE_END: str(last or first)} if first else {}
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, tags=tags, raise_on_error=False
        )

    def query(self, sql: str, file: str = "warehouse") -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / f"data/{file}.duckdb"), read_only=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()


def variables_of(prefix: str, simulator: RunningSimulator) -> dict[str, str]:
    values = {
        "CLIENT_ID": simulator.client_id,
        "CLIENT_SECRET": simulator.client_secret,
        "API_URL": simulator.api_url,
        "AUTH_URL": simulator.auth_url,
    }
    return {f"{prefix.upper()}_{name}": value for name, value in values.items()}


def write_project(folder: Path, package: str = "visits") -> Path:
    """A fresh project, without an account; its folder `defs`."""
    own = folder / package / "defs"
    own.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT.replace("visits", package))
    for module in (folder / package, own):
        (module / "__init__.py").touch()
    (folder / package / "definitions.py").write_text(DEFINITIONS)
    (own / "mine.py").write_text(OWN_ASSET)
    return own


@contextmanager
def two_accounts(folder: Path, package: str) -> Iterator[TwoAccounts]:
    """Both accounts, each against a simulator of its own. `package` is a name that no other test has."""
    own = write_project(folder, package)
    with ExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        environment.syspath_prepend(str(folder))
        simulators = {}
        for seed, (prefix, zone) in enumerate(ZONES.items(), start=1):
            simulator = stack.enter_context(
                serving(Options(seed=seed, timezone=zone, client_id=f"{prefix}-client"))
            )
            for name, value in variables_of(prefix, simulator).items():
                environment.setenv(name, value)
            (own / prefix).mkdir()
            (own / prefix / "defs.yaml").write_text(ACCOUNT.format(prefix=prefix, zone=zone, own=prefix.upper()))
            simulators[prefix] = simulator
        definitions = load_from_defs_folder(path_within_project=folder / package)
        instance = stack.enter_context(project_instance(folder / "history"))
        yield TwoAccounts(folder, simulators, definitions, instance)
    for module in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[module]


def environment_of(simulators: Mapping[str, RunningSimulator], folder: Path) -> dict[str, str]:
    """Of a process of such a project."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SENSOURCE_", "DAGSTER"))}
    for prefix, simulator in simulators.items():
        clean |= variables_of(prefix, simulator)
    return {**clean, "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(folder)}
