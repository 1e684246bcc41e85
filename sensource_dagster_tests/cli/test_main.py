"""The command `sensource` itself."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
from click.testing import CliRunner

from sensource_dagster.cli import main

LOADED = """
import sys
from sensource_dagster.cli import main
main(["--help"], standalone_mode=False)
print(sorted({"dagster", "duckdb", "pandas", "rich"} & set(sys.modules)))
"""


def test_its_help_loads_nothing_that_takes_long() -> None:
    shown = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout
    assert "backfill" in shown
    assert shown.splitlines()[-1] == "[]"


def test_its_help_cuts_no_sentence_at_80_columns() -> None:
    shown = CliRunner().invoke(main, ["--help"], terminal_width=80).output
    assert all(name in shown for name in main.commands)
    assert "..." not in shown.split("Commands:")[1]


def test_windows_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    result = CliRunner().invoke(main, ["status"])
    assert result.exit_code == 1
    [line] = result.output.splitlines()
    assert line.startswith("Error: sensource_dagster runs on Linux and macOS, and not on Windows.")
