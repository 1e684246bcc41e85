"""The tools of docs/tools.md open the published file as it says, and what is shipped for dbt is current."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date, datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from sensource_dagster.simulator import ManualClock
from sensource_dagster.views.published_copy import publish
from sensource_dagster_tests import dbt_sources
from sensource_dagster_tests.documentation import text_of
from sensource_dagster_tests.end_to_end.sync import syncing
from sensource_dagster_tests.packages import install

DAY = date(2025, 11, 3)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def example(heading: str, which: int = 0) -> str:
    """A block of code below a heading of the document."""
    section = text_of("docs/tools.md").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return str(BLOCK.findall(section)[which][1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a user works in, with the published file."""
    folder = tmp_path_factory.mktemp("project")
    clock = ManualClock(datetime(2025, 11, 20, tzinfo=timezone.utc))
    with syncing(folder, clock=clock) as sync:
        assert sync.run("everything", DAY).success
        publish(sync.settings.warehouse, folder / "data" / "footfall.duckdb", ZoneInfo("America/Denver"), 10)
    return folder


def ran(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_sources_for_dbt_have_every_table_view_and_column_of_the_contract() -> None:
    assert dbt_sources.FILE.read_text() == dbt_sources.sources(), "to write it anew: make docs"


def test_the_sources_for_dbt_are_the_tables_of_the_published_file(folder: Path) -> None:
    with duckdb.connect(str(folder / "data" / "footfall.duckdb"), read_only=True) as published:
        found = published.execute("SELECT table_name FROM information_schema.tables").fetchall()
    listed = set(re.findall(r"^  - name: (\w+)", dbt_sources.sources(), re.MULTILINE))
    assert listed == {name for (name,) in found} - {"utc_offset", "irregular_day", "local_zone"}


def test_the_python_example_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    exec(example("Python"), {})
    assert "Denver Library" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("package", ["duckdb==1.4.4", "duckdb"])
def test_the_python_example_runs_with_old_and_new_duckdb(package: str, folder: Path, tmp_path: Path) -> None:
    environment = install(tmp_path, package, "pandas", "polars", "pyarrow")
    pandas = example("Python")
    polars = pandas.replace(".df()", ".pl()").splitlines()[:-1]
    for program in (pandas, "\n".join([*polars, "print(days['location'].to_list())"])):
        done = ran([sys.executable, "-c", program], folder, environment)
        assert "Denver Library" in done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("package", ["duckdb-cli==1.4.4", "duckdb-cli"])
def test_the_command_line_reads_the_file_and_does_not_write(package: str, folder: Path, tmp_path: Path) -> None:
    environment = install(tmp_path, package)
    program = tmp_path / "bin" / "duckdb"
    program.chmod(0o755)  # in 1.4.4 the package forgets it
    environment["PATH"] = f"{program.parent}:{environment['PATH']}"
    done = ran(["bash", "-c", example("DuckDB command line")], folder, environment)
    assert "Denver Library" in done.stdout, done.stderr
    attached = example("DuckDB UI").replace("CALL start_ui();", "FROM footfall.sensource.location_daily;")
    done = ran([str(program), "-c", attached], folder, environment)
    assert "Denver Library" in done.stdout, done.stderr
    write = 'duckdb -readonly data/footfall.duckdb -c "CREATE TABLE sensource.mine (number INTEGER)"'
    assert "read-only" in ran(["bash", "-c", write], folder, environment).stderr


@pytest.mark.slow
def test_a_dbt_project_runs_on_the_shipped_sources(folder: Path, tmp_path: Path) -> None:
    environment = install(tmp_path / "packages", "dbt-core<1.12", "dbt-duckdb")
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: own\nversion: '1.0'\nprofile: footfall\n")
    (project / "models" / "sources.yml").write_text(dbt_sources.FILE.read_text())
    (project / "models" / "by_location.sql").write_text(example("dbt", which=1))
    (project / "profiles.yml").write_text(example("dbt").replace("/path/to/data", str(folder / "data")))
    run_dbt = "import sys; from dbt.cli.main import cli; sys.argv[1:] = ['run', '--profiles-dir', '.']; cli()"
    environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    done = ran([sys.executable, "-c", run_dbt], project, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(project / "own.duckdb"), read_only=True) as own:
        [(locations,)] = own.execute("SELECT count(*) FROM main.by_location WHERE visits > 0").fetchall()
    assert locations == 3


@pytest.mark.slow
def test_the_address_for_superset_opens_the_file_read_only(folder: Path, tmp_path: Path) -> None:
    environment = install(tmp_path, "duckdb-engine", "sqlalchemy<2")
    address = example("Superset").strip().replace("/path/to/data", str(folder / "data"))
    program = (
        "import sqlalchemy\n"
        f"engine = sqlalchemy.create_engine({address!r}, **{json.loads(example('Superset', 1))})\n"
        "with engine.connect() as opened:\n"
        "    print(opened.execute(sqlalchemy.text('SELECT location FROM sensource.location_daily')).fetchall())\n"
        "    opened.execute(sqlalchemy.text('CREATE TABLE sensource.mine (number INTEGER)'))"
    )
    done = ran([sys.executable, "-c", program], folder, environment)
    assert "Denver Library" in done.stdout, done.stderr
    assert "read-only" in done.stderr
