"""Runs mutmut in the working folder, a copy of the project, and leaves `outcome.json` there.

Arguments: the module, how many processes, and the tests. Settings for all modules are in `pyproject.toml`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

from sensource_dagster_tests.mutants import operators


def main(module: str, children: str, *tests: str) -> None:
    file = Path("sensource_dagster", module)
    config().only_mutate = [str(file)]
    config().pytest_add_cli_args_test_selection = [*tests, "-m", "not slow"]
    operators.install()
    # The tests are to be imported from mutmut's copy, not from where this module is.
    for name in [name for name in sys.modules if name.partition(".")[0] == "sensource_dagster_tests"]:
        del sys.modules[name]
    mutmut.cli(["run", "--max-children", children], standalone_mode=False)
    Path("outcome.json").write_text(json.dumps(outcome(file)))


def outcome(file: Path) -> dict[str, object]:
    data = SourceFileMutationData(path=file)
    data.load()
    statuses = {name: status_by_exit_code[code] for name, code in data.exit_code_by_key.items()}
    unknown = {name: status for name, status in statuses.items() if status not in _KNOWN}
    if unknown:
        raise SystemExit(f"mutmut did not come to a result: {unknown}")
    return {
        "killed": sum(status in {"killed", "segfault"} for status in statuses.values()),
        "too_long": sum(status == "timeout" for status in statuses.values()),
        "survivors": [survivor(name, file) for name, status in statuses.items() if status in _SURVIVED],
    }


_SURVIVED = {"survived", "no tests"}
_KNOWN = {"killed", "segfault", "timeout", *_SURVIVED}


def survivor(name: str, file: Path) -> dict[str, str]:
    function, class_name = orig_function_and_class_names_from_key(name)
    lines = get_diff_for_mutant(name, path=file).splitlines()[2:]
    was, becomes = (
        " ".join(" ".join(line[1:].strip() for line in lines if line[0] == sign).split()) for sign in "-+"
    )
    return {"function": f"{class_name}.{function}" if class_name else function, "was": was, "becomes": becomes}


if __name__ == "__main__":
    main(*sys.argv[1:])
