"""Neither the client secret nor a token is in anything that failing syncs leave behind or show."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sensource_dagster.config.settings import read_settings
from sensource_dagster.resources import SenSourceResource
from sensource_dagster.simulator import Options, RunningSimulator, fault_kinds, serving
from sensource_dagster.simulator.fault_kinds import Fault
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.client import VeaClient
from sensource_dagster_tests.end_to_end.dagster_dev import DG, PROJECT, DagsterDev, dagster_dev, project_folder
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START, variables_of

# Both halves survive every encoding, and half a secret is a leak as well.
SECRET_HALVES = ("Zq9xKv7LmR2tQe5s", "W8yB4nHc6JpDf3Ga")
SECRET = " +/&=%".join(SECRET_HALVES)
DAY = "2026-02-03"
PACKAGES = ("sensource_dagster", "sensource_dagster_tests")

LAUNCH_RUN = """
mutation($run: ExecutionParams!) {
  launchRun(executionParams: $run) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } } } }"""
RUN = """
query($id: ID!) {
  runOrError(runId: $id) { ... on Run { status runConfigYaml tags { key value } } }
  logsForRun(runId: $id, limit: 1000) { ... on EventConnection { events {
    __typename ... on MessageEvent { message }
    ... on ErrorEvent { error { message stack cause { message stack } errorChain { error { message stack } } } }
    ... on ExecutionStepFailureEvent { failureMetadata { description
      metadataEntries { label description ... on TextMetadataEntry { text } } } }
    ... on EngineEvent { metadataEntries { label description ... on TextMetadataEntry { text } } }
    ... on MaterializationEvent { metadataEntries { label ... on TextMetadataEntry { text } } } } } } }"""
DEFINITIONS = """
{ allTopLevelResourceDetailsOrError(repositorySelector: {
      repositoryName: "__repository__", repositoryLocationName: "sensource_dagster"}) {
    ... on ResourceDetailsList { results { name description configFields { name description defaultValueAsJson }
      configuredValues { key value type } } } }
  assetNodes { assetKey { path } description metadataEntries {
      label description ... on TextMetadataEntry { text } ... on PathMetadataEntry { path } }
    configField { configType { recursiveConfigTypes { key description } } } }
  instance { info runLauncher { name } } }"""
RUN_CONFIG_SCHEMA = """
{ runConfigSchemaOrError(selector: {repositoryName: "__repository__",
      repositoryLocationName: "sensource_dagster", pipelineName: "counts"}) {
    ... on RunConfigSchema { rootDefaultYaml allConfigTypes {
      description ... on CompositeConfigType { fields { name description defaultValueAsJson } } } } } }"""


def echo(status: int, shape: str = '{"error": %s}') -> Fault:
    """Answers with all that the client sent, as a debugging proxy does."""

    async def fault(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        sent = f"{request.headers.get('authorization', '')} {(await request.body()).decode()}"
        body = shape % json.dumps(sent)
        await Response(body, status, media_type="application/json")(scope, receive, send)

    return fault


async def redirect_with_the_token(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    token = Request(scope).headers["authorization"].removeprefix("Bearer ")
    place = f"https://elsewhere.invalid/{token}?token={token}"
    await Response("", 302, {"Location": place})(scope, receive, send)


@dataclass(frozen=True)
class Failing:
    """A fault, the requests that meet it, and what is typed into the Launchpad."""

    name: str
    fault: Fault | None
    path: str = "/api/"
    config: Mapping[str, Any] | None = None
    status: str = "FAILURE"


# In this order: with a token that lives, none is asked for.
FAILING = [
    Failing("wrong secret", echo(401), "/oauth/token"),
    Failing("wrong secret, in a 200", echo(200), "/oauth/token"),
    Failing("token endpoint down", echo(500), "/oauth/token"),
    Failing("token in an unknown place", echo(200, '{"data": {"access_token": %s}}'), "/oauth/token"),
    Failing("down", echo(500)),
    Failing("refused", echo(403)),
    Failing("error in a 200", echo(200)),
    Failing("unknown shape", echo(200, '{"answer": [%s]}')),
    Failing("no JSON", echo(200, "<html>%s")),
    Failing("a remark", fault_kinds.messages([]), status="SUCCESS"),
    Failing("HTML", fault_kinds.html()),
    Failing("redirect", redirect_with_the_token),
    Failing("reset", fault_kinds.reset()),
    Failing("cut", fault_kinds.cut()),
    Failing("no such host", None, config={"api_url": "https://vea.invalid"}),
    Failing("plain http", None, config={"api_url": "http://vea.invalid"}),
    Failing("plain http, asked for", None, config={"api_url": "http://vea.invalid", "allow_plain_http": True}),
    Failing("refused for ever", echo(401)),
]


class Minted:
    """Every token that the simulator ever gave."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.texts: list[str] = []
        answer = simulator.tokens.answer

        def recorded(request: Mapping[str, str]) -> Any:
            given = answer(request)
            fields = json.loads(given.body)
            self.texts += [fields[name] for name in ("access_token", "refresh_token") if name in fields]
            return given

        simulator.tokens.answer = recorded  # type: ignore[method-assign]


