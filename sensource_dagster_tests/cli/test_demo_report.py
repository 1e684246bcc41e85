"""The query that the demo prints at its end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import duckdb
import pytest

from sensource_dagster.cli.demo_report import query_to_paste


@pytest.mark.parametrize("folder", ["plain", "with space", "it's", 'of "$HOME" `now`!', "è"])
@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_the_query_works_whatever_the_name_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, shell: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / folder / "footfall.duckdb"
    file.parent.mkdir()
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE SCHEMA sensource")
        connection.execute(
            "CREATE TABLE sensource.location_daily AS "
            "SELECT DATE '2026-01-02' AS day, 'Hall' AS location, 77 AS visits"
        )
    pasted = subprocess.run(
        [shell], input=query_to_paste(file), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert pasted.returncode == 0, pasted.stderr
    assert "2026-01-02" in pasted.stdout
    assert "77" in pasted.stdout


def test_paths_below_the_current_folder_are_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert query_to_paste(tmp_path / "data" / "demo" / "footfall.duckdb").startswith(
        ".venv/bin/python -c \"import duckdb; duckdb.connect('data/demo/footfall.duckdb', read_only=True).sql("
    )
