"""Which process holds the DuckDB file, in words that its owner recognises."""

from __future__ import annotations

import re
from pathlib import Path

_HELD = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_UNSEEN = "Conflicting lock is held in PID 0"
_LONGEST = 100


def holder_named_in(error: str) -> str:
    """`process 4711 (python3.11 notebook.py)`, from the text of DuckDB's error.

    Where the process's command line cannot be read (no /proc, or another user's process), the program that DuckDB
    names stands in its place.
    """
    held = _HELD.search(error)
    if held is None:
        return "a process of another container" if _UNSEEN in error else "another process"
    return f"process {held['pid']} ({_command_line(held['pid']) or held['program']})"


def _command_line(pid: str) -> str:
    """The program's name and its arguments, in one line."""
    try:
        words = Path("/proc", pid, "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    line = " ".join(" ".join([Path(words[0]).name, *words[1:]]).split())
    printable = "".join(character for character in line if character.isprintable())
    return printable if len(printable) <= _LONGEST else f"{printable[: _LONGEST - 1]}…"