def halves(texts: Iterable[str]) -> list[str]:
    return [half for text in texts for half in (text[:16], text[-16:])]


def leaks(content: bytes, needles: Iterable[str]) -> list[str]:
    """In UTF-8 or UTF-16, in any case: a hash or a token in capitals is one still."""
    lowered = content.lower()
    return [
        needle
        for needle in needles
        if needle.lower().encode() in lowered or needle.lower().encode("utf-16-le") in lowered
    ]


def run_config(simulator: RunningSimulator, others: Mapping[str, Any]) -> dict[str, Any]:
    """What the Launchpad shows at first, with fewer tries."""
    account = {
        "client_id": {"env": "SENSOURCE_CLIENT_ID"},
        "client_secret": {"env": "SENSOURCE_CLIENT_SECRET"},
        "api_url": simulator.api_url,
        "auth_url": simulator.auth_url,
    }
    return {"resources": {"sensource": {"config": {**account, "max_tries": 2, **others}}}}


def run(dagster: DagsterDev, simulator: RunningSimulator, failing: Failing) -> str:
    """Launch the counts of one day and wait; all that the UI can show of the run."""
    params = {
        "selector": {
            "repositoryName": "__repository__",
            "repositoryLocationName": "sensource_dagster",
            "jobName": "counts",
            "assetSelection": [{"path": ["sensource", "traffic"]}],
        },
        "runConfigData": run_config(simulator, failing.config or {}),
        "executionMetadata": {"tags": [{"key": RANGE_START, "value": DAY}, {"key": RANGE_END, "value": DAY}]},
    }
    launched = dagster.query(LAUNCH_RUN, run=params)["launchRun"]
    assert "run" in launched, launched
    run_id = launched["run"]["runId"]

    def ended() -> dict[str, Any] | None:
        seen = dagster.query(RUN, id=run_id)
        return seen if seen["runOrError"]["status"] in {"SUCCESS", "FAILURE", "CANCELED"} else None

    seen = dagster.until(ended, within=60)
    text = json.dumps(seen)
    assert seen["runOrError"]["status"] == failing.status, (failing.name, text)
    return text


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_failing_syncs_leave_no_secret_and_no_token_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))  # Dagster's own temporary files are looked at, too
    shown: dict[str, str] = {}
    with serving(Options(client_secret=SECRET)) as simulator:
        minted = Minted(simulator)
        variables = variables_of(simulator, tmp_path, SENSOURCE_START_DATE="2026-01-01")
        del variables["SENSOURCE_WAREHOUSE"]
        quoted = {**variables, "SENSOURCE_CLIENT_SECRET": f"'{SECRET}'"}
        folder = project_folder(tmp_path / "project", quoted)
        with dagster_dev(folder, tmp_path / "dev.log") as dagster:
            for failing in FAILING:
                simulator.faults.clear()
                if failing.fault:
                    simulator.faults.at_random(1, [failing.fault], path=failing.path)
                shown[f"run: {failing.name}"] = run(dagster, simulator, failing)
            shown["definitions"] = json.dumps(dagster.query(DEFINITIONS))
            shown["launchpad"] = json.dumps(dagster.query(RUN_CONFIG_SCHEMA))
            shown["page"] = requests.get(dagster.url, timeout=10).text
            for pid in dagster.processes():
                for name in ("cmdline", "comm"):
                    shown[f"{name} of {pid}"] = Path(f"/proc/{pid}/{name}").read_text(errors="replace")
            left_while_running = files_below(tmp_path)
        # The same secret, in the environment this time.
        (folder / ".env").unlink()
        simulator.faults.clear()
        simulator.faults.at_random(1, [echo(500)], path="/api/")
        shown["script"] = execute(folder, {**variables, "DAGSTER_HOME": str(folder)}, run_config(simulator, {}))
    assert len(minted.texts) >= 4

    assert "EnvVar" in shown["definitions"] or "SENSOURCE_CLIENT_SECRET" in shown["definitions"]
    assert "HTTP 500" in shown["run: down"]
    assert "HTTP 500" in shown["script"]
    assert "plain http would send the secret" in shown["run: plain http"]
    assert "plain http would send the secret" not in shown["run: plain http, asked for"]
    needles = [*SECRET_HALVES, *halves(minted.texts)]
    found = {what: leaks(text.encode(), needles) for what, text in shown.items()}
    for left in (left_while_running, files_below(tmp_path)):
        assert any(name.endswith("index.db") for name in left)
        for name, content in left.items():
            if name == "project/.env":
                continue
            # The token cache may hold tokens, and it alone; never the secret.
            cache = name.startswith("cache/sensource_dagster/vea-")
            found[name] = leaks(content, SECRET_HALVES if cache else needles)
    assert {what: leaked for what, leaked in found.items() if leaked} == {}


