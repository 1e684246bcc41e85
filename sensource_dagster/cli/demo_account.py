"""The demo's account and its own folder. The demo does not touch the real warehouse or its history."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import yaml

from sensource_dagster.config.settings import DEMO_CLIENT
from sensource_dagster.simulator import Options, RunningSimulator

PROJECT = Path(__file__).resolve().parents[2]
HOME = PROJECT / "data" / "demo"
OPTIONS = Options(client_id=DEMO_CLIENT)
DAYS = 90
BATCHED_STORAGE = "sensource_dagster.instance.storage"  # the `module` in dagster.yaml


def environment(simulator: RunningSimulator) -> dict[str, str]:
    """The process environment with the demo's settings in place of any others."""
    today = datetime.now(ZoneInfo(OPTIONS.timezone)).date()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SENSOURCE_")},
        "SENSOURCE_CLIENT_ID": simulator.client_id,
        "SENSOURCE_CLIENT_SECRET": simulator.client_secret,
        "SENSOURCE_API_URL": simulator.api_url,
        "SENSOURCE_AUTH_URL": simulator.auth_url,
        "SENSOURCE_TIMEZONE": OPTIONS.timezone,
        "SENSOURCE_START_DATE": (today - timedelta(days=DAYS - 1)).isoformat(),
        "SENSOURCE_WAREHOUSE": str(HOME / "warehouse.duckdb"),
        "SENSOURCE_PUBLISHED": str(HOME / "footfall.duckdb"),
        "DAGSTER_HOME": str(HOME),
    }


def make_home() -> None:
    """Give the demo a Dagster instance like the project's, with its history in the demo's folder."""
    config = yaml.safe_load((PROJECT / "dagster.yaml").read_text()) or {}
    custom = (config.get("storage") or {}).get("custom")
    if custom and custom.get("module") == BATCHED_STORAGE:
        custom["config"]["base_dir"] = str(HOME)
    else:  # the demo gets Dagster's default, files in $DAGSTER_HOME, and stays out of any other database
        config.pop("storage", None)
    for placed in ("compute_logs", "local_artifact_storage"):  # by default in $DAGSTER_HOME
        config.pop(placed, None)
    try:
        HOME.mkdir(parents=True, exist_ok=True)
        (HOME / "dagster.yaml").write_text(yaml.safe_dump(config))
    except OSError as error:
        raise click.ClickException(
            f"The demo keeps its data in {HOME}, and cannot write there: {error}."
        ) from None
