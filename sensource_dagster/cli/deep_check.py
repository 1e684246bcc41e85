"""`sensource check --deep`: what is assumed about the API, and whether it holds for the configured account."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from sensource_dagster.cli.deep_check_lines import Line, judge
from sensource_dagster.cli.deep_check_requests import ask
from sensource_dagster.config.settings import Settings
from sensource_dagster.config.warehouse_place import folder_of
from sensource_dagster.errors import ExportError, VeaResponseError
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.client import VeaClient
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster.vea.second_token import second_token_ends_first

_COLUMNS = ("assumption", "held", "seen", "what the project does")
_HELD = {True: ("held", "green"), False: ("not held", "red"), None: ("not known", "yellow")}
_WIDE = 1000  # columns, where no terminal sets a width: a line stays one line


def run(vea: VeaClient, account: VeaAccount, settings: Settings, policy: HttpPolicy, *, mint: bool) -> str:
    """Print the table, and write it without ids, names and counts into the folder of files for people.

    Raises:
        ExportError: the file cannot be written.
        VeaResponseError: what rows depend on does not hold, or what the sync reads too cannot be read.
        VeaUnreachableError: there is no connection to the API.
    """
    second_token = (lambda: second_token_ends_first(account, policy)) if mint else None
    facts = ask(vea, settings, second_token)
    lines = judge(facts)
    _print(lines)
    file = folder_of(settings.warehouse) / "deep_check.md"
    write(file, lines)
    said = f"{file} has the table without ids, names and counts, for an issue"
    wrong = [line.assumption.text for line in lines if line.is_wrong]
    if wrong:
        raise VeaResponseError(
            f"The sync relies on what does not hold here: {'; '.join(wrong)}. Its rows may be wrong or missing. "
            f"Report it: {said}."
        )
    if facts.unreadable:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in facts.unreadable.items())
        raise VeaResponseError(f"The sync cannot read everything. {reasons}")
    return f"{sum(line.held is True for line in lines)} of {len(lines)} hold. {said}"


def _print(lines: Sequence[Line]) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    grid = Grid(*_COLUMNS, box=box.SIMPLE_HEAD if console.is_terminal else None)
    for line in lines:
        name, color = _HELD[line.held]
        cells = (line.assumption.text, f"[{color}]{name}[/]", escape(line.words), line.assumption.does)
        grid.add_row(*cells)
    console.print(grid, highlight=False)


def write(file: Path, lines: Sequence[Line]) -> None:
    """Write the public table.

    Raises:
        ExportError: the file cannot be written.
    """
    rows = [(line.assumption.text, _HELD[line.held][0], line.public, line.assumption.does) for line in lines]
    table = "".join(f"| {' | '.join(row)} |\n" for row in [_COLUMNS, ("---",) * len(_COLUMNS), *rows])
    head = f"# sensource check --deep\n\nsensource-dagster {version('sensource-dagster')}\n\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(head + table, "utf-8")
    except OSError as error:
        raise ExportError(f"{file} cannot be written: {error}. Make its folder writable.") from None
