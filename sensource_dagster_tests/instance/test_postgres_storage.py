"""The history in PostgreSQL: in batches, by psycopg2, and with no password in dagster.yaml."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance, DailyPartitionsDefinition, asset, materialize
from dagster_postgres import PostgresEventLogStorage
from packaging.specifiers import SpecifierSet

from sensource_dagster.automation.upkeep import prune
from sensource_dagster.instance import tested
from sensource_dagster.instance.decided_postgres import DecidedPostgresEvents, DecidedPostgresRuns
from sensource_dagster.instance.postgres_storage import PostgresStorage
from sensource_dagster.instance.retention import has_project_storage, keep_runs_days
from sensource_dagster_tests.instance.conftest import Storage
from sensource_dagster_tests.instances import instance
from sensource_dagster_tests.postgres import PASSWORD

DAYS = [f"2025-03-{day:02}" for day in range(1, 15)]
RANGE = {"dagster/asset_partition_range_start": DAYS[0], "dagster/asset_partition_range_end": DAYS[-1]}


@asset(partitions_def=DailyPartitionsDefinition(DAYS[0]))
def days() -> None: ...


def test_the_history_is_there_after_a_restart(
    tmp_path: Path, new_postgres_storage: Callable[..., Storage]
) -> None:
    storage = new_postgres_storage()
    with instance(tmp_path / "before", storage) as before:
        run_id = materialize([days], instance=before, tags=RANGE).run_id
    with instance(tmp_path / "after", storage) as after:
        assert isinstance(after.run_storage, DecidedPostgresRuns)
        assert isinstance(after.event_log_storage, DecidedPostgresEvents)
        assert [run.run_id for run in after.get_runs()] == [run_id]
        assert after.get_materialized_partitions(days.key) == set(DAYS)


def test_a_run_over_many_days_writes_them_in_one_batch(
    tmp_path: Path, new_postgres_storage: Callable[..., Storage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
    batches: list[int] = []
    store = PostgresEventLogStorage.store_event_batch

    def counted(self: PostgresEventLogStorage, events: Any) -> None:
        batches.append(len(events))
        store(self, events)

    monkeypatch.setattr(PostgresEventLogStorage, "store_event_batch", counted)
    with instance(tmp_path / "home", new_postgres_storage()) as history:
        assert materialize([days], instance=history, tags=RANGE).success
    assert batches == [len(DAYS), len(DAYS)]  # planned and materialized


def test_the_url_may_name_no_driver(tmp_path: Path, server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    for scheme in ("postgresql", "postgres", "postgresql+psycopg2"):
        home = tmp_path / scheme
        url = f"{scheme}://dagster@/postgres?host={server}"
        storage = {
            "custom": {
                "module": PostgresStorage.__module__,
                "class": "PostgresStorage",
                "config": {"postgres_url": url},
            }
        }
        with instance(home, storage) as history:
            assert history.get_runs() == []
            assert isinstance(history.run_storage, DecidedPostgresRuns)
            assert history.run_storage.postgres_url.startswith("postgresql+psycopg2://")


@pytest.mark.parametrize(("others", "days"), [({}, 30), ({"keep_runs_days": 45}, 45)])
def test_a_run_is_kept_as_long_as_dagster_yaml_says(
    tmp_path: Path, new_postgres_storage: Callable[..., Storage], others: dict[str, int], days: int
) -> None:
    with instance(tmp_path / "home", new_postgres_storage(**others)) as history:
        assert keep_runs_days(history) == days


def test_upkeep_leaves_the_runs_of_others_in_the_shared_database(
    tmp_path: Path, new_postgres_storage: Callable[..., Storage]
) -> None:
    with instance(tmp_path / "home", new_postgres_storage()) as history:
        materialize([days], instance=history, tags=RANGE)
        [unknown] = history.get_runs()
        materialize([days], instance=history, tags=RANGE)
        assert not has_project_storage(history)
        assert prune(history, unknown, datetime.now(timezone.utc) + timedelta(seconds=1)) == 0


def test_an_untested_dagster_uses_its_own_storage(
    tmp_path: Path, new_postgres_storage: Callable[..., Storage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tested, "TESTED", SpecifierSet("<1"))
    with instance(tmp_path / "home", new_postgres_storage()) as history:
        assert type(history.event_log_storage) is PostgresEventLogStorage


def test_a_wrong_password_is_an_error_without_it(
    tmp_path: Path, new_postgres_storage: Callable[..., Storage], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = new_postgres_storage()
    monkeypatch.setenv("PGPASSWORD", "wrong tiger")
    monkeypatch.setattr("dagster_postgres.utils.time.sleep", lambda _seconds: None)
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump({"storage": storage}))
    with pytest.raises(Exception, match="too many retries for DB connection") as raised:
        DagsterInstance.from_config(str(tmp_path))
    assert "tiger" not in f"{raised.value} {raised.value.__cause__}"
