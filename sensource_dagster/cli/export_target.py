"""Where `sensource export` writes: the file's name and format, and that it is replaced whole or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from sensource_dagster.errors import ExportError
from sensource_dagster.warehouse.replacement import replacement_of

FORMATS = ("csv", "parquet", "xlsx")
_STDOUT = "-"


@dataclass
class ExportTarget:
    """Where the rows go.

    Attributes:
        format: one of FORMATS.
        path: a file; a folder, in which the file gets its name; None for standard output.
        shown: how a message calls the file. It is complete when the file has been written.
    """

    format: str
    path: Path | None
    shown: str = "standard output"

    @contextmanager
    def file(self, name: str, days: tuple[date, date] | None) -> Iterator[Path]:
        """A file to write, which takes the place of the target at the end of the block.

        If the block fails, the target stays as it was.

        Raises:
            ExportError: the target cannot be written.
        """
        if self.path is None:
            with _partial(None) as partial:
                yield partial
                _to_stdout(partial)
            return
        file = self.path
        if file.is_dir():
            dated = "".join(f"_{day}" for day in days or ())
            file /= f"{name}{dated}.{self.format}"
        self.shown = str(file)
        if file.exists() and not file.is_file():
            raise ExportError(
                f"{self.shown} is no file that can be replaced. Use `--output -` for standard output."
            )
        with _partial(Path(os.path.realpath(file))) as partial:
            yield partial


def target_of(output: str | None, file_format: str | None, here: Path, *, only_csv: str | None) -> ExportTarget:
    """Where to write and in which format, from the options of the command.

    Args:
        output: a file, a folder, `-`, or None for the current folder.
        here: the current folder.
        only_csv: the option with which there is only CSV; None without one.

    Raises:
        UsageError: the options do not fit each other.
    """
    if output == _STDOUT:
        chosen = ExportTarget(file_format or "csv", None)
        if chosen.format != "csv" and sys.stdout.isatty():
            raise click.UsageError(
                f"A terminal cannot show {chosen.format}. Give --output a file, or send it on to a program with |."
            )
    else:
        path = here / (output or ".")
        if not path.is_dir() and (not path.parent.is_dir() or str(output).endswith(os.sep)):
            missing = path.parent if not path.parent.is_dir() else path
            raise click.BadParameter(f"there is no folder {missing}. Make it first.", param_hint="--output")
        chosen = ExportTarget(_format(path, file_format), path)
    if only_csv and chosen.format != "csv":
        raise click.UsageError(f"{only_csv} writes CSV, not {chosen.format}.")
    return chosen


def _format(path: Path, wanted: str | None) -> str:
    suffix = path.suffix.lower().removeprefix(".")
    if path.is_dir() or (wanted and suffix not in FORMATS):
        return wanted or "csv"
    if suffix not in FORMATS:
        raise click.BadParameter(
            f"the format does not follow from {path.name!r}: end it in .{', .'.join(FORMATS)}, or add --format. "
            "If it is a folder, make it first.",
            param_hint="--output",
        )
    if wanted and wanted != suffix:
        raise click.UsageError(f"--format {wanted} does not fit the file {path.name!r}: change one of the two.")
    return suffix


@contextmanager
def _partial(file: Path | None) -> Iterator[Path]:
    """What takes the place of `file` at the end of the block; without a file, one that is gone then."""
    target = file or Path(tempfile.gettempdir())
    # `kill` sends SIGTERM, which would end Python at once and leave the folder behind. Now it is like Ctrl-C.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with replacement_of(file) if file else _nowhere() as partial:
            yield partial
    except BrokenPipeError:
        raise
    except OSError as error:
        kept = f" The {target.name} from before is still there." if target.is_file() else ""
        raise ExportError(
            f"{target} cannot be written: {error.strerror or error}.{kept} Free some space there, or give "
            "--output a file elsewhere that you may write."
        ) from None
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _nowhere() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=".sensource-") as folder:
        yield Path(folder) / "export"


def _to_stdout(partial: Path) -> None:
    try:
        with partial.open("rb") as source:
            shutil.copyfileobj(source, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    except BrokenPipeError:  # of `… | head`: click ends the command quietly
        raise
    except OSError as error:
        raise ExportError(f"Standard output cannot be written: {error.strerror or error}.") from None
