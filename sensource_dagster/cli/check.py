"""`sensource check`: what works with the configured account, and what to fix where something does not."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import click
import pandas as pd

from sensource_dagster import defs as own
from sensource_dagster.cli import deep_check, project
from sensource_dagster.cli.check_alerts import check_alerts
from sensource_dagster.cli.check_closed_hours import closed_hours
from sensource_dagster.cli.check_zones import zone_remarks
from sensource_dagster.cli.duckdb_rules import RULES, differences, zones_of_locations
from sensource_dagster.config.remarks import remarks
from sensource_dagster.config.settings import CREDENTIALS, NO_CREDENTIALS, Settings
from sensource_dagster.config.token_place import token_database, token_directory
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.contract.frames import counts_frame, list_frame
from sensource_dagster.contract.model import SCHEMA, Table
from sensource_dagster.contract.rejection import rejections_of
from sensource_dagster.contract.tables import COUNTS, REJECTED, list_tables
from sensource_dagster.errors import SenSourceError, SettingsError, VeaUnreachableError, WarehouseError
from sensource_dagster.own_definitions import has_definitions
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.client import VeaClient
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster.vea.windows import day_windows
from sensource_dagster.warehouse.warehouse_of import warehouse_of

# Someone is waiting at a terminal, so there are fewer attempts than in a run.
_POLICY = HttpPolicy(connect_timeout=5, read_timeout=30, deadline=60, max_attempts=2)
_WAIT_FOR_WAREHOUSE = 2.0


class _Warnings(logging.Handler):
    """Keeps what the log would say, for the step that caused it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


class _Steps:
    def __init__(self, logged: _Warnings) -> None:
        self.failed = self.warnings = 0
        self.unreachable = False  # the API: each further step that needs it would only say so again
        self._logged = logged

    def take(self, name: str, step: Callable[[], str]) -> bool:
        """Run a step and print its outcome; whether it worked."""
        self._logged.texts.clear()
        try:
            said = step()
        except SenSourceError as error:
            self.failed += 1
            self.unreachable = self.unreachable or isinstance(error, VeaUnreachableError)
            click.echo(f"{click.style('FAILED', fg='red')}  {name}")
            for line in str(error).splitlines():
                click.echo(f"        {line}")
            return False
        click.echo(f"{click.style('ok', fg='green')}      {name}: {said}")
        self.warn(name, self._logged.texts)  # after a failure they would only repeat it
        return True

    def warn(self, name: str, remarks: Iterable[str]) -> None:
        for remark in remarks:
            self.warnings += 1
            click.echo(f"{click.style('WARN', fg='yellow')}    {name}: {remark}")

    @property
    def outcome(self) -> str:
        if self.failed:
            return f"{self.failed} of the steps failed."
        if self.warnings:
            return f"The steps work. {self.warnings} WARN above: the figures may not be those that you expect."
        return "Everything works."


def run(*, deep: bool, mint: bool, alert: bool) -> int:
    log, logged = logging.getLogger("sensource_dagster"), _Warnings()
    log.addHandler(logged)
    try:
        return _run(_Steps(logged), deep=deep, mint=mint, alert=alert)
    finally:
        log.removeHandler(logged)


def _run(steps: _Steps, *, deep: bool, mint: bool, alert: bool) -> int:
    found: list[Settings] = []

    def settings_step() -> str:
        settings = project.enter()
        found.append(settings)
        return f"{settings.account}; days of {settings.timezone.key} from {settings.start_date}"

    if steps.take("settings", settings_step):
        [settings] = found
        steps.warn("settings", remarks(settings))
        if steps.take("credentials", lambda: _credentials(settings)):
            is_zone_set = "SENSOURCE_TIMEZONE" in os.environ
            _check_account(steps, settings, is_zone_set=is_zone_set, deep=deep, mint=mint)
        steps.take("warehouse", lambda: _warehouse(settings))
        if settings.published:
            click.echo(f"        People open the copy {settings.published}. It is made after the first sync.")
        _compare_rules(settings)
        if has_definitions(own):
            steps.take("your own definitions", _own_definitions)
        check_alerts(steps, settings, send=alert)
    click.echo(steps.outcome)
    return 1 if steps.failed else 0


def _own_definitions() -> str:
    logging.disable(logging.WARNING)  # what the settings are warned of stands above
    try:
        import_module("sensource_dagster.definitions")  # raises what a start of Dagster would
    finally:
        logging.disable(logging.NOTSET)
    return f"those in {Path(*own.__path__)} can be loaded"


def _credentials(settings: Settings) -> str:
    if not settings.has_credentials:
        raise SettingsError(NO_CREDENTIALS)
    return " and ".join(CREDENTIALS) + " are set"


