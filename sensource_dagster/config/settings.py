"""Every SENSOURCE_* variable: name, default, meaning, parser. Only `config/` reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sensource_dagster.config import parsers as check
from sensource_dagster.config.alert_settings import AlertSettings
from sensource_dagster.config.project_folder import command, placed
from sensource_dagster.config.token_place import TokenDatabase, TokenPlace, token_place_or_none
from sensource_dagster.config.variable import variable
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.config.warehouse_settings import WarehouseSettings, advice, place_warehouse
from sensource_dagster.errors import SettingsError

CREDENTIALS = ("SENSOURCE_CLIENT_ID", "SENSOURCE_CLIENT_SECRET")
NO_CREDENTIALS = (
    f"No SenSource credentials: set {CREDENTIALS[0]} and {CREDENTIALS[1]} in the environment or in the file "
    f"`.env` of the project folder. Then start again. If you have no account, run `{command('demo')}`: it needs "
    "no credentials."
)

PREFIX = "sensource"
"""Of the project's own account: its schema, and the first part of its assets' keys."""
DEMO_CLIENT = "demo"
PATHS = {"token_cache", "alarms"}


@dataclass(frozen=True)
class Settings(WarehouseSettings, AlertSettings):
    """The parsed settings of one deployment. `read_settings` makes them."""

    client_id: str | None = variable(
        "SENSOURCE_CLIENT_ID", None, "API client id; a run needs it, loading the definitions does not", str
    )
    client_secret: str | None = variable(
        "SENSOURCE_CLIENT_SECRET",
        None,
        "API client secret; a run needs it, and it is never logged",
        str,
        secret=True,
    )
    api_url: str = variable(
        "SENSOURCE_API_URL",
        "https://vea.sensourceinc.com",
        "base URL of the API; `/api/...` is appended",
        check.url,
    )
    auth_url: str = variable(
        "SENSOURCE_AUTH_URL",
        "https://auth.sensourceinc.com/oauth/token",
        "URL of the token endpoint",
        check.url,
    )
    timezone: ZoneInfo = variable(
        "SENSOURCE_TIMEZONE",
        "UTC",
        "IANA name of the time zone whose local days are the partitions",
        check.time_zone,
    )
    start_date: date = variable("SENSOURCE_START_DATE", "2022-01-01", "YYYY-MM-DD, the first partition", check.day)
    traffic_metrics: tuple[str, ...] = variable(
        "SENSOURCE_TRAFFIC_METRICS",
        "ins,outs",
        "metrics that are requested for traffic",
        check.metrics,
    )
    occupancy_metrics: tuple[str, ...] = variable(
        "SENSOURCE_OCCUPANCY_METRICS",
        "occupancy(max),occupancy(min),occupancy(avg)",
        "metrics that are requested for occupancy",
        check.metrics,
    )
    exclude_closed_hours: bool | None = variable(
        "SENSOURCE_EXCLUDE_CLOSED_HOURS",
        "",
        "whether Vea leaves out what was counted while a location was closed: true or false; empty: Vea decides",
        check.true_false_or_none,
    )
    static_endpoints: tuple[str, ...] = variable(
        "SENSOURCE_STATIC_ENDPOINTS",
        "location,site,zone,space,sensor",
        "which lists are assets",
        check.endpoints,
    )
    backfill_days: int = variable(
        "SENSOURCE_BACKFILL_DAYS", "30", "partitions per backfill run", check.whole_number(1, 3_660)
    )
    lookback_days: int = variable(
        "SENSOURCE_LOOKBACK_DAYS",
        "7",
        "how many days back the nightly run reads again",
        check.whole_number(1, 3_660),
    )
    corrections_days: int = variable(
        "SENSOURCE_CORRECTIONS_DAYS",
        "400",
        "how many days the table `corrections` keeps a correction",
        check.whole_number(1, 36_600),
    )
    balance_threshold: int = variable(
        "SENSOURCE_BALANCE_THRESHOLD",
        "20",
        "percent by which the ratio of a door's ins to outs of a week may differ from its usual one",
        check.whole_number(1, 100),
    )
    fiscal_year_start: int = variable(
        "SENSOURCE_FISCAL_YEAR_START", "1", "month in which the report's year begins", check.whole_number(1, 12)
    )
    token_cache: TokenPlace | None = variable(
        "SENSOURCE_TOKEN_CACHE",
        "",
        "folder of the token that all processes share, or postgres:<libpq string> for several machines; empty: "
        "the catalogue of a lake, or a folder in the user's cache",
        token_place_or_none,
    )
    owners: tuple[str, ...] = variable(
        "SENSOURCE_OWNERS",
        "",
        "who owns the assets in the UI: e-mail addresses and teams (`team:data`), separated by commas",
        check.owners,
    )
    tags: Mapping[str, str] = variable(
        "SENSOURCE_TAGS",
        "",
        "tags of the assets in the UI: `name=value`, separated by commas",
        check.tags,
    )

    prefix: str = PREFIX
    """The account's schema, and the first part of its assets' keys."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """For a SENSOURCE_* variable, the variable that the account has instead of it."""

    def named(self, name: str) -> str:
        """The name of something of the account. Those of further accounts begin with the prefix."""
        return name if self.prefix == PREFIX else f"{self.prefix}_{name}"

    @property
    def metrics(self) -> Mapping[str, tuple[str, ...]]:
        """The metrics that are requested for each table of counts."""
        return {"traffic": self.traffic_metrics, "occupancy": self.occupancy_metrics}

    @property
    def advice(self) -> str | None:
        """A line about a default of earlier versions; None where it is not in use."""
        return advice(self.warehouse)

    @property
    def has_credentials(self) -> bool:
        return bool(self.client_id and self.client_secret)

    @property
    def no_credentials(self) -> str:
        """What is said to a person who wants to read without credentials."""
        return self.spelled(NO_CREDENTIALS)

    @property
    def credentials(self) -> tuple[str, str]:
        """The names of the variables that hold the client's id and secret."""
        client_id, client_secret = map(self.spelled, CREDENTIALS)
        return client_id, client_secret

    def spelled(self, text: str) -> str:
        """A text with the account's own names of variables."""
        return renamed(text, self.variables)

    @property
    def is_demo(self) -> bool:
        """Whether this is the simulated account of `make demo` and, without credentials, `make dev`."""
        return self.client_id == DEMO_CLIENT and check.is_loopback(check.host(self.api_url))

    @property
    def account(self) -> str:
        """The account in words. The UI shows it on every asset."""
        if not self.has_credentials:
            return "no account configured"
        if self.is_demo:
            return f"demo account (simulator at {self.api_url})"
        return f"SenSource account at {check.host(self.api_url)}, client …{str(self.client_id)[-4:]}"


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A text with other names for some of its SENSOURCE_* variables."""
    return re.sub(r"SENSOURCE_\w+", lambda found: names.get(found[0], found[0]), text)


VARIABLES: Mapping[str, Mapping[str, Any]] = {
    f.metadata["name"]: f.metadata for f in fields(Settings) if f.metadata
}
"""Default (as text, or None) and meaning of each variable, by its name. Documentation and tests use it."""


def read_settings(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read and parse all settings.

    Args:
        environment: names and values. The default is the process environment. Other names are ignored.
        folder: from where relative paths are meant. The default is the working folder.

    Raises:
        SettingsError: one line for each variable that cannot be used. It has the name, the value (never the
            secret's) and what is allowed.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    problems: list[str] = []
    for item in (each for each in fields(Settings) if each.metadata):
        name, default = item.metadata["name"], item.metadata["default"]
        text = environment.get(name, default)
        if default is None:  # people leave a credential out with an empty line in .env
            values[item.name] = (text or "").strip() or None
            continue
        try:
            values[item.name] = item.metadata["parse"](text.strip())
        except ValueError as error:
            pasted = name.startswith("SENSOURCE_ALERT_") and "//" in text  # a webhook, in the wrong variable
            shown = "***" if item.metadata["secret"] or pasted else text
            secret = environment.get(CREDENTIALS[1], "").strip()
            problems.append(check.problem(name, shown, str(error), secret, default))
    if bool(values["client_id"]) != bool(values["client_secret"]):
        there, missing = CREDENTIALS if values["client_id"] else reversed(CREDENTIALS)
        problems.append(
            f"{there} is set, and {missing} is missing or empty. Set both to those of one API client, in the "
            "environment or in the file `.env` of the project folder."
        )
    for path in PATHS & values.keys():
        if isinstance(values[path], Path):
            values[path] = placed(values[path], folder)
    problems += place_warehouse(values, environment, folder)
    if values.get("token_cache", "") is None and isinstance(values.get("warehouse"), LakePlace):
        # The workers of a lake are on several machines.
        values["token_cache"] = TokenDatabase(values["warehouse"].libpq)
    if {"start_date", "timezone"} <= values.keys():
        in_future = check.future(values["start_date"], values["timezone"])
        if in_future is not None:
            problems.append(f"SENSOURCE_START_DATE='{values['start_date']}': the day {in_future}.")
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(**values)
