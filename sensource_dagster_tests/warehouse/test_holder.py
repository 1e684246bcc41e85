"""The process that holds the file is named as its owner started it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sensource_dagster.warehouse.holder import holder_named_in

ERROR = (
    'IO Error: Could not set lock on file "w": Conflicting lock is held in /usr/bin/python3.11 (PID {}). See also'
)


def named(*arguments: str) -> str:
    script = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        found = holder_named_in(ERROR.format(process.pid))
        process.communicate()
    return found.replace(str(process.pid), "PID").replace(script, "S")


def test_its_command_line_is_one_line_with_the_program_without_its_folder() -> None:
    assert (
        named("a.py", "two\nlines\x1b[31m") == f"process PID ({Path(sys.executable).name} -c S a.py two lines[31m)"
    )


def test_a_long_command_line_is_cut() -> None:
    found = holder_named_in(ERROR.format(os.getpid()))
    assert len(found) < 130
    assert named("x" * 500).endswith("x…)")


def test_where_its_command_line_cannot_be_read_the_program_is_named_that_duckdb_knows() -> None:
    assert holder_named_in(ERROR.format(2**30)) == f"process {2**30} (/usr/bin/python3.11)"


def test_a_process_with_no_number_here_is_one_of_another_container() -> None:
    error = 'IO Error: Could not set lock on file "w": Conflicting lock is held in PID 0. See also'
    assert holder_named_in(error) == "a process of another container"


def test_a_process_that_duckdb_does_not_name_is_another_process() -> None:
    assert holder_named_in("IO Error: Could not set lock on file") == "another process"
