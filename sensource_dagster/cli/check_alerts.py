"""The steps of `sensource check` about alerts: what alarms.toml silences, and to whom alerts go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Protocol

import duckdb

from sensource_dagster.automation.alerts import Alert
from sensource_dagster.automation.notify import ways
from sensource_dagster.checks.affected import labels_of, names_of
from sensource_dagster.checks.asset_checks import quiet_entries
from sensource_dagster.config.alarms_file import Quiet
from sensource_dagster.config.parsers import host
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.tables import COUNTS
from sensource_dagster.errors import SettingsError, WarehouseError
from sensource_dagster.warehouse.account_schemas import accounts
from sensource_dagster.warehouse.sql import full_schema, identifier, set_schema, tables_of
from sensource_dagster.warehouse.warehouse_of import warehouse_of

_TEST = Alert(
    "Test alert of sensource_dagster",
    "`sensource check --alert` sent this. Alerts of failed runs and checks will come here.",
    is_error=False,
    run_id="",
)


class Steps(Protocol):
    def take(self, name: str, step: Callable[[], str]) -> bool: ...

    def warn(self, name: str, remarks: Iterable[str]) -> None: ...


def check_alerts(steps: Steps, settings: Settings, *, send: bool) -> None:
    """Say what is silenced and where alerts go; send a test alert by each way if wanted."""
    quiet: list[Quiet] = []

    def alarms_step() -> str:
        quiet.extend(quiet_entries(settings))
        return f"{settings.alarms} silences {len(quiet)}" if quiet else "none is silenced"

    if steps.take("alarms", alarms_step):
        steps.warn("alarms", _remarks(quiet, settings))
    if not send:
        steps.take("alerts", lambda: _where(settings))
        return
    chosen = ways(settings)
    if not chosen:
        steps.take("test alert", _no_way)
    for name, way in chosen.items():
        steps.take(f"test alert, {name}", lambda way=way: way(_TEST) or "sent")  # type: ignore[misc]


def _where(settings: Settings) -> str:
    """Never the URL of the webhook: it is a secret."""
    places = [f"webhook at {host(settings.alert_webhook)}"] if settings.alert_webhook else []
    if settings.alert_email:
        places.append(f"e-mail to {', '.join(settings.alert_email)} by {settings.alert_smtp.host}")
    if not places:
        return "in the log of the sensors alone; SENSOURCE_ALERT_WEBHOOK or SENSOURCE_ALERT_EMAIL sends them"
    return f"{' and '.join(places)}; `sensource check --alert` sends a test"


def _no_way() -> str:
    raise SettingsError(
        "Neither SENSOURCE_ALERT_WEBHOOK nor SENSOURCE_ALERT_EMAIL is set, so alerts are in the log of the "
        "sensors alone. Set one of them."
    )


def _remarks(quiet: Iterable[Quiet], settings: Settings) -> list[str]:
    """What is no error, and has no effect."""
    today = datetime.now(settings.timezone).date()
    names = _names(settings)
    return [remark for number, entry in enumerate(quiet, 1) for remark in _of_entry(number, entry, today, names)]


def _of_entry(number: int, entry: Quiet, today: date, names: list[str]) -> list[str]:
    if entry.until < today:
        return [
            f"entry {number} ({entry.zone}, {entry.check}) ended on {entry.until}. Remove it, or set a later day."
        ]
    known = names.count(entry.zone)
    if names and not known:
        return [f"entry {number}: no zone or space has the name or id {entry.zone!r}, so it has no effect."]
    if known > 1:
        return [
            f"entry {number}: {known} zones or spaces are named {entry.zone!r}, and all are silenced. Use an id."
        ]
    return []


def _names(settings: Settings) -> list[str]:
    """The ids and names of all zones and spaces in the warehouse; empty before the first sync."""
    names: list[str] = []
    warehouse = warehouse_of(settings.warehouse, 0)
    try:
        if not warehouse.exists():
            return names
        with warehouse.open(read_only=True) as connection:
            for account in {settings.prefix, *accounts(connection)}:
                set_schema(connection, account)
                names += _names_of_account(connection)
    except WarehouseError:  # an earlier step says so
        return []
    return names


def _names_of_account(connection: duckdb.DuckDBPyConnection) -> list[str]:
    names: list[str] = []
    existing = tables_of(connection)
    for table in COUNTS:
        if table.entity in existing:
            labels = labels_of(connection, table.key[0])
            source = f"{full_schema(connection)}.{identifier(table.entity)}"
            for key, name in connection.execute(f"SELECT {table.key[0]}, name FROM {source}").fetchall():
                names += names_of(key, name or "", labels.get(key, ""))
    return names
