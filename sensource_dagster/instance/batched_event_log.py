"""Dagster's event log in SQLite files, written in batches.

Dagster opens both files anew and commits for each event. A run over 365 days has 1,460 events (each day of each
count is planned, then materialised), and to write them took longer than to read and merge the days: see
benchmarks/README.md. Here one event plans all days of an asset, and the index holds a row for each of its days.
A check is planned without days: see planned_checks.py.
The daemon that starts failed runs again sees a failure only when it is decided: see run_retries.py. What a run had
planned is taken back if another process held the DuckDB file: see taken_back.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from dagster import DagsterEventType, EventLogEntry
from dagster import _check as check
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log import SqlEventLogStorageTable as Events
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Checks
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, StaticPool, func, select

from sensource_dagster.instance.held import says_held
from sensource_dagster.instance.planned_checks import give_day, planned_row, plans_a_check, without_days
from sensource_dagster.instance.run_retries import DecidedEvents
from sensource_dagster.instance.taken_back import take_plans_back

_KEPT = 16
"""How many files are kept open. A server looks at many runs."""


class BatchedEventLog(DecidedEvents, SqliteEventLogStorage):
    """Writes the events of a batch in one transaction per file: the index over all runs, then the run's own."""

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """As Dagster connects, but with a cached engine, which keeps its one connection.

        To make an engine costs more than most writes. And when the last connection to a file closes, SQLite moves
        what its log has into the file and deletes the log: after each event, if none is kept.
        """
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    @cached_property
    def _engines(self) -> dict[str, Engine]:
        """The engines of the files that were used last, in the order of their use."""
        return {}

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.pop(shard, None)
        if engine is None:
            if not Path(self.path_for_shard(shard)).exists():  # another process may have deleted the run
                self._initialized_dbs.discard(shard)
            # The lock lets one thread at a time use the connection.
            options = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
            engine = create_engine(self.conn_string_for_shard(shard), poolclass=StaticPool, connect_args=options)
            if len(self._engines) == _KEPT:
                self._engines.pop(next(iter(self._engines))).dispose()
        self._engines[shard] = engine
        return engine

    def dispose(self) -> None:
        super().dispose()
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()

    @property
    def supports_partition_subset_in_asset_materialization_planned_events(self) -> bool:
        """One event plans all days of an asset."""
        return True

    def store_event(self, event: EventLogEntry) -> None:
        self.store_event_batch([event])

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        batch = [event for event in events if _is_of_asset(event)]
        if batch:
            self._store_asset_events(batch)
        planned = [without_days(event) for event in events if plans_a_check(event)]
        if planned:
            self._store_planned_checks(planned)
        for event in events:
            if not (_is_of_asset(event) or plans_a_check(event)):
                super().store_event(event)
            if event.dagster_event_type is DagsterEventType.RUN_FAILURE:
                self._take_plans_back_if_held(event.run_id)

    def _store_asset_events(self, logged: Sequence[EventLogEntry]) -> None:
        events = _with_distinct_times(logged)
        insert = Events.insert()
        rows = [self._event_to_row(event) for event in events]
        both = [(event, day) for event, row in zip(events, rows, strict=True) for day in _by_day(event, row)]
        indexed, by_day = [event for event, _ in both], [row for _, row in both]
        with self.index_transaction() as connection:
            ids = _inserted(connection, by_day)
            self._store_asset_event_tags(connection, indexed, ids)
            keys = [event.get_dagster_event().asset_key for event in indexed]
            newest = dict(zip(keys, zip(indexed, ids, strict=True), strict=True))
            for event, event_id in newest.values():
                self._store_asset_event(connection, event, event_id)
        # Last: where the index is locked for too long, Dagster writes all events once more, one by one.
        with self.run_connection(events[0].run_id) as connection:
            connection.execute(insert, rows)

    def _store_planned_checks(self, events: Sequence[EventLogEntry]) -> None:
        rows = [self._event_to_row(event) for event in events]
        with self.index_transaction() as connection:
            ids = _inserted(connection, rows)
            connection.execute(Checks.insert(), list(map(planned_row, events, ids)))
        with self.run_connection(events[0].run_id) as connection:
            connection.execute(Events.insert(), rows)

    def store_asset_check_event(self, event: EventLogEntry, event_id: int | None) -> None:
        """What a check found takes the row that planned it. If the check has days, the row gets the day first."""
        if event.dagster_event_type is DagsterEventType.ASSET_CHECK_EVALUATION:
            found = event.get_dagster_event().asset_check_evaluation_data
            if found.partition is not None:
                with self.index_connection() as connection:
                    give_day(connection, event.run_id, found)
        super().store_asset_check_event(event, event_id)

    def _take_plans_back_if_held(self, run_id: str) -> None:
        """Before the run's status says that it failed: nobody sees its days red in between."""
        failures = self.get_logs_for_run(run_id, of_type=DagsterEventType.STEP_FAILURE)
        if failures and all(map(says_held, failures)):
            with self.index_transaction() as connection:
                take_plans_back(connection, run_id)

    def delete_events(self, run_id: str) -> None:
        """Delete a run's events, its file, and what its checks found, except the newest of each check.

        Dagster keeps what checks found for ever. It leaves a run's file as it is: empty, but as large as before.
        """
        super().delete_events(run_id)
        newest = select(func.max(Checks.c.id)).group_by(Checks.c.asset_key, Checks.c.check_name)
        with self.index_connection() as connection:
            connection.execute(Checks.delete().where(Checks.c.run_id == run_id, Checks.c.id.not_in(newest)))
        with self._db_lock:
            if run_id in self._engines:
                self._engines.pop(run_id).dispose()
        file = Path(self.path_for_shard(run_id))
        for path in (file, *(file.with_name(file.name + suffix) for suffix in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
        self._initialized_dbs.discard(run_id)


def _is_of_asset(event: EventLogEntry) -> bool:
    return event.dagster_event_type in ASSET_EVENTS


def _inserted(connection: Connection, rows: Sequence[dict[str, Any]]) -> range:
    """Insert rows into the index, in their order, and return their ids."""
    first = check.not_none(connection.execute(Events.insert(), rows[0]).inserted_primary_key)[0]
    if rows[1:]:
        connection.execute(Events.insert(), rows[1:])
    return range(first, first + len(rows))  # nobody else writes meanwhile, so the ids are consecutive


def _by_day(event: EventLogEntry, row: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each day that an event plans. Dagster finds days in progress and failed days by these rows."""
    if event.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION_PLANNED:
        subset = event.get_dagster_event().asset_materialization_planned_data.partitions_subset
        if subset:
            return [{**row, "partition": day} for day in subset.get_partition_keys()]
    return [row]


def _with_distinct_times(events: Sequence[EventLogEntry]) -> list[EventLogEntry]:
    """The same events, each at least a millisecond after the one before. The UI shows one event for each time."""
    distinct: list[EventLogEntry] = []
    for event in events:
        earliest = distinct[-1].timestamp + 0.001001 if distinct else event.timestamp
        distinct.append(event if event.timestamp >= earliest else event._replace(timestamp=earliest))
    return distinct
