"""Every SENSOURCE_* variable: name, default, meaning, check. The one place that reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

from sensource_dagster.config import parsers as check
from sensource_dagster.errors import SettingsError

CREDENTIALS = ("SENSOURCE_CLIENT_ID", "SENSOURCE_CLIENT_SECRET")
NO_CREDENTIALS = (
    f"No SenSource credentials: set {CREDENTIALS[0]} and {CREDENTIALS[1]} in the environment or in the file "
    "`.env` of the project folder, then start again. To look around without an account: `make demo` needs none."
)


DEMO_CLIENT = "demo"


def _variable(name: str, default: str | None, meaning: str, parse: Callable[[str], Any]) -> Any:
    metadata = {"name": name, "default": default, "meaning": meaning, "parse": parse}
    return field(metadata=metadata, repr=name != "SENSOURCE_CLIENT_SECRET")


@dataclass(frozen=True)
class Settings:
    """The checked settings of one deployment. Made by `read_settings`."""

    client_id: str | None = _variable(
        "SENSOURCE_CLIENT_ID", None, "API client id; needed by a run, not by loading the definitions", str
    )
    client_secret: str | None = _variable(
        "SENSOURCE_CLIENT_SECRET", None, "API client secret; needed by a run, never logged", str
    )
    api_url: str = _variable(
        "SENSOURCE_API_URL",
        "https://vea.sensourceinc.com",
        "where the API is; `/api/...` is appended",
        check.url,
    )
    auth_url: str = _variable(
        "SENSOURCE_AUTH_URL",
        "https://auth.sensourceinc.com/oauth/token",
        "where tokens are minted",
        check.url,
    )
    timezone: ZoneInfo = _variable(
        "SENSOURCE_TIMEZONE",
        "UTC",
        "IANA name of the time zone whose local days are the partitions",
        check.time_zone,
    )
    start_date: date = _variable(
        "SENSOURCE_START_DATE", "2022-01-01", "YYYY-MM-DD, the first partition", check.day
    )
    traffic_metrics: tuple[str, ...] = _variable(
        "SENSOURCE_TRAFFIC_METRICS",
        "ins,outs",
        "what is asked of traffic",
        check.some_of("ins", "outs"),
    )
    occupancy_metrics: tuple[str, ...] = _variable(
        "SENSOURCE_OCCUPANCY_METRICS",
        "occupancy(max),occupancy(min),occupancy(avg)",
        "what is asked of occupancy",
        check.some_of("occupancy(max)", "occupancy(min)", "occupancy(avg)"),
    )
    static_endpoints: tuple[str, ...] = _variable(
        "SENSOURCE_STATIC_ENDPOINTS",
        "location,site,zone,space,sensor",
        "which lists are assets",
        check.some_of("location", "site", "zone", "space", "sensor"),
    )
    warehouse: Path = _variable(
        "SENSOURCE_WAREHOUSE", "data/sensource.duckdb", "the DuckDB file", check.database_file
    )
    warehouse_wait: int = _variable(
        "SENSOURCE_WAREHOUSE_WAIT",
        "60",
        "seconds to wait for a DuckDB file that another process holds",
        check.whole_number(0, 86_400),
    )
    backfill_days: int = _variable(
        "SENSOURCE_BACKFILL_DAYS", "30", "partitions per backfill run", check.whole_number(1, 3_660)
    )
    lookback_days: int = _variable(
        "SENSOURCE_LOOKBACK_DAYS",
        "7",
        "how many days back the nightly run reads again",
        check.whole_number(1, 3_660),
    )
    corrections_days: int = _variable(
        "SENSOURCE_CORRECTIONS_DAYS",
        "400",
        "how many days the table of corrections keeps what changed",
        check.whole_number(1, 36_600),
    )
    balance_threshold: int = _variable(
        "SENSOURCE_BALANCE_THRESHOLD",
        "50",
        "by how many percent of the larger a day's ins and outs may differ before a check warns",
        check.whole_number(1, 100),
    )
    owners: tuple[str, ...] = _variable(
        "SENSOURCE_OWNERS",
        "",
        "who owns the assets in the UI: e-mail addresses and teams (`team:data`), commas between",
        check.owners,
    )
    tags: Mapping[str, str] = _variable(
        "SENSOURCE_TAGS",
        "",
        "tags of the assets in the UI: `name=value`, commas between",
        check.tags,
    )

    @property
    def metrics(self) -> Mapping[str, tuple[str, ...]]:
        """What is asked of each table of counts."""
        return {"traffic": self.traffic_metrics, "occupancy": self.occupancy_metrics}

    @property
    def has_credentials(self) -> bool:
        return bool(self.client_id and self.client_secret)

    @property
    def is_demo(self) -> bool:
        """Whether this is the simulated account of `make demo` and, without credentials, `make dev`."""
        return self.client_id == DEMO_CLIENT and check.is_loopback(check.host(self.api_url))

    @property
    def account(self) -> str:
        """Which account this is, for people: shown on every asset in the UI."""
        if not self.has_credentials:
            return "no account configured"
        if self.is_demo:
            return f"demo account (simulator at {self.api_url})"
        return f"SenSource account at {check.host(self.api_url)}, client …{str(self.client_id)[-4:]}"


VARIABLES: Mapping[str, Mapping[str, Any]] = {f.metadata["name"]: f.metadata for f in fields(Settings)}
"""Each variable's default (as text, or None) and meaning, by its name: for documentation and its tests."""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check all settings.

    Args:
        environment: names and values; the process environment where it is left out. Other names are ignored.

    Raises:
        SettingsError: one line per variable that cannot be used: its name, its value (never the secret's)
            and what is allowed.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    problems: list[str] = []
    for item in fields(Settings):
        name, default = item.metadata["name"], item.metadata["default"]
        text = environment.get(name, default)
        if default is None:  # a blank line in .env is how people leave a credential out
            values[item.name] = (text or "").strip() or None
            continue
        try:
            values[item.name] = item.metadata["parse"](text.strip())
        except ValueError as error:
            problems.append(f"{name}={text!r}: {error}. Without the variable it is {default!r}.")
    if {"start_date", "timezone"} <= values.keys():
        late = check.future(values["start_date"], values["timezone"])
        if late is not None:
            problems.append(f"SENSOURCE_START_DATE='{values['start_date']}': {late}.")
    if problems:
        raise SettingsError(_without_secrets("\n".join(problems), values["client_secret"]))
    return Settings(**values)


def _without_secrets(text: str, secret: str | None) -> str:
    """For a secret that went into the wrong variable, or a password into a URL."""
    text = re.sub(r"//[^/\s]*@", "//***@", text)
    return text.replace(secret, "***") if secret and len(secret) > 5 else text


def environment_with_dotenv(folder: Path | None = None) -> dict[str, str]:
    """The environment as `dagster dev` sees it: `.env` of the working folder wins over what was there.

    Raises:
        SettingsError: the file cannot be read.
    """
    file = (folder or Path.cwd()) / ".env"
    try:
        dotenv = dotenv_values(file)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}. It has to be a UTF-8 text file.") from None
    return {**os.environ, **{name: value for name, value in dotenv.items() if value is not None}}


def token_directory() -> Path:
    """Where every process of this user shares the account's one live token."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 (never raises)
    return Path(cache) / "sensource_dagster"