def execute(folder: Path, variables: Mapping[str, str], config: Mapping[str, Any]) -> str:
    command = [DG, "launch", "--job", "counts", "--partition", DAY, "--config", str(folder / "run.yaml")]
    (folder / "run.yaml").write_text(json.dumps(config))  # YAML as well
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def test_no_repr_shows_the_secret_or_a_token(tmp_path: Path) -> None:
    with serving(Options(client_secret=SECRET)) as simulator, pytest.MonkeyPatch.context() as environment:
        minted = Minted(simulator)
        variables = variables_of(simulator, tmp_path)
        for name, value in variables.items():
            environment.setenv(name, value)
        account = VeaAccount(
            api_url=simulator.api_url,
            auth_url=simulator.auth_url,
            client_id=simulator.client_id,
            client_secret=SECRET,
            token_dir=tmp_path,
        )
        resource = SenSourceResource(
            client_id=simulator.client_id,
            client_secret=SECRET,
            api_url=simulator.api_url,
            auth_url=simulator.auth_url,
        )
        with VeaClient(account) as client:
            assert client.entities("zone")
            held = [read_settings(variables), account, resource, client, *vars(client).values()]
            held += [part for thing in (client._tokens, client._transport) for part in vars(thing).values()]
            held.remove(client._transport.secrets)  # what is masked, kept where nothing prints it
            needles = [*SECRET_HALVES, *halves(minted.texts)]
            assert len(needles) == 6
            for thing in held:
                for text in (repr(thing), str(thing)):
                    assert not leaks(text.encode(), needles), type(thing)


def test_the_threat_table_names_files_that_exist() -> None:
    text = (PROJECT / "SECURITY.md").read_text()
    named = re.findall(r"`([\w/]+\.py)`", text)
    assert len(named) > 20
    for name in named:
        assert any((PROJECT / package / name).exists() for package in PACKAGES), name
