"""Python scripts in processes of their own, for tests that lock a file or kill a writer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


_NOTEBOOK = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reads")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def notebook(path: Path, mode: str = "reads") -> Iterator[subprocess.Popen[str]]:
    """`python notebook.py <path> <mode>`, which holds the file until the end of the block."""
    folder = path.parent / "notebooks"
    folder.mkdir(exist_ok=True)
    (folder / "notebook.py").write_text(_NOTEBOOK)
    command = [sys.executable, "notebook.py", str(path), mode]
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert line(process) == "held"
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()
