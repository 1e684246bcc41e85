"""One run of `sensource check --deep`, and what it shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import time_machine
from click.testing import CliRunner

from sensource_dagster.cli import main
from sensource_dagster.cli.deep_check_lines import ASSUMPTIONS
from sensource_dagster.simulator import LoggedRequest, ManualClock, Options, RunningSimulator, serving
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster_tests.end_to_end.sync import variables_of

NOW = datetime(2025, 12, 10, 22, 46, tzinfo=timezone.utc)
EVERYTHING = {assumption.text for assumption in ASSUMPTIONS}
NEEDED = {assumption.text for assumption in ASSUMPTIONS if assumption.needed}
Prepare = Callable[[RunningSimulator], None]


@dataclass
class Deep:
    """One run of the command: what it printed and wrote, and what it requested."""

    status: int
    output: str
    written: str
    requests: list[LoggedRequest]
    mints: int
    private: set[str] = field(repr=False)

    def lines(self, held: str) -> dict[str, str]:
        """What was seen of each assumption that is held, not held or not known, as it is printed."""
        found = {}
        for text in EVERYTHING:
            [line] = [line for line in self.output.splitlines() if line.strip().startswith(text)]
            _, cell, seen, _ = re.split(r"\s{2,}", line.strip())
            if cell == held:
                found[text] = seen
        return found

    def written_lines(self, held: str) -> dict[str, str]:
        rows = [line.strip("| \n").split(" | ") for line in self.written.splitlines() if line.startswith("|")]
        return {text: seen for text, cell, seen, _ in rows if cell == held}


def run(options: Options, *arguments: str, prepare: Prepare | None = None) -> Deep:
    with (
        serving(options, ManualClock(NOW)) as simulator,
        time_machine.travel(NOW, tick=False),
        TemporaryDirectory() as folder,
        mock.patch.object(
            import_module("sensource_dagster.cli.check"), "_POLICY", HttpPolicy(max_attempts=2, first_wait=0.01)
        ),
    ):
        if prepare:
            prepare(simulator)
        variables = variables_of(simulator, Path(folder), SENSOURCE_WAREHOUSE=f"{folder}/data/warehouse.duckdb")
        result = CliRunner().invoke(main, ["check", "--deep", *arguments], env=variables)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        file = Path(folder) / "data" / "deep_check.md"
        written = file.read_text() if file.exists() else ""
        return Deep(
            result.exit_code, result.output, written, simulator.requests, simulator.mints, _private(simulator)
        )


def _private(simulator: RunningSimulator) -> set[str]:
    """The ids and names of everything in the account."""
    rows = [row for name in ("location", "site", "zone", "space", "sensor") for row in simulator.entities(name)]
    return {str(value) for row in rows for key, value in row.items() if key == "name" or key.endswith("Id")} - {
        "None",
        "3",  # locationTypeId
    }
