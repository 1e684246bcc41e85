"""Python environments of the compared tools, made at first use. Their pins differ from the project's."""

from __future__ import annotations

import subprocess
import sys

from measure import CONSOLE, HERE


def python_of(name: str, *requirements: str) -> str:
    """The Python of `benchmarks/.{name}-venv`, with the versions of `benchmarks/{name}-constraints.txt`."""
    folder, constraints = HERE / f".{name}-venv", HERE / f"{name}-constraints.txt"
    python, made = folder / "bin" / "python", folder / ".installed"
    if not made.exists() or made.read_text() != constraints.read_text():
        CONSOLE.print(f"Installing {folder.name} (once)")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-qq", "--constraint", constraints, *requirements], check=True
        )
        made.write_text(constraints.read_text())
    return str(python)
