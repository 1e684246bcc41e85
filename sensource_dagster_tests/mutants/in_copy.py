"""Runs mutmut in the working folder, a copy of the project, and leaves `outcome.json` there.

Arguments: the module, how many processes, and the tests. Settings for all modules are in `pyproject.toml`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key
from mutmut.workers import isolation
from mutmut.workers.isolation import ForkServerRunner

from sensource_dagster_tests.mutants.operators import mutated


def main(module: str, children: str, *tests: str) -> None:
    file = Path("sensource_dagster", module)
    config().only_mutate = [str(file)]
    config().pytest_add_cli_args_test_selection = [*tests, "-m", "not slow"]
    vars(mutmut).update(mutate_file_contents=mutated)
    vars(isolation).update(ForkServerRunner=OwnTestsFirst, PytestRunner=OwnTemporaryFolder)
    # The tests are to be imported from mutmut's copy, not from where this module is.
    for name in [name for name in sys.modules if name.partition(".")[0] == "sensource_dagster_tests"]:
        del sys.modules[name]
    mutmut.cli(["run", "--max-children", children], standalone_mode=False)
    Path("outcome.json").write_text(json.dumps(outcome(file)))


class OwnTestsFirst(ForkServerRunner):
    """Those of the file that is named first, which know the module best; of each file the fast ones first."""

    def submit(self, mutant_name: str, tests: list[str], cpu_time_limit: int, estimated_time: float) -> None:
        files = config().pytest_add_cli_args_test_selection
        tests.sort(key=lambda test: (files.index(test.partition("::")[0]), state().duration_by_test[test]))
        super().submit(mutant_name, tests, cpu_time_limit, estimated_time)


class OwnTemporaryFolder(PytestRunner):
    """pytest tidies up in the folders of other runs. Two that end at once stumble: it would look like a kill."""

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        with TemporaryDirectory(dir=os.environ["PYTEST_DEBUG_TEMPROOT"]) as own:
            os.environ["PYTEST_DEBUG_TEMPROOT"] = own
            return super().run_tests(mutant_name=mutant_name, tests=tests)


def outcome(file: Path) -> dict[str, object]:
    """A mutant is killed if a test fails or does not end. Whatever else happened is told as a survivor."""
    data = SourceFileMutationData(path=file)
    data.load()
    codes = data.exit_code_by_key
    return {
        "killed": sum(code in _KILLED for code in codes.values()),
        "too_slow": sum(code in _TOO_SLOW for code in codes.values()),
        "survivors": [
            survivor(name, file, status_by_exit_code[code]) for name, code in codes.items() if code not in _KILLED
        ],
    }


_TOO_SLOW = {-24, 24, 152}  # SIGXCPU
_KILLED = {1, *_TOO_SLOW}


def survivor(name: str, file: Path, status: str) -> dict[str, str]:
    function, class_name = orig_function_and_class_names_from_key(name)
    lines = get_diff_for_mutant(name, path=file).splitlines()[2:]
    was, becomes = (
        " ".join(" ".join(line[1:].strip() for line in lines if line[0] == sign).split()) for sign in "-+"
    )
    named = f"{class_name}.{function}" if class_name else function
    return {"function": named, "was": was, "becomes": becomes, "status": status}


if __name__ == "__main__":
    main(*sys.argv[1:])
