"""The checks as Dagster asset checks. Each table has one step, which opens the DuckDB file once."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timezone
from functools import partial

import duckdb
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSpec,
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    multi_asset_check,
)

from sensource_dagster.assets.names import asset_key, pool, said_of_check
from sensource_dagster.assets.partition_history import last_read
from sensource_dagster.checks.affected import Silence
from sensource_dagster.checks.balance import ins_and_outs_agree
from sensource_dagster.checks.completeness import hours_are_complete
from sensource_dagster.checks.doors import DOOR_IS_UNUSUAL
from sensource_dagster.checks.entities import JOINS, entities_are_listed, joins_hit
from sensource_dagster.checks.freshness import fresh
from sensource_dagster.checks.future_hours import NO_HOURS_IN_THE_FUTURE
from sensource_dagster.checks.impossible_values import counts_are_not_negative, occupancy_is_in_order
from sensource_dagster.checks.judged_days import JudgedDays
from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.keys import DAYS_ARE_LOCAL, key_is_unique
from sensource_dagster.checks.not_judged import not_judged
from sensource_dagster.checks.reading import Reading
from sensource_dagster.checks.rejections import NO_ROWS_REJECTED
from sensource_dagster.config.alarms_file import Quiet, read_alarms
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.model import Table
from sensource_dagster.contract.tables import COUNTS, list_tables
from sensource_dagster.errors import WarehouseError, WarehouseHeldError
from sensource_dagster.failures import errors_as_failures
from sensource_dagster.warehouse.sql import tables_of
from sensource_dagster.warehouse.warehouse_of import warehouse_of

_READ = DagsterEventType.ASSET_MATERIALIZATION


def checks(settings: Settings) -> list[AssetChecksDefinition]:
    """All checks of the tables.

    Raises:
        SettingsError: alarms.toml cannot be used.
    """
    quiet = quiet_entries(settings)
    tables = [*list_tables(settings.static_endpoints), *COUNTS]
    return [
        *(_step(table, checks_of(table, settings), settings, quiet) for table in tables),
        *(fresh(table, settings) for table in COUNTS),
    ]


def quiet_entries(settings: Settings) -> tuple[Quiet, ...]:
    """What alarms.toml says.

    Raises:
        SettingsError: it cannot be used.
    """
    # What a blocking check finds is wrong in the warehouse, not at a door.
    found = [check for table in COUNTS for check in checks_of(table, settings)]
    names = {check.name for check in found if not check.blocking}
    return read_alarms(settings.alarms, names)


def checks_of(table: Table, settings: Settings) -> list[Check]:
    """What is judged of a table when it has been written."""
    if table.is_list:
        return [key_is_unique(table), NO_ROWS_REJECTED, *([joins_hit(table)] if table.name in JOINS else [])]
    own = {
        "traffic": [DOOR_IS_UNUSUAL, ins_and_outs_agree(settings)],
        "occupancy": [occupancy_is_in_order()],
    }
    return [
        key_is_unique(table),
        DAYS_ARE_LOCAL,
        NO_ROWS_REJECTED,
        counts_are_not_negative(table),
        entities_are_listed(table),
        hours_are_complete(table, settings),
        NO_HOURS_IN_THE_FUTURE,
        *own[table.name],
    ]


def _step(
    table: Table, table_checks: list[Check], settings: Settings, quiet: tuple[Quiet, ...]
) -> AssetChecksDefinition:
    key = asset_key(table, settings)
    by_name = {check.name: check for check in table_checks}
    specs = [
        AssetCheckSpec(
            check.name,
            asset=key,
            description=said_of_check(check.description, settings),
            blocking=check.blocking,
        )
        for check in table_checks
    ]

    # The pool lets one step at a time open the file. Otherwise a run that writes would have to wait for this step.
    @multi_asset_check(
        name=settings.named(f"{table.name}_checks"), specs=specs, can_subset=True, pool=pool(settings)
    )
    def judge(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        selected = [by_name[check.name] for check in context.selected_asset_check_keys]
        with errors_as_failures(spelled=settings.spelled):
            try:
                started = _start_of_run(context)
                judgements = _judge(context, table, selected, settings, started)
                today = started.astimezone(settings.timezone).date()
                silence = Silence(quiet, today, table.name if table.is_list else table.entity)
                results = [judgement.result(key, name, silence) for name, judgement in judgements.items()]
            except WarehouseHeldError as held:
                context.log.warning(f"{held} Until then the checks say what they said last.")
                keys = context.selected_asset_check_keys
                results = [not_judged(context.instance, each, held.holder, settings.timezone) for each in keys]
        yield from results

    return judge


def _judge(
    context: AssetCheckExecutionContext, table: Table, selected: list[Check], settings: Settings, started: datetime
) -> Mapping[str, Judgement]:
    key = asset_key(table, settings)
    warehouse = warehouse_of(
        settings.warehouse,
        settings.warehouse_wait,
        {"custom_user_agent": "sensource_dagster"},
        context.log.warning,
        settings.prefix,
    )
    if not warehouse.exists():
        return _all(selected, f"Nothing to judge yet: the {warehouse.kind} {warehouse.describe()} does not exist.")
    with warehouse.open(read_only=True) as connection, _reading(table):
        existing = tables_of(connection)
        if table.name not in existing:
            return _all(selected, f"Nothing to judge yet: the table {table.name} does not exist.")
        reading = Reading(
            connection,
            table,
            JudgedDays.of_run(context.run.tags, settings, started, partial(_read, context.instance, key)),
            existing,
            existing.intersection(settings.static_endpoints),
            {name: aggregate for check in selected for name, aggregate in check.aggregates.items()},
            max(check.days_before for check in selected),
            partial(_last_read, context.instance, key),
        )
        return {check.name: check.judge(reading) for check in selected}


def _all(checks_to_skip: list[Check], sentence: str) -> Mapping[str, Judgement]:
    return {check.name: Judgement(sentence) for check in checks_to_skip}


def _read(instance: DagsterInstance, key: AssetKey, days: list[date]) -> list[date]:
    """Those of the days that were ever read."""
    names = {str(day) for day in days}
    read = instance.event_log_storage.get_latest_storage_id_by_partition(key, _READ, names)
    return [day for day in days if str(day) in read]


def _last_read(instance: DagsterInstance, key: AssetKey, days: Collection[date]) -> Mapping[date, float]:
    found = last_read(instance, key, [str(day) for day in days])
    return {date.fromisoformat(day): timestamp for day, timestamp in found.items()}


def _start_of_run(context: AssetCheckExecutionContext) -> datetime:
    """When the run started.

    Hours that ended later are not expected: the run may have read Vea before they ended.
    """
    record = context.instance.get_run_record_by_id(context.run.run_id)
    if record is None or record.start_time is None:
        return datetime.now(timezone.utc)
    return datetime.fromtimestamp(record.start_time, timezone.utc)


@contextmanager
def _reading(table: Table) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise WarehouseError(f"The checks cannot read table {table.name}: {error}") from None
