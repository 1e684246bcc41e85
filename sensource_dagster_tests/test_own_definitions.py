"""The folder `defs/`: what a user puts there is loaded, and a file that cannot be loaded is named."""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from dagster import AssetKey, Definitions

import sensource_dagster
from sensource_dagster import definitions, defs
from sensource_dagster.config.settings import read_settings
from sensource_dagster.definitions import build_definitions
from sensource_dagster.errors import OwnDefinitionsError
from sensource_dagster.own_definitions import with_own
from sensource_dagster.simulator import serving
from sensource_dagster_tests.cli.project import Project, make_project
from sensource_dagster_tests.clone import clone, environment
from sensource_dagster_tests.own_folder import own_folder

ASSET = "from dagster import asset\n\n@asset\ndef weather() -> int:\n    return 1\n"
CHECK = """
from dagster import AssetCheckResult, asset_check

@asset_check(asset=["sensource", "traffic"])
def nobody_is_counted_twice() -> AssetCheckResult:
    return AssetCheckResult(passed=True)
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with serving() as simulator:
        yield make_project(tmp_path, simulator)


def test_each_file_of_the_folder_is_loaded_beside_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = own_folder(tmp_path, monkeypatch, {"weather.py": ASSET, "checks/own.py": CHECK})
    monkeypatch.setattr(sensource_dagster, "defs", folder)
    loaded = cast(Definitions, runpy.run_path(definitions.__file__)["defs"])
    graph = loaded.resolve_asset_graph()
    assert {AssetKey("weather"), AssetKey(["sensource", "traffic"])} <= graph.get_all_asset_keys()
    [own] = [key for key in graph.asset_check_keys if key.name == "nobody_is_counted_twice"]
    counts = loaded.resolve_job_def("counts")
    assert own in counts.asset_layer.asset_graph.asset_check_keys


def test_the_folder_of_the_project_is_empty_and_adds_nothing() -> None:
    without = Definitions()
    assert with_own(without, defs) is without


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("import nothing_there\n", 1, "ModuleNotFoundError: No module named 'nothing_there'"),
        ("x = 1\nreturn x\n", 2, "SyntaxError: 'return' outside function"),
        ("from dagster import asset\n@asset(no_option=1)\ndef weather(): ...\n", 2, "no_option"),
        (
            "raise ImportError('Did you mean traffic?')\n",
            1,
            "Did you mean traffic? Without them nothing",
        ),
    ],
)
def test_a_file_that_cannot_be_loaded_is_named_with_its_line_and_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: int, cause: str
) -> None:
    folder = own_folder(tmp_path, monkeypatch, {"weather.py": text})
    with pytest.raises(OwnDefinitionsError) as raised:
        with_own(Definitions(), folder)
    said = str(raised.value)
    assert f"Your own definitions cannot be loaded: {Path(*folder.__path__)}/weather.py, line {line}: " in said
    assert cause in said
    assert "Mend the file, or move it out of" in said


def test_a_resource_of_the_project_cannot_be_defined_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "from dagster import Definitions\n\ndefs = Definitions(resources={'sensource': 1})\n"
    folder = own_folder(tmp_path, monkeypatch, {"own.py": text})
    with pytest.raises(OwnDefinitionsError, match="different resources with same key 'sensource'"):
        with_own(Definitions(resources={"sensource": 2}), folder)


TRAFFIC = (
    "from dagster import asset\n\n@asset(key=['sensource', 'traffic'])\ndef weather() -> int:\n    return 1\n"
)
JOB = "from dagster import job\n\n@job\ndef counts() -> None: ...\n"


@pytest.mark.parametrize(
    ("files", "clashing", "said"),
    [
        ({"a.py": ASSET.replace("weather", "rain"), "b.py": TRAFFIC}, "b.py", "['sensource', 'traffic']"),
        ({"a.py": ASSET, "b.py": ASSET}, "b.py", "['weather']"),
        ({"jobs/own.py": JOB}, "jobs/own.py", "counts"),
    ],
    ids=["an asset of the project", "an asset of another file", "a job of the project"],
)
def test_the_file_that_defines_again_what_is_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], clashing: str, said: str
) -> None:
    folder = own_folder(tmp_path, monkeypatch, files)
    with pytest.raises(OwnDefinitionsError) as raised:
        with_own(build_definitions(read_settings({})), folder)
    assert f"cannot be loaded: {Path(*folder.__path__)}/{clashing}: " in str(raised.value)
    assert said in str(raised.value)


def test_a_file_that_ends_python_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = own_folder(tmp_path, monkeypatch, {"weather.py": "import sys\n\nsys.exit(3)\n"})
    with pytest.raises(OwnDefinitionsError, match=r"weather\.py, line 3: SystemExit: 3"):
        with_own(Definitions(), folder)


@pytest.mark.parametrize(
    "command", ["demo", *(pytest.param(name, marks=pytest.mark.slow) for name in ("backfill", "check", "dg"))]
)
def test_a_command_says_which_file_cannot_be_loaded_and_shows_no_trace(
    project: Project, command: str, tmp_path: Path
) -> None:
    file = project.folder / "sensource_dagster" / "defs" / "weather.py"
    file.write_text("x = 1\ndef f(:\n")
    python = [sys.executable, "-c", "from sensource_dagster.cli import main; main()", command]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dg")), "check", "defs"] if command == "dg" else python,
        cwd=project.folder,
        env={**project.environment, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert said.count(f"Your own definitions cannot be loaded: {file}, line 2: SyntaxError: ") == 1
    assert "Traceback" not in said
    assert "The above exception" not in said


@pytest.mark.slow
def test_dg_scaffolds_an_asset_and_a_check_that_are_then_loaded(tmp_path: Path) -> None:
    project = clone(tmp_path / "project")
    dg = str(Path(sys.executable).with_name("dg"))
    for command in (
        ["scaffold", "defs", "dagster.asset", "weather.py"],
        ["scaffold", "defs", "dagster.asset_check", "own.py", "--asset-key", "sensource/traffic"],
        ["check", "defs"],
        ["list", "defs", "--json"],
    ):
        done = subprocess.run(
            [dg, *command], cwd=project, env=environment(project), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert '"weather"' in done.stdout
    assert (project / "sensource_dagster" / "defs" / "own.py").exists()
