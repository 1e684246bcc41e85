"""The folder `defs/`: what a user puts there is loaded, and a file that cannot be loaded is named."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from dagster import AssetKey, Definitions

import sensource_dagster
from sensource_dagster import definitions, defs
from sensource_dagster.errors import OwnDefinitionsError
from sensource_dagster.own_definitions import with_own
from sensource_dagster_tests.clone import clone, environment
from sensource_dagster_tests.own_folder import own_folder

ASSET = "from dagster import asset\n\n@asset\ndef weather() -> int:\n    return 1\n"
CHECK = """
from dagster import AssetCheckResult, asset_check

@asset_check(asset=["sensource", "traffic"])
def nobody_is_counted_twice() -> AssetCheckResult:
    return AssetCheckResult(passed=True)
"""


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
