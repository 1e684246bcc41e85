"""The command `sensource` itself."""

from __future__ import annotations

import subprocess
import sys

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
