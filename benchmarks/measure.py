"""Measures the cost of a process and compares it with targets. Linux only, where ru_maxrss is in KiB."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

CONSOLE = Console(width=115, highlight=False)
HERE = Path(__file__).parent
IMPORT_DAGSTER = (sys.executable, "-c", "import dagster")


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds and peak memory in MB, of a process and its children."""

    wall: float
    cpu: float
    peak: float


def cost(command: Sequence[str], log: Path) -> Cost:
    """Run a command to its end. Its output goes to `log`, and is shown if the command fails."""
    inherited = {name: v for name, v in os.environ.items() if not name.startswith(("SENSOURCE_", "DAGSTER"))}
    started = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=log.parent, env=inherited, stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text()[-3000:]}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6)


def best(costs: Iterable[Cost]) -> Cost:
    """The smallest of several measurements, since other work of the machine can only add seconds."""
    each = list(costs)
    return Cost(min(c.wall for c in each), min(c.cpu for c in each), max(c.peak for c in each))


@dataclass
class Targets:
    """Compares costs with targets, and prints all comparisons at the end."""

    lines: list[str] = field(default_factory=list)
    missed: int = 0

    def at_most(self, what: str, found: float, bound: float, unit: str) -> None:
        self._add(found <= bound, f"{what}: {found:.2f}{unit}, at most {bound:g}{unit}")

    def at_least(self, what: str, found: float, bound: float, unit: str) -> None:
        self._add(found >= bound, f"{what}: {found:.2f}{unit}, at least {bound:g}{unit}")

    def note(self, line: str) -> None:
        """Add a line for information, without a target."""
        self.lines.append(f"  [dim]note[/]  {line}")

    def _add(self, met: bool, line: str) -> None:
        self.lines.append(f"  {'[green]pass[/]' if met else '[bold red]MISS[/]'}  {line}")
        self.missed += not met

    def exit_status(self) -> int:
        CONSOLE.print("\n".join(self.lines))
        return 1 if self.missed else 0
