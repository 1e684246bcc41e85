"""What Dagster and its UI are told, whichever settings there are."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from dagster import AssetKey, AssetSpec, EnvVar, FreshnessPolicy, TableSchema

from sensource_dagster.config.settings import read_settings
from sensource_dagster.contract.tables import DERIVED, TABLES
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.definitions import build_definitions
from sensource_dagster.resources import SenSourceResource, sensource_resource
from sensource_dagster.views.refresh import refresh
from sensource_dagster_tests.clone import clone, environment

CREDENTIALS = {"SENSOURCE_CLIENT_ID": "client-4711", "SENSOURCE_CLIENT_SECRET": "s3cret-of-4711"}


def specs(**variables: str) -> dict[str, AssetSpec]:
    graph = build_definitions(read_settings(variables)).resolve_all_asset_specs()
    return {spec.key.to_user_string(): spec for spec in graph}


def test_the_definitions_load_in_a_process_with_no_variable_set(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SENSOURCE_")}
    loaded = subprocess.run(
        [sys.executable, "-W", "error", "-c", "from sensource_dagster.definitions import defs"],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
    assert not list(tmp_path.iterdir())


def test_there_is_an_asset_for_each_table_and_view_with_its_columns_described() -> None:
    assets = specs()
    tables = {**TABLES, **{table.name: table for table in DERIVED}}
    views = {f"sensource/{view.name}": view for view in VIEWS}
    others = {"sensource/vea", "sensource/published", "sensource/report"}
    assert set(assets) == {*others, *views, *(f"sensource/{name}" for name in tables)}
    for key, view in views.items():
        schema = assets[key].metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == [column.name for column in view.columns]
        assert all(column.description for column in schema.columns)
    for name, table in tables.items():
        schema = assets[f"sensource/{name}"].metadata["dagster/column_schema"]
        assert isinstance(schema, TableSchema)
        assert [column.name for column in schema.columns] == [column.name for column in table.all_columns]
        assert all(column.description for column in schema.columns)
        for column in schema.columns:
            added = () if name == "rejected" else ("record_date", "record_hour", "_synced_at", "_deleted")
            required = {*table.key, *added, *(("reason", "seen_at") if name == "rejected" else ())}
            assert column.constraints.nullable == (column.name not in required)


def test_everything_comes_from_the_api_corrections_from_the_counts_and_rejected_rows_from_every_table() -> None:
    upstream = {key: {dep.asset_key.to_user_string() for dep in spec.deps} for key, spec in specs().items()}
    assert upstream.pop("sensource/vea") == set()
    assert upstream.pop("sensource/corrections") == {"sensource/traffic", "sensource/occupancy"}
    assert upstream.pop("sensource/rejected") == {f"sensource/{name}" for name in TABLES}
    views = {f"sensource/{view.name}" for view in VIEWS}
    assert upstream.pop("sensource/published") == {*views, "sensource/corrections", "sensource/rejected"}
    assert upstream.pop("sensource/report") == {"sensource/published"}
    for view in VIEWS:
        assert upstream.pop(f"sensource/{view.name}") == {f"sensource/{source}" for source in view.sources}
    assert set(map(frozenset, upstream.values())) == {frozenset({"sensource/vea"})}


def test_without_a_published_copy_there_is_no_asset_for_it_or_the_report() -> None:
    assert not {"sensource/published", "sensource/report"} & {*specs(SENSOURCE_PUBLISHED="")}


def test_owners_and_tags_are_those_of_the_settings_on_every_asset() -> None:
    assets = specs(SENSOURCE_OWNERS="ann@library.example, team:data", SENSOURCE_TAGS="tier=gold, domain=visits")
    for spec in assets.values():
        assert spec.owners == ["ann@library.example", "team:data"]
        assert {"tier": "gold", "domain": "visits"}.items() <= spec.tags.items()
    assert all(spec.owners == [] for spec in specs().values())


@pytest.mark.parametrize("file", ["data/sensource.duckdb", "elsewhere/my counts.duckdb"])
def test_the_query_of_each_asset_runs_as_it_stands(tmp_path: Path, file: str) -> None:
    path = tmp_path / file
    path.parent.mkdir()
    with duckdb.connect(str(path)) as connection:
        refresh(connection, ZoneInfo("UTC"))
        for name, spec in specs(SENSOURCE_PUBLISHED=str(path)).items():
            if name not in ("sensource/vea", "sensource/published", "sensource/report"):
                query = spec.metadata["example_query"].value.removeprefix("```sql").removesuffix("```")
                assert connection.execute(query).fetchall() == []


@pytest.mark.parametrize("file", ["data/sensource.duckdb", "elsewhere/my counts.duckdb", "main.duckdb"])
def test_each_table_has_the_name_that_duckdb_gives_it(tmp_path: Path, file: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        refresh(connection, ZoneInfo("UTC"))
        found = connection.execute(
            "SELECT table_name, table_catalog, table_schema FROM information_schema.tables "
            "WHERE table_name NOT IN ('utc_offset', 'irregular_day', 'local_zone')"
        ).fetchall()
    names = {f"sensource/{table}": f"{database}.{schema}.{table}" for table, database, schema in found}
    assets = specs(SENSOURCE_PUBLISHED=str(path))
    assert {key: assets[key].metadata["dagster/table_name"] for key in names} == names
    assert len(names) == len(assets) - 3  # all but the API, the copy itself and the report


def test_lists_and_the_copy_are_stale_after_a_missed_night_and_red_after_four_days_counts_have_a_check() -> None:
    policy = FreshnessPolicy.time_window(fail_window=timedelta(days=4), warn_window=timedelta(hours=36))
    for key, spec in specs().items():
        assert spec.freshness_policy == (policy if spec.group_name in ("lists", "serving") else None), key


def test_each_asset_links_to_the_code_that_makes_it() -> None:
    for key, spec in specs().items():
        if spec.group_name in ("lists", "counts"):
            [link] = spec.metadata["dagster/code_references"].code_references
            assert Path(link.file_path).name == f"{spec.group_name}.py", key


def test_assets_carry_group_kinds_description_and_account() -> None:
    for key, spec in specs(**CREDENTIALS).items():
        if spec.group_name not in ("counts", "lists"):
            continue
        assert spec.group_name == ("counts" if key in ("sensource/traffic", "sensource/occupancy") else "lists")
        assert {"python", "duckdb"} <= spec.kinds
        assert spec.description
        assert spec.metadata["account"] == "SenSource account at vea.sensourceinc.com, client …4711"
        assert "vea.sensourceinc.com" in spec.description


@pytest.mark.parametrize(
    ("variables", "account"),
    [
        ({}, "no account configured"),
        (
            {**CREDENTIALS, "SENSOURCE_CLIENT_ID": "demo", "SENSOURCE_API_URL": "http://127.0.0.1:4000"},
            "demo account (simulator at ",
        ),
        ({**CREDENTIALS, "SENSOURCE_API_URL": "http://127.0.0.1:4000"}, "SenSource account at 127.0.0.1"),
    ],
)
def test_assets_say_which_account_they_read(variables: dict[str, str], account: str) -> None:
    tables = {key: spec for key, spec in specs(**variables).items() if key != "sensource/vea"}
    for spec in tables.values():
        assert str(spec.metadata["account"]).startswith(account)


def test_the_static_endpoints_choose_which_lists_are_assets() -> None:
    assets = specs(SENSOURCE_STATIC_ENDPOINTS="zone,space")
    lists = {key for key, spec in assets.items() if spec.group_name == "lists"}
    assert lists == {"sensource/zone", "sensource/space"}


def test_counts_are_partitioned_by_local_day_and_backfilled_in_batches() -> None:
    variables = {
        "SENSOURCE_TIMEZONE": "Europe/Paris",
        "SENSOURCE_START_DATE": "2025-02-03",
        "SENSOURCE_BACKFILL_DAYS": "12",
    }
    defs = build_definitions(read_settings(variables))
    for name in ("traffic", "occupancy"):
        asset = defs.resolve_asset_graph().get(AssetKey(["sensource", name]))
        assert asset.partitions_def
        assert asset.partitions_def.get_first_partition_key() == "2025-02-03"
        assert asset.backfill_policy
        assert asset.backfill_policy.max_partitions_per_run == 12
    assert defs.resolve_asset_graph().get(AssetKey(["sensource", "zone"])).partitions_def is None


def test_the_secret_is_held_by_name_only() -> None:
    settings = read_settings(CREDENTIALS)
    resource = sensource_resource(settings)
    assert resource.client_secret == EnvVar("SENSOURCE_CLIENT_SECRET")
    for text in (repr(settings), repr(resource), repr(build_definitions(settings)), str(resource.model_dump())):
        assert "s3cret-of-4711" not in text


def test_a_secret_typed_into_the_launchpad_is_in_no_repr() -> None:
    resource = SenSourceResource(
        client_id="a",
        client_secret="typed-secret",
        api_url="https://a.example",
        auth_url="https://a.example/token",
    )
    assert "typed-secret" not in repr(resource)
    assert "typed-secret" not in str(resource)


def test_the_resource_has_the_folder_of_the_token() -> None:
    resource = (build_definitions(read_settings({"SENSOURCE_TOKEN_CACHE": "/srv/tokens"})).resources or {})[
        "sensource"
    ]
    assert resource.token_cache == "/srv/tokens"


def test_every_field_of_the_resources_is_described() -> None:
    resources = build_definitions(read_settings({})).resources or {}
    for resource in resources.values():
        for name, field in type(resource).model_fields.items():
            assert field.description, name


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        (
            "import sensource_dagster.definitions",
            ["sqlalchemy", "dagster_webserver", "sensource_dagster.simulator"],
        ),
        ("import sensource_dagster.cli", ["dagster", "pandas", "duckdb", "requests"]),
    ],
)
def test_a_start_does_not_wait_for_what_it_does_not_need(statement: str, absent: list[str]) -> None:
    script = f"import sys; {statement}; print([name for name in {absent} if name in sys.modules])"
    started = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert started.stdout.strip() == "[]"


def test_each_start_says_how_to_rename_the_earlier_file_and_which_variable_does_not_exist(tmp_path: Path) -> None:
    project = clone(tmp_path / "project")
    (project / "data").mkdir()
    (project / "data" / "sensource.duckdb").touch()
    variables = {**environment(project), "SENSOURCE_TIME_ZONE": "America/Denver"}
    for command in (
        [sys.executable, "-c", "from sensource_dagster.definitions import defs"],
        [sys.executable, "-c", "from sensource_dagster.cli import main; main()", "check"],
    ):
        said = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)
        assert "mv data/sensource.duckdb data/warehouse.duckdb" in said.stdout + said.stderr
        assert "SENSOURCE_TIME_ZONE is not a variable" in said.stdout + said.stderr
        assert "Did you mean SENSOURCE_TIMEZONE?" in said.stdout + said.stderr
