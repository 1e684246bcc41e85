"""Dagster's migrations, read once for each process of the tests.

Dagster stamps each new history, and with its SQLite storage each run's file. For that, Alembic imports all
migrations anew: a tenth of the CPU of the tests that make runs.
"""

from __future__ import annotations

from alembic.config import Config
from alembic.script import ScriptDirectory


def read_once() -> None:
    read = ScriptDirectory.from_config
    known: dict[str | None, ScriptDirectory] = {}

    def from_config(config: Config) -> ScriptDirectory:
        place = config.get_main_option("script_location")
        if place not in known:
            known[place] = read(config)
        return known[place]

    ScriptDirectory.from_config = from_config  # type: ignore[method-assign]
