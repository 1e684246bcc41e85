"""`sensource simulate`: a Vea stand-in in the foreground."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from sensource_dagster.simulator import Options, RunningSimulator, serve_forever


def run(replay: tuple[Path, ...], options: Mapping[str, Any]) -> int:
    """Serve an account with these `simulator.Options`, or the recorded responses."""
    try:
        checked = Options(**options, recordings=[_recording(path) for path in replay])
        serve_forever(checked, _announce)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    return 0


def _recording(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("results"), list):
        raise ValueError(f'{path} is no recorded response: it needs a list "results"')
    return document


def _announce(simulator: RunningSimulator) -> None:
    click.echo("A simulated Vea account is served until Ctrl-C. To use it, put into .env:\n")
    click.echo(f"SENSOURCE_CLIENT_ID={simulator.client_id}")
    click.echo(f"SENSOURCE_CLIENT_SECRET={simulator.client_secret}")
    click.echo(f"SENSOURCE_API_URL={simulator.api_url}")
    click.echo(f"SENSOURCE_AUTH_URL={simulator.auth_url}")
    click.echo(f"SENSOURCE_TIMEZONE={simulator.options.timezone}")