def _check_account(steps: _Steps, settings: Settings, *, is_zone_set: bool, deep: bool, mint: bool) -> None:
    accounts: list[VeaAccount] = []
    clients: list[VeaClient] = []
    lists: dict[str, list[dict[str, Any]]] = {}

    def list_step(table: Table) -> str:
        rows = lists[table.name] = clients[0].entities(table.endpoint)
        frame, _ = list_frame(table, rows)
        _warn_of_rejected(table, frame)
        return f"{len(rows)} entries"

    def token_step() -> str:
        account = VeaAccount(
            api_url=settings.api_url,
            auth_url=settings.auth_url,
            client_id=settings.client_id or "",
            client_secret=settings.client_secret or "",
            token_dir=token_directory(settings.token_cache),
            token_database=token_database(settings.token_cache),
        )
        accounts.append(account)
        clients.append(VeaClient(account, _POLICY))
        clients[0].authenticate()
        return f"there is one of {settings.auth_url}, in {settings.token_cache or account.token_dir}"

    try:
        if not steps.take("token", token_step):
            return
        if deep:
            steps.take("API", lambda: deep_check.run(clients[0], accounts[0], settings, _POLICY, mint=mint))
        else:
            for table in list_tables(settings.static_endpoints):
                steps.take(f"/api/{table.endpoint}", lambda table=table: list_step(table))  # type: ignore[misc]
                if steps.unreachable:
                    return
            if "location" in lists:
                steps.warn("time zone", zone_remarks(settings, is_zone_set, lists["location"]))
            day = datetime.now(settings.timezone).date() - timedelta(days=1)
            for table in COUNTS:
                steps.take(f"/api/{table.endpoint}", lambda table=table: _counts(clients[0], table, day, settings))  # type: ignore[misc]
                if steps.unreachable:
                    return
            remarks_on_hours: list[str] = []
            steps.take("closed hours", lambda: closed_hours(clients[0], day, settings, remarks_on_hours))
            steps.warn("closed hours", remarks_on_hours)
    finally:
        for client in clients:
            client.close()


def _counts(vea: VeaClient, table: Table, day: date, settings: Settings) -> str:
    window = day_windows(day, day, settings.timezone)[0]
    kind: Literal["traffic", "occupancy"] = "traffic" if table.name == "traffic" else "occupancy"
    rows = vea.counts(kind, window, settings.metrics[table.name], settings.exclude_closed_hours)
    counts = counts_frame(table, rows, window.start, window.end, settings.timezone)
    _warn_of_rejected(table, counts.frame)
    entities = counts.frame[table.key[0]].nunique()
    return f"{len(counts.frame)} hours of {entities} {table.entity}s on {day}"


def _warn_of_rejected(table: Table, frame: pd.DataFrame) -> None:
    rejections = rejections_of(frame)
    if rejections and rejections.rows:
        logging.getLogger("sensource_dagster").warning(
            f"{len(rejections.rows)} rows do not fit the table {table.name}. A sync sets them aside in "
            f"{SCHEMA}.{REJECTED.name}. The first: {rejections.rows[0].reason}."
        )


def _warehouse(settings: Settings) -> str:
    warehouse = warehouse_of(settings.warehouse, _WAIT_FOR_WAREHOUSE)
    existed = warehouse.exists()
    with warehouse.open() as connection:
        # Within a transaction that is not committed, so that nothing stays behind.
        connection.execute("BEGIN TRANSACTION")
        connection.execute("CREATE TABLE sensource_check_of_writability (i INTEGER)")
        connection.execute("ROLLBACK")
    made = "" if existed else ", and was made"
    is_lake = isinstance(settings.warehouse, LakePlace)
    keeps = f"; it keeps what it was for {settings.lake_days} days" if is_lake else ""
    return f"{warehouse.describe()} is writable{made}{keeps}"


def _compare_rules(settings: Settings) -> None:
    """Print whether DuckDB has the same rules of time zones. This fails no step: no day is made by DuckDB's."""
    zones = [settings.timezone]
    with (
        suppress(WarehouseError),  # the step before this one says so
        warehouse_of(settings.warehouse, 0).open(read_only=True) as connection,
    ):
        zones += [zone for zone in zones_of_locations(connection) if zone.key != settings.timezone.key]
    last = date(datetime.now(settings.timezone).year + 1, 12, 31)
    found = differences(zones, settings.start_date, last)
    what = f"{settings.start_date} to {last} of {', '.join(zone.key for zone in zones)}"
    name = f"rules of time zones: {RULES} makes the days; {what}"
    if found:
        click.echo(f"{click.style('differ', fg='yellow')}  {name}")
        for line in found:
            click.echo(f"        {line}")
    else:
        click.echo(f"{click.style('ok', fg='green')}      {name}: the same in DuckDB")
