"""The files of deploy/compose and deploy/helm fit each other and the project. end_to_end/ runs the former."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from sensource_dagster.config.settings import VARIABLES, read_settings
from sensource_dagster.config.token_place import token_database
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.instance.postgres_storage import PostgresStorage
from sensource_dagster_tests.documentation import PROJECT, text_of

COMPOSE = yaml.safe_load(text_of("deploy/compose/compose.yaml"))
VALUES = yaml.safe_load(text_of("deploy/helm/values.yaml"))
INSTANCES = {name: yaml.safe_load(text_of(f"deploy/{name}/dagster.yaml")) for name in ("compose", "helm")}
PROJECTS_INSTANCE = yaml.safe_load(text_of("dagster.yaml"))
SECRET = re.compile(r"PASSWORD|SECRET|ACCESS_KEY")


def instance_without(name: str, *parts: str) -> dict[str, Any]:
    return {key: value for key, value in INSTANCES[name].items() if key not in parts}


def test_with_compose_only_the_history_is_elsewhere() -> None:
    ours = {key: value for key, value in PROJECTS_INSTANCE.items() if key != "storage"}
    assert instance_without("compose", "storage") == ours


@pytest.mark.parametrize("name", INSTANCES)
def test_the_history_is_the_projects_own_in_postgresql_without_a_password(name: str) -> None:
    custom = INSTANCES[name]["storage"]["custom"]
    assert (custom["module"], custom["class"]) == (PostgresStorage.__module__, PostgresStorage.__name__)
    of_project = PROJECTS_INSTANCE["storage"]["custom"]["config"]
    assert custom["config"]["keep_runs_days"] == of_project["keep_runs_days"]
    assert "password" not in custom["config"]["postgres_db"]


def test_each_secret_of_compose_is_a_variable_that_the_example_has_and_that_has_to_be_set() -> None:
    services = COMPOSE["services"].values()
    environment = [pair for service in services for pair in service.get("environment", {}).items()]
    secrets = [text for name, text in environment if SECRET.search(name)]
    assert len(secrets) > 5
    asked = {re.fullmatch(r"\$\{(\w+):\?write it into deploy/compose/\.env\}", text) for text in secrets}
    assert None not in asked
    example = re.findall(r"^(\w+)=$", text_of("deploy/compose/.env.example"), re.MULTILINE)
    assert {found[1] for found in asked if found} == set(example)


def test_what_compose_mounts_is_there_and_the_workspace_leads_to_its_code_server() -> None:
    mounted = [text for service in COMPOSE["services"].values() for text in service.get("volumes", [])]
    files = {text.split(":")[0] for text in mounted if text.startswith("./")}
    assert files == {"./dagster.yaml", "./workspace.yaml", "./catalog.sql"}
    assert all((PROJECT / "deploy" / "compose" / name).is_file() for name in files)
    assert {text.split(":")[0] for text in mounted} - files == set(COMPOSE["volumes"])
    [location] = yaml.safe_load(text_of("deploy/compose/workspace.yaml"))["load_from"]
    server = location["grpc_server"]
    code = COMPOSE["services"][server["host"]]
    assert code["command"][code["command"].index("--port") + 1] == str(server["port"])
    assert code["healthcheck"]["test"][-1] == str(server["port"])


def test_compose_publishes_the_ui_on_loopback_and_nothing_else() -> None:
    published = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}
    assert published == {"webserver": ["127.0.0.1:3000:3000"]}


def test_the_account_s_secret_is_in_the_code_server_alone() -> None:
    assert [name for name, service in COMPOSE["services"].items() if "env_file" in service] == ["code"]
    for part in ("dagsterWebserver", "dagsterDaemon"):
        assert VALUES[part]["envSecrets"] == [{"name": VALUES["global"]["postgresqlSecretName"]}]


def test_the_image_can_be_built_with_the_extras_that_the_deployments_need() -> None:
    assert '--editable ".[$EXTRAS]" $LAKE' in text_of("deploy/Containerfile")
    extras = re.findall(r"^(\w+) = \[$", text_of("pyproject.toml"), re.MULTILINE)
    arguments = COMPOSE["services"]["code"]["build"]["args"]
    assert arguments["EXTRAS"] in extras
    pinned = re.findall(r"^(duckdb-extension-\w+(?:-\w+)?)==", text_of("constraints-lake.txt"), re.MULTILINE)
    assert sorted(arguments["LAKE"].split()) == pinned
    assert f'LAKE="{arguments["LAKE"]}"' in text_of("docs/deploy.md")
    for built in re.findall(r"EXTRAS=([\w,]+)", text_of("docs/deploy.md")):
        assert set(built.split(",")) <= set(extras)


def test_the_chart_s_values_and_its_dagster_yaml_name_each_other() -> None:
    launcher = INSTANCES["helm"]["run_launcher"]["config"]
    assert launcher["instance_config_map"] == VALUES["global"]["dagsterInstanceConfigMap"]
    assert launcher["service_account_name"] == VALUES["global"]["serviceAccountName"]
    assert f"--namespace {launcher['job_namespace']}" in text_of("docs/deploy.md")
    host = INSTANCES["helm"]["storage"]["custom"]["config"]["postgres_db"]["hostname"]
    assert host == VALUES["postgresql"]["postgresqlHost"]
    [code] = VALUES["dagster-user-deployments"]["deployments"]
    assert code["image"] == VALUES["dagsterWebserver"]["image"] == VALUES["dagsterDaemon"]["image"]


def test_both_start_failed_runs_again_as_the_project_does() -> None:
    for name in INSTANCES:
        for part in ("run_retries", "retention", "telemetry"):
            assert INSTANCES[name][part] == PROJECTS_INSTANCE[part], (name, part)


@pytest.mark.parametrize(
    "environment",
    [COMPOSE["services"]["code"]["environment"], VALUES["dagster-user-deployments"]["deployments"][0]["env"]],
    ids=["compose", "helm"],
)
def test_each_variable_exists_and_the_warehouse_is_a_lake_with_the_token_beside_its_catalogue(
    environment: dict[str, str],
) -> None:
    assert {name for name in environment if name.startswith("SENSOURCE_")} <= set(VARIABLES)
    of_image = dict(re.findall(r"(SENSOURCE_\w+)=(\S+)", text_of("deploy/Containerfile")))
    settings = read_settings({**of_image, **environment})
    assert isinstance(settings.warehouse, LakePlace)
    assert settings.warehouse.data == "s3://footfall/lake/"
    assert token_database(settings.token_cache) == settings.warehouse.libpq
