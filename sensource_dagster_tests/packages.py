"""Packages that a test installs for itself, such as another release of DuckDB."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# uv takes a tenth of pip's time; pip knows more set-ups. A test changes a file's mode, so none is a link to uv's.
_UV = (str(Path(sys.executable).with_name("uv")), "pip", "install", "--python", sys.executable, "--system-certs")
_TOOLS = ((*_UV, "--link-mode", "copy"), (sys.executable, "-m", "pip", "install", "--no-compile"))


def install(target: Path, *packages: str) -> dict[str, str]:
    """Packages in a folder of their own, and the environment that uses them; the test is skipped without them."""
    for tool in _TOOLS:
        command = [*tool, "--quiet", "--target", str(target), *packages]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return {**os.environ, "PYTHONPATH": str(target)}
    pytest.skip(f"pip cannot install {', '.join(packages)}: {done.stderr.strip().splitlines()[-1]}")
