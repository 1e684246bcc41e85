"""The demo's account and its own folder. The demo does not touch the real warehouse or its history."""

from __future__ import annotations

import os
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import yaml

from sensource_dagster.cli import project_files
from sensource_dagster.cli.dagster_instance import read_dagster_yaml
from sensource_dagster.config.project_folder import project_folder
from sensource_dagster.config.settings import DEMO_CLIENT
from sensource_dagster.errors import sentence
from sensource_dagster.simulator import Door, Options, RunningSimulator

ZONE = ZoneInfo("America/Denver")
DAYS = 90
_NOWHERE = "http://127.0.0.1:9"  # nothing listens at this port
BATCHED_STORAGE = "sensource_dagster.instance.storage"  # the `module` in dagster.yaml


def home() -> Path:
    """The demo's own folder. It is also the DAGSTER_HOME of the demo."""
    return project_folder() / "data" / "demo"


def published() -> Path:
    """The demo's file that people open."""
    return home() / "footfall.duckdb"


def has_run() -> bool:
    """Whether the demo has left anything to look at."""
    return (home() / "warehouse.duckdb").exists()


def options(today: date) -> Options:
    """Two libraries, with what an analyst meets in real accounts.

    Args:
        today: the local day of the demo.
    """
    # A Monday: demos of one week then agree on it.
    silent_from = today - timedelta(days=7 + today.weekday())
    # In the month that the report is about, on a day that is never a holiday.
    half_day = today.replace(day=1) - timedelta(days=16)
    return Options(
        client_id=DEMO_CLIENT,
        timezone=ZONE.key,
        doors=(
            Door("Main Entrance", location=0, size=190),
            Door("Garden Door", location=0, size=60),
            Door("Children's Room", location=0, size=70, perimeter=False),
            Door("Pearl Street Entrance", location=1, size=110, half_day=half_day),
            Door("Parking Garage Door", location=1, size=45, silent_from=silent_from),
        ),
        holidays=True,
        corrected=0.2,  # more than in real accounts, so that there are some in the hours that are read twice
    )


def earlier_readings(today: date) -> list[datetime]:
    """When a first demo reads before it reads as of now, so that it has what Vea corrected in between.

    By ten in the evening nobody comes or goes. So no hour that is still growing is taken for a corrected one.
    """
    return [datetime.combine(today - timedelta(days=days), time(22), ZONE) for days in (4, 1)]


def environment(simulator: RunningSimulator | None = None) -> dict[str, str]:
    """The process environment with the demo's settings in place of any others.

    Without a simulator it serves to look at what is there: nothing can be requested.
    """
    today = datetime.now(ZONE).date()
    account = options(today)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SENSOURCE_")},
        "SENSOURCE_CLIENT_ID": account.client_id,
        "SENSOURCE_CLIENT_SECRET": account.client_secret,
        "SENSOURCE_API_URL": simulator.api_url if simulator else _NOWHERE,
        "SENSOURCE_AUTH_URL": simulator.auth_url if simulator else _NOWHERE,
        "SENSOURCE_TIMEZONE": ZONE.key,
        "SENSOURCE_START_DATE": (today - timedelta(days=DAYS - 1)).isoformat(),
        "SENSOURCE_WAREHOUSE": str(home() / "warehouse.duckdb"),
        "SENSOURCE_PUBLISHED": str(published()),
        "DAGSTER_HOME": str(home()),
    }


def make_home() -> None:
    """Give the demo a Dagster instance like the project's, with its history in the demo's folder."""
    config = {**read_dagster_yaml(project_files.path_of("dagster.yaml", project_folder()))}
    custom = (config.get("storage") or {}).get("custom")
    if custom and custom.get("module") == BATCHED_STORAGE:
        custom["config"]["base_dir"] = str(home())
    else:  # the demo gets Dagster's default, files in $DAGSTER_HOME, and stays out of any other database
        config.pop("storage", None)
    for placed in ("compute_logs", "local_artifact_storage"):  # by default in $DAGSTER_HOME
        config.pop(placed, None)
    try:
        home().mkdir(parents=True, exist_ok=True)
        (home() / "dagster.yaml").write_text(yaml.safe_dump(config))
    except OSError as error:
        raise click.ClickException(
            f"The demo keeps its data in {home()}, and cannot write there: {sentence(error)}"
        ) from None
