"""Keeps a DuckDB warehouse in sync with one SenSource Vea account, with Dagster."""

import zoneinfo
from importlib import import_module
from typing import TYPE_CHECKING

# One source for the rules of time zones, in every process of the project and in what Dagster makes there: the
# package tzdata, which constraints.txt pins. Python prefers the files of the system, which are often years old.
zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()

if TYPE_CHECKING:
    from sensource_dagster.account_component import SenSourceAccount

__all__ = ["SenSourceAccount"]


def __getattr__(name: str) -> object:
    # Imported when `dg` asks for it: Dagster's components take a second, which no command of ours has to spend.
    if name == "SenSourceAccount":
        return import_module("sensource_dagster.account_component").SenSourceAccount
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
