"""Dagster's storages of runs and events in PostgreSQL, with the fix of run_retries.py."""

from __future__ import annotations

from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage

from sensource_dagster.instance.run_retries import DecidedEvents, DecidedRuns


class DecidedPostgresRuns(DecidedRuns, PostgresRunStorage):
    """Dagster's own, with the mixin."""


class DecidedPostgresEvents(DecidedEvents, PostgresEventLogStorage):
    """Dagster's own, with the mixin."""
