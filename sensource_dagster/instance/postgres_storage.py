"""Dagster's history in PostgreSQL, for a deployment on more than one machine.

It is Dagster's own storage (`dagster-postgres`) but for three things. A failed run is started again whenever the
daemon looks: see run_retries.py. Events are written in batches, by Dagster's own switch. And a URL that names no
driver means psycopg2, which `dagster-postgres` brings along: SQLAlchemy 2.1 would look for psycopg 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster import Field, IntSource
from dagster._config.config_schema import UserConfigSchema
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import get_token_provider_from_config, pg_config, pg_url_from_config
from sqlalchemy import make_url

from sensource_dagster.instance.event_batches import write_in_batches
from sensource_dagster.instance.retention import KEEP_RUNS_DAYS
from sensource_dagster.instance.tested import is_tested


class PostgresStorage(DagsterPostgresStorage):
    """Named in a dagster.yaml as `storage`, with what `postgres` takes there, and `keep_runs_days`.

    A password need not be there: libpq reads it from PGPASSFILE, ~/.pgpass or PGPASSWORD.
    """

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None, **others: Any) -> None:
        super().__init__(postgres_url, inst_data=inst_data, **others)
        if not is_tested():
            return
        # Not above: another Dagster may not have what these modules import.
        from sensource_dagster.instance.decided_postgres import (  # noqa: PLC0415
            DecidedPostgresEvents,
            DecidedPostgresRuns,
        )

        self._run_storage = DecidedPostgresRuns(postgres_url, **others)
        self._event_log_storage = DecidedPostgresEvents(postgres_url, **others)
        write_in_batches()

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PostgresStorage:
        return cls(
            _with_driver(pg_url_from_config(config_value)),
            inst_data,
            should_autocreate_tables=config_value["should_autocreate_tables"],
            token_provider=get_token_provider_from_config(config_value),
        )

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        fields: dict[str, Any] = dict(pg_config())  # type: ignore[arg-type] # names and their fields
        return {**fields, "keep_runs_days": Field(IntSource, is_required=False, default_value=KEEP_RUNS_DAYS)}


def _with_driver(url: str) -> str:
    parts = make_url(url)
    if parts.drivername in ("postgresql", "postgres"):
        parts = parts.set(drivername="postgresql+psycopg2")
    return parts.render_as_string(hide_password=False)
