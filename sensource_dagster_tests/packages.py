"""Packages that a test installs for itself, such as another release of DuckDB."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def install(target: Path, *packages: str) -> dict[str, str]:
    """Packages in a folder of their own, and the environment that uses them; the test is skipped without them."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
    command = [*pip, "--target", str(target), *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip cannot install {', '.join(packages)}: {done.stderr.strip().splitlines()[-1]}")
    return {**os.environ, "PYTHONPATH": str(target)}
