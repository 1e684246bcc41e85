"""What a backfill shows while it runs: a bar at a terminal, elsewhere a line for each batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text


class BackfillProgress:
    """Use in a `with` block; for each batch call `begin`, then `read` or `failed`. None stands for the lists."""

    def __init__(self, console: Console, days: int, stopped: Callable[[], bool]) -> None:
        self._console, self._of = console, days
        self._days = self._rows = 0
        self._batch: tuple[date, date] | None = None
        self._bar = Progress(
            _What(stopped),
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

    def begin(self, batch: tuple[date, date] | None) -> None:
        self._batch = batch
        self._bar.update(self._task, description=self._name)

    def wait(self) -> None:
        self._line("Waiting for another run that reads now, see Runs in the UI. Ctrl-C ends the wait.")

    def read(self, rows: int) -> None:
        self._rows += rows if self._batch else 0
        self._advance()
        if not self._console.is_terminal:
            days = f" ({self._days} of {self._of} days)" if self._batch else ""
            self._line(f"{self._name}: {rows:,} rows{days}")

    def failed(self, failures: Sequence[str]) -> None:
        self._advance()
        for text in (f"{self._name} failed:", *failures):
            self._line(text, style="red")

    @property
    def _name(self) -> str:
        return f"{self._batch[0]} to {self._batch[1]}" if self._batch else "lists"

    def _advance(self) -> None:
        if self._batch:
            self._days += (self._batch[1] - self._batch[0]).days + 1
        self._bar.update(self._task, completed=self._days, rows=self._rows)

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


class _What(ProgressColumn):
    """What is read. After Ctrl-C it says so at once: a merge is not interrupted in its middle."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        super().__init__(table_column=Column(no_wrap=True))
        self._stopped = stopped

    def render(self, task: Task) -> Text:
        return Text("Stopping …" if self._stopped() else task.description)
