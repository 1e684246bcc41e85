"""What a backfill shows while it runs: a bar at a terminal, elsewhere a line for each batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class BackfillProgress:
    """Use in a `with` block; for each batch call `begin`, then `read` or `failed`."""

    def __init__(self, console: Console, days: int) -> None:
        self._console, self._of = console, days
        self._days = self._rows = 0
        self._batch = (date.min, date.min)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("days, {task.fields[rows]:,} rows, left:"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("Starting", total=days, rows=0)

    def __enter__(self) -> BackfillProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, batch: tuple[date, date]) -> None:
        self._batch = batch
        self._bar.update(self._task, description=self._name)

    def wait(self) -> None:
        self._line("Waiting for another run to free its slot in the pool …")

    def read(self, rows: int) -> None:
        self._rows += rows
        self._advance()
        if not self._console.is_terminal:
            self._line(f"{self._name}: {rows:,} rows ({self._days} of {self._of} days)")

    def failed(self, failures: Sequence[str]) -> None:
        self._advance()
        for text in (f"{self._name} failed:", *failures):
            self._line(text, style="red")

    @property
    def _name(self) -> str:
        return f"{self._batch[0]} to {self._batch[1]}"

    def _advance(self) -> None:
        self._days += (self._batch[1] - self._batch[0]).days + 1
        self._bar.update(self._task, completed=self._days, rows=self._rows)

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
