"""The project as `pip install` brings it: a wheel in a read-only environment, and an empty folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from sensource_dagster.cli import project_files
from sensource_dagster.simulator import serving
from sensource_dagster_tests.documentation import PROJECT
from sensource_dagster_tests.end_to_end.sync import variables_of

UV = str(Path(sys.executable).with_name("uv"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the files of this clone, without what was made in it."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "README.md", *project_files.NAMES):
        shutil.copy(PROJECT / name, source)
    package = source / "sensource_dagster"
    shutil.copytree(PROJECT / package.name, package, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    uv("build", "--wheel", "--out-dir", str(built), str(source))
    [file] = built.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def packages(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh environment with the wheel and all that it needs. No file or folder in it can be written."""
    environment = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = ["--python", str(environment / "bin" / "python")]
    # Copies: a link would lead to uv's own file, whose mode changes with it.
    how = ["--link-mode", "copy", "--compile-bytecode", "--constraint", str(PROJECT / "constraints.txt")]
    uv("pip", "install", *python, *how, str(wheel))
    [site_packages] = environment.glob("lib/python*/site-packages")
    everything = [site_packages, *site_packages.rglob("*")]
    modes = {path: path.stat().st_mode for path in everything}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    yield site_packages
    for path, mode in modes.items():
        if path.exists():
            path.chmod(mode)


def uv(*arguments: str) -> None:
    command = [UV, *arguments, "--quiet", "--system-certs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Failed to fetch" in done.stderr or "error sending request" in done.stderr:
        pytest.skip(f"the packages cannot be had: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


def digest(folder: Path) -> dict[str, str]:
    """Of each file below a folder. Root can write to what is read-only, so this looks at what was written."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run(packages: Path, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of the environment, without this clone."""
    outer: Mapping[str, str] = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SENSOURCE_", "DAGSTER", "PYTHON", "PYTEST"))
    }
    program = packages.parents[2] / "bin" / arguments[0]
    return subprocess.run(
        [str(program), *arguments[1:]],
        cwd=folder,
        env={**outer, "HOME": str(folder.parent), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_package_and_of_a_project_folder(wheel: Path) -> None:
    package = PROJECT / "sensource_dagster"
    mine = {
        path.relative_to(PROJECT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and package / "defs" not in path.parents
    }
    with zipfile.ZipFile(wheel) as archive:
        assert mine <= set(archive.namelist())
        for name in project_files.NAMES:
            inside = f"sensource_dagster/project_files/{name.lstrip('.')}"
            assert archive.read(inside) == (PROJECT / name).read_bytes()


@pytest.mark.slow
def test_the_demo_runs_in_an_empty_folder_keeps_its_files_there_and_writes_nothing_to_the_packages(
    packages: Path, tmp_path: Path
) -> None:
    before = digest(packages)
    folder = tmp_path / "empty"
    folder.mkdir()
    demo = run(packages, folder, "sensource", "demo")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "make " not in demo.stdout  # there is no Makefile
    with duckdb.connect(str(folder / "data" / "demo" / "footfall.duckdb"), read_only=True) as published:
        [(days,)] = published.execute("SELECT count(DISTINCT day) FROM sensource.location_daily").fetchall()
    assert days == 90
    assert {file.name for file in folder.iterdir()} == {*project_files.NAMES, "data"}
    (folder / "data" / "notes").mkdir()
    status = run(packages, folder / "data" / "notes", "sensource", "status")
    assert "The demo in data/demo" in status.stdout
    assert status.returncode == 0, status.stdout
    assert digest(packages) == before


@pytest.mark.slow
def test_a_deployment_of_it_works_from_any_folder_by_dagster_home(packages: Path, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "project", tmp_path / "cron"
    folder.mkdir()
    elsewhere.mkdir()
    assert run(packages, folder, "sensource", "init").returncode == 0
    before = digest(packages)
    with serving() as simulator:
        account = variables_of(simulator, folder, SENSOURCE_START_DATE="2026-01-01")
        del account["SENSOURCE_WAREHOUSE"]
        (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in account.items()))
        home = {"DAGSTER_HOME": str(folder)}
        days = ["--from", "2026-01-03", "--to", "2026-01-04"]
        backfill = run(packages, elsewhere, "sensource", "backfill", *days, **home)
        assert backfill.returncode == 0, backfill.stdout + backfill.stderr
        lists = ["-m", "sensource_dagster.definitions", "--job", "lists"]
        launched = run(packages, elsewhere, "dg", "launch", *lists, **home)
        assert launched.returncode == 0, launched.stdout + launched.stderr
    with duckdb.connect(str(folder / "data" / "warehouse.duckdb"), read_only=True) as warehouse:
        for table in ("traffic", "location"):
            assert warehouse.execute(f"SELECT count(*) > 0 FROM sensource.{table}").fetchall() == [(True,)]
    assert (folder / "data" / "footfall.duckdb").exists()
    assert {path.name for path in (folder / "data" / "dagster").iterdir()} >= {"history", "compute_logs"}
    assert not list(elsewhere.iterdir())
    assert digest(packages) == before
