"""`sensource demo --accounts`: two simulated accounts in one warehouse, in a small `dg` project of its own."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from rich.console import Console
from rich.table import Table

from sensource_dagster.config.account_settings import own_variables
from sensource_dagster.config.project_folder import project_folder
from sensource_dagster.config.settings import CREDENTIALS
from sensource_dagster.simulator import Options, RunningSimulator, serving
from sensource_dagster.warehouse.account_schemas import UNITED

_ZONES = {"east": "America/New_York", "west": "America/Denver"}
_VARIABLES = (*CREDENTIALS, "SENSOURCE_API_URL", "SENSOURCE_AUTH_URL")
_DAYS = 14
_PACKAGE = "visits"
_DEFINITIONS = '''"""All that is in the folder `defs`: each account is a component there."""

from pathlib import Path

from dagster import Definitions, definitions, load_from_defs_folder


@definitions
def defs() -> Definitions:
    return load_from_defs_folder(path_within_project=Path(__file__).parent)
'''
_QUERY = f"PIVOT {UNITED}.location_daily ON account USING sum(visits) GROUP BY day ORDER BY day DESC LIMIT 8"


def run() -> int:
    console = Console()
    home = project_folder() / "data" / "demo_accounts"
    shutil.rmtree(home, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith("SENSOURCE_")]:
        del os.environ[name]  # as in the other demo, nothing here is the real account's
    with ExitStack() as stack:
        for seed, (prefix, zone) in enumerate(_ZONES.items(), start=1):
            simulator = stack.enter_context(serving(Options(seed=seed, timezone=zone, holidays=True)))
            os.environ.update(_variables(prefix, simulator))
            _write_account(home, prefix, zone)
        os.environ["SENSOURCE_WAREHOUSE"] = str(home / "warehouse.duckdb")
        os.environ["SENSOURCE_PUBLISHED"] = str(home / "footfall.duckdb")
        _write_project(home)
        console.print("Starting Dagster…")
        failures = _sync(home, console)
    for text in failures:
        console.print(text, style="red", highlight=False)
    if failures:
        return 1
    show(console, home)
    return 0


def _variables(prefix: str, simulator: RunningSimulator) -> dict[str, str]:
    values = {
        "SENSOURCE_CLIENT_ID": simulator.client_id,
        "SENSOURCE_CLIENT_SECRET": simulator.client_secret,
        "SENSOURCE_API_URL": simulator.api_url,
        "SENSOURCE_AUTH_URL": simulator.auth_url,
    }
    return {own: values[name] for name, own in own_variables(prefix, _VARIABLES).items()}


def _write_account(home: Path, prefix: str, zone: str) -> None:
    import yaml

    attributes = {
        "prefix": prefix,
        "timezone": zone,
        "start_date": str(_days(zone)[0]),
        "variables": own_variables(prefix, _VARIABLES),
    }
    file = home / _PACKAGE / "defs" / prefix / "defs.yaml"
    file.parent.mkdir(parents=True)
    component = {"type": "sensource_dagster.SenSourceAccount", "attributes": attributes}
    file.write_text(yaml.safe_dump(component, sort_keys=False))


def _write_project(home: Path) -> None:
    (home / "pyproject.toml").write_text(
        f'[tool.dg]\ndirectory_type = "project"\n\n[tool.dg.project]\nroot_module = "{_PACKAGE}"\n'
    )
    for folder in (home / _PACKAGE, home / _PACKAGE / "defs"):
        (folder / "__init__.py").touch()
    (home / _PACKAGE / "definitions.py").write_text(_DEFINITIONS)


def _days(zone: str) -> tuple[date, date]:
    today = datetime.now(ZoneInfo(zone)).date()
    return today - timedelta(days=_DAYS - 1), today


def _sync(home: Path, console: Console) -> list[str]:
    """Run the jobs of both accounts; what failed."""
    from dagster import DagsterInstance, load_from_defs_folder

    from sensource_dagster.cli.runs import QUIET, Outcome
    from sensource_dagster.instance.private import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

    sys.path.insert(0, str(home))
    definitions = load_from_defs_folder(path_within_project=home / _PACKAGE)
    outcome = Outcome()
    with DagsterInstance.ephemeral() as instance:
        for job in ("everything", "publish"):
            for prefix, zone in _ZONES.items():
                console.print(f"Running the job {prefix}_{job}…", highlight=False)
                first, last = map(str, _days(zone))
                days = {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}
                result = definitions.resolve_job_def(f"{prefix}_{job}").execute_in_process(
                    QUIET, instance, tags=days if job == "everything" else None, raise_on_error=False
                )
                for event in result.all_events:
                    outcome.add(event)
    return outcome.failures


def show(console: Console, home: Path) -> None:
    """Print the visits of each day, the query they come from, and where all of it is."""
    with duckdb.connect(str(home / "footfall.duckdb"), read_only=True) as connection:
        grid = Table("day", *_ZONES, title="Visits per day")
        for day, *visits in connection.execute(_QUERY).fetchall():
            # The newest day begins in the east first: for two hours the west has no visits of it, not even zero.
            grid.add_row(str(day), *("-" if number is None else f"{number:,}" for number in visits))
    for column in grid.columns[1:]:
        column.justify = "right"
    console.print(grid)
    here = home.relative_to(Path.cwd()) if home.is_relative_to(Path.cwd()) else home
    console.print(
        f"\nThe query: {_QUERY}\nThe file: {here / 'footfall.duckdb'}\n"
        f"An account: {here / _PACKAGE / 'defs' / 'west' / 'defs.yaml'}\ndocs/accounts.md says how to add yours.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
