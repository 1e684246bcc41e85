"""`make PYTHON=…` uses the Python that it names, or says in one line why not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sensource_dagster_tests.documentation import PROJECT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clone whose .venv has Python 3.11, and a Python of another version beside it."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(PROJECT / name, tmp_path)
    program(tmp_path / ".venv" / "bin" / "python", "3.11")
    program(tmp_path / ".venv" / "bin" / "sensource", "served")
    for version in ("3.11", "3.12"):
        program(tmp_path / f"python{version}", version)
    program(tmp_path / "python3.9", "3.9", status=1)
    (tmp_path / ".venv" / "bin" / ".installed").touch()
    return tmp_path


def program(file: Path, said: str, status: int = 0) -> None:
    """One that prints a text, and exits with a status where it is asked whether it is new enough."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/bin/sh\ncase "$*" in *exit*) exit {status};; esac\necho {said}\n')
    file.chmod(0o755)


def make(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        ["make", "--no-print-directory", "dev", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("arguments", [(), ("PYTHON=./python3.11",)])
def test_an_environment_of_the_same_python_is_used(folder: Path, arguments: tuple[str, ...]) -> None:
    assert make(folder, *arguments) == (0, "served\n")


def test_an_environment_of_another_python_is_named_with_what_to_do(folder: Path) -> None:
    said = ".venv has Python 3.11, and ./python3.12 is 3.12: run make clean, then the same command again\n"
    assert make(folder, "PYTHON=./python3.12") == (2, said)


@pytest.mark.parametrize("python", ["./python3.9", "./python-of-nobody"])
def test_a_python_that_is_too_old_or_not_there_is_named(folder: Path, python: str) -> None:
    status, said = make(folder, f"PYTHON={python}")
    assert status == 2
    assert said.startswith(f"Python 3.10 or newer is needed, and {python} is older or not there;")
