"""Neither the client secret nor a token is in anything that failing syncs leave behind or show."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from dagster import AssetKey, DagsterInstance

from sensource_dagster.config.settings import read_settings
from sensource_dagster.definitions import build_definitions
from sensource_dagster.resources import SenSourceResource
from sensource_dagster.simulator import Options, RunningSimulator, serving
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.client import VeaClient
from sensource_dagster_tests.end_to_end.dagster_dev import (
    CLIENT,
    DG,
    RUN_ENDED,
    DagsterDev,
    dagster_dev,
    project_folder,
)
from sensource_dagster_tests.end_to_end.secret_faults import FAILING, Failing, echo
from sensource_dagster_tests.end_to_end.secret_queries import DEFINITIONS, LAUNCH_RUN, RUN, RUN_CONFIG_SCHEMA
from sensource_dagster_tests.end_to_end.sync import RANGE_END, RANGE_START, variables_of
from sensource_dagster_tests.fork_server import fork

# Both halves survive every encoding, and half a secret is a leak as well.
SECRET_HALVES = ("Zq9xKv7LmR2tQe5s", "W8yB4nHc6JpDf3Ga")
SECRET = " +/&=%".join(SECRET_HALVES)
DAY = "2026-02-03"


class Minted:
    """Every token that the simulator ever gave."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.texts: list[str] = []
        respond = simulator.tokens.respond

        def recorded(request: Mapping[str, str]) -> Any:
            given = respond(request)
            fields = json.loads(given.body)
            self.texts += [fields[name] for name in ("access_token", "refresh_token") if name in fields]
            return given

        simulator.tokens.respond = recorded  # type: ignore[method-assign]


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


def run_traffic(config: str) -> None:
    """The main program of a process: a run of one day with this run config; prints its id and how it ended."""
    job = build_definitions(read_settings()).resolve_job_def("counts")
    with DagsterInstance.get() as instance:
        result = job.execute_in_process(
            run_config=json.loads(config),
            instance=instance,
            tags={RANGE_START: DAY, RANGE_END: DAY},
            asset_selection=[AssetKey(["sensource", "traffic"])],
            raise_on_error=False,
        )
        run = instance.get_run_by_id(result.run_id)
        assert run
        print(f"ended: {result.run_id} {run.status.value}")


def run_by_script(folder: Path, variables: Mapping[str, str], config: Mapping[str, Any]) -> tuple[str, str, str]:
    """The id of a run in a process of its own, how it ended, and all that it printed."""
    environment = {**os.environ, **variables, "DAGSTER_HOME": str(folder)}
    with fork(run_traffic, json.dumps(config), folder=folder, environment=environment) as process:
        printed, _ = process.communicate()
    ended = re.search(r"^ended: (\S+) (\S+)$", printed, re.MULTILINE)
    assert ended, printed
    return ended[1], ended[2], printed


def shown_by_the_ui(dagster: DagsterDev, run_id: str) -> dict[str, Any]:
    return dagster.query(RUN, id=run_id)


def run_by_the_ui(dagster: DagsterDev, simulator: RunningSimulator, failing: Failing) -> str:
    """Launch the counts of one day and wait; the run's id."""
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

    def status() -> str | None:
        now = shown_by_the_ui(dagster, run_id)["runOrError"]["status"]
        return str(now) if now in RUN_ENDED else None

    assert dagster.until(f"the run {run_id} has ended", status) == failing.status
    return str(run_id)


def meet(simulator: RunningSimulator, failing: Failing) -> None:
    simulator.faults.clear()
    if failing.fault:
        simulator.faults.at_random(1, [failing.fault], path=failing.path)


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow  # a process for each of the faults, then `dg dev`
def test_failing_syncs_leave_no_secret_and_no_token_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))  # Dagster's own temporary files are looked at, too
    shown: dict[str, str] = {}
    with serving(Options(client_id=CLIENT, client_secret=SECRET)) as simulator:
        minted = Minted(simulator)
        variables = variables_of(simulator, tmp_path, SENSOURCE_START_DATE="2026-01-01")
        del variables["SENSOURCE_WAREHOUSE"]
        quoted = {**variables, "SENSOURCE_CLIENT_SECRET": f"'{SECRET}'"}
        folder = project_folder(tmp_path / "project", quoted)
        run_ids = {}
        for failing in FAILING:
            meet(simulator, failing)
            config = run_config(simulator, failing.config or {})
            run_ids[failing.name], status, printed = run_by_script(folder, variables, config)
            shown[f"printed: {failing.name}"] = printed
            assert status == failing.status, printed
        with dagster_dev(folder, tmp_path / "dev.log") as dagster:
            for failing in (FAILING[4], FAILING[-1]):
                meet(simulator, failing)
                run_ids[f"{failing.name}, by the UI"] = run_by_the_ui(dagster, simulator, failing)
            for name, run_id in run_ids.items():
                shown[f"run: {name}"] = json.dumps(shown_by_the_ui(dagster, run_id))
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
    assert "HTTP 500" in shown["run: down, by the UI"]
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
        timeout=600,
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
