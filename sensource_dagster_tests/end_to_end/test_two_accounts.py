"""Two accounts in one project of a user's: no row, token, run or alert of one concerns the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pandas as pd
import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    ScheduleDefinition,
    asset,
    build_schedule_context,
    build_sensor_context,
    materialize,
)
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.storage.tags import MAX_RETRIES_TAG
from dagster._core.test_utils import create_run_for_test

from sensource_dagster.automation.account_runs import account_of
from sensource_dagster.automation.settled_days import remember_settled
from sensource_dagster.config.settings import read_settings
from sensource_dagster.failures import failure_text
from sensource_dagster.instance.own_runs import ACCOUNT_TAG, may_be_own_run
from sensource_dagster.warehouse.io_manager import SenSourceDuckDBIOManager
from sensource_dagster_tests.end_to_end.two_accounts import ZONES, TwoAccounts, two_accounts

pytestmark = pytest.mark.filterwarnings("ignore:Parameter `execution_type`")  # by Dagster, of components

DAY = date(2026, 1, 10)
HOURS = {"east": timedelta(hours=5), "west": timedelta(hours=7)}  # behind UTC, in January


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoAccounts]:
    with two_accounts(tmp_path_factory.mktemp("project"), "visits_of_a_test") as made:
        for prefix in ZONES:
            assert made.run(f"{prefix}_everything", DAY, DAY + timedelta(days=1)).success
        assert all(made.run(f"{prefix}_publish").success for prefix in ZONES)
        yield made


@pytest.mark.parametrize("prefix", ZONES)
def test_each_schema_has_the_rows_of_its_own_account_and_of_its_own_local_days(
    project: TwoAccounts, prefix: str
) -> None:
    start = datetime(2026, 1, 10, tzinfo=timezone.utc) + HOURS[prefix]
    truth = project.simulators[prefix].truth("traffic", start, start + timedelta(days=2))
    rows = project.query(
        f"SELECT zone_id, strftime(record_date_hour_1, '%Y-%m-%dT%H:%M:%S.000Z'), sumins FROM {prefix}.traffic"
    )
    assert sorted(rows) == sorted((row["zoneId"], row["recordDate_hour_1"], row["sumins"]) for row in truth)
    assert len(rows) > 200


def test_the_accounts_differ_so_that_a_crossed_row_would_be_seen(project: TwoAccounts) -> None:
    east, west = (project.query(f"SELECT sumins FROM {prefix}.traffic ORDER BY ALL") for prefix in ZONES)
    assert east != west


def test_each_account_has_one_token_of_its_own(project: TwoAccounts) -> None:
    assert {prefix: simulator.mints for prefix, simulator in project.simulators.items()} == {
        "east": 1,
        "west": 1,
    }
    assert len([*(project.folder / "cache").rglob("vea-*.json")]) == 2


def test_all_names_are_of_one_account(project: TwoAccounts) -> None:
    repository = project.definitions.get_repository_def()
    keys = {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()} - {"marts/doors", "mine"}
    names = {job.name for job in repository.get_all_jobs()} - {"__ASSET_JOB"}
    names |= {schedule.name for schedule in repository.schedule_defs}
    names |= {sensor.name for sensor in repository.sensor_defs}
    graph = repository.asset_graph
    pools = {pool for key in graph.get_all_asset_keys() for pool in graph.get(key).pools or ()}
    assert {key.split("/")[0] for key in keys} == {"east", "west"}
    assert {name.split("_")[0] for name in names} == {"east", "west"}
    assert pools == {"east_api", "west_api"}
    west = {key.removeprefix("west/") for key in keys if key.startswith("west/")}
    assert west == {key.removeprefix("east/") for key in keys if key.startswith("east/")}
    assert {"traffic", "occupancy", "zone", "corrections", "published", "report", "traffic_daily", "vea"} <= west


@pytest.mark.parametrize("file", ["warehouse", "footfall"])
def test_views_unite_the_accounts_in_the_warehouse_and_in_the_copy(project: TwoAccounts, file: str) -> None:
    united = project.query(
        "SELECT account, sum(visits) FROM all_accounts.location_daily GROUP BY 1 ORDER BY 1", file
    )
    each = [
        (prefix, project.query(f"SELECT sum(visits) FROM {prefix}.location_daily", file)[0][0]) for prefix in ZONES
    ]
    assert united == each
    assert all(visits > 0 for _, visits in united)


def test_neither_file_has_a_schema_of_any_other_account(project: TwoAccounts) -> None:
    query = (
        "SELECT DISTINCT schema_name FROM duckdb_tables() UNION SELECT DISTINCT schema_name FROM duckdb_views()"
    )
    for file in ("warehouse", "footfall"):
        found = {schema for (schema,) in project.query(query, file)}
        assert found - {"main", "marts", "information_schema", "pg_catalog"} == {"all_accounts", "east", "west"}


@pytest.mark.parametrize("prefix", ZONES)
def test_the_checks_of_an_account_judge_its_own_tables(project: TwoAccounts, prefix: str) -> None:
    for table, check in (("traffic", "key_is_unique"), ("zone", "key_is_unique"), ("occupancy", "days_are_local")):
        key = AssetCheckKey(AssetKey([prefix, table]), check)
        [record] = project.instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
        assert record.evaluation
        assert record.evaluation.passed
        assert "Nothing to judge" not in str(record.evaluation.description)


def test_runs_of_its_jobs_say_whose_they_are(project: TwoAccounts) -> None:
    for prefix in ZONES:
        for job in ("lists", "counts", "everything", "publish", "freshness"):
            assert project.definitions.resolve_job_def(f"{prefix}_{job}").tags[ACCOUNT_TAG] == prefix
    from_elsewhere = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("visits"), "__repository__")
    run = DagsterRun(
        "west_counts",
        tags={ACCOUNT_TAG: "west"},
        remote_job_origin=from_elsewhere.get_job_origin("west_counts"),
    )
    assert may_be_own_run(run)


def test_what_a_night_remembers_is_of_one_account() -> None:
    today = datetime.now(timezone.utc).date()
    with DagsterInstance.ephemeral() as instance:
        remember_settled(instance, replace(read_settings({}), prefix="west"), [], today)
        names = {f"{prefix}/settled" for prefix in (*ZONES, "sensource")}
        assert instance.daemon_cursor_storage.get_cursor_values(names).keys() == {"west/settled"}


def test_the_copy_knows_the_local_zone_of_each_account(project: TwoAccounts) -> None:
    zones = {prefix: project.query(f"SELECT timezone FROM {prefix}.local_zone", "footfall") for prefix in ZONES}
    assert zones == {prefix: [(zone,)] for prefix, zone in ZONES.items()}


def test_each_account_has_a_report_of_its_own(project: TwoAccounts) -> None:
    assert all((project.folder / f"data/{prefix}_report/index.html").exists() for prefix in ZONES)


def test_an_asset_of_the_user_reads_a_table_of_an_account(project: TwoAccounts) -> None:
    job = project.definitions.resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(
        instance=project.instance, asset_selection=[AssetKey(["marts", "doors"])], raise_on_error=False
    ).success
    assert project.query("SELECT doors FROM marts.doors") == [(5,)]


@pytest.mark.parametrize("prefix", ZONES)
def test_a_nightly_tick_asks_for_the_days_of_its_account_alone(project: TwoAccounts, prefix: str) -> None:
    repository = project.definitions.get_repository_def()
    schedule = repository.get_schedule_def(f"{prefix}_nightly")
    assert isinstance(schedule, ScheduleDefinition)
    context = build_schedule_context(
        instance=project.instance,
        scheduled_execution_time=datetime(2026, 1, 20, 10, tzinfo=timezone.utc),
        repository_def=repository,
    )
    requests = schedule.evaluate_tick(context).run_requests or []
    assert schedule.job_name == f"{prefix}_everything"
    assert {key.path[0] for request in requests for key in request.asset_selection or []} == {prefix}


def test_a_failure_is_told_by_the_sensor_of_its_account_alone(project: TwoAccounts) -> None:
    _tick_failed_runs(project)
    failed = create_run_for_test(
        project.instance,
        "west_lists",
        tags={ACCOUNT_TAG: "west", MAX_RETRIES_TAG: "0"},
        status=DagsterRunStatus.STARTED,
    )
    project.instance.report_run_failed(failed)
    assert _tick_failed_runs(project) == {"east": "No new alerts.", "west": "1 new alert."}


def _tick_failed_runs(project: TwoAccounts) -> dict[str, str | None]:
    repository = project.definitions.get_repository_def()
    said = {}
    for prefix in ZONES:
        context = build_sensor_context(project.instance, project.cursors.get(prefix), repository_def=repository)
        said[prefix] = repository.get_sensor_def(f"{prefix}_failed_runs").evaluate_tick(context).skip_message
        project.cursors[prefix] = context.cursor
    return said


WEST, OWN, MINE = (AssetKey([name, "traffic"]) for name in ("west", "sensource", "mine"))


@pytest.mark.parametrize(
    ("selected", "tags", "of_job", "account"),
    [
        ([WEST], {}, [], "west"),
        ([OWN], {}, [], "sensource"),
        ([WEST, OWN], {}, [], "sensource"),  # one alone
        ([MINE], {}, [], "sensource"),
        ([MINE, WEST], {}, [], "west"),
        ([], {ACCOUNT_TAG: "west"}, [], "west"),
        ([], {ACCOUNT_TAG: "gone"}, [], "sensource"),
        ([], {}, [WEST], "west"),  # a job of the user's
        ([], {}, [MINE], "sensource"),
    ],
)
def test_the_sensors_of_one_account_see_to_each_run(
    selected: list[AssetKey], tags: dict[str, str], of_job: list[AssetKey], account: str
) -> None:
    run = DagsterRun("any", asset_selection=frozenset(selected) or None, tags=tags)
    assert account_of(run, {"west", "sensource"}, lambda _job: of_job) == account


def test_a_refused_secret_is_called_as_the_account_calls_it(
    project: TwoAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEST_CLIENT_SECRET", "another one")
    project.simulators["west"].end_token()
    result = project.run("west_lists")
    [text] = {failure_text(event) for event in result.get_step_failure_events()} - {""}
    assert "WEST_CLIENT_ID and WEST_CLIENT_SECRET" in text
    assert "SENSOURCE_CLIENT" not in text
    monkeypatch.undo()


@pytest.mark.parametrize("key", [["East", "traffic"], ["mine", "east", "site"], ["all_accounts", "mine"]])
def test_an_asset_of_a_user_s_cannot_replace_a_table_of_any_account(project: TwoAccounts, key: list[str]) -> None:
    @asset(key=key, io_manager_key="west_warehouse")
    def mine() -> pd.DataFrame:
        return pd.DataFrame({"a": [1]})

    before = project.query("SELECT count(*) FROM east.traffic")
    manager = SenSourceDuckDBIOManager(
        database=str(project.folder / "data/warehouse.duckdb"), account_schema="west", wait_seconds=5
    )
    result = materialize(
        [mine], resources={"west_warehouse": manager}, instance=project.instance, raise_on_error=False
    )
    [text] = [failure_text(event) for event in result.get_step_failure_events()]
    assert "for another account. Nothing was written" in text
    assert project.query("SELECT count(*) FROM east.traffic") == before
