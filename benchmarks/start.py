"""The cost of a start: importing the definitions, and `sensource --help`.

The exit status is 1 if a target is missed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import CONSOLE, IMPORT_DAGSTER, Targets, best, cost

ROUNDS = 5
COMMANDS = {
    "import dagster": IMPORT_DAGSTER,
    "import sensource_dagster.definitions": (sys.executable, "-c", "import sensource_dagster.definitions"),
    "sensource --help": (str(Path(sys.executable).with_name("sensource")), "--help"),
}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        rounds = [{name: cost(command, log) for name, command in COMMANDS.items()} for _ in range(ROUNDS)]
    dagster, definitions, helped = (best(each[name] for each in rounds) for name in COMMANDS)
    CONSOLE.print(
        f"Best of {ROUNDS}, in turn, in fresh processes: import dagster takes {dagster.cpu:.2f} s of CPU"
    )
    targets = Targets()
    # An import does not wait, so its CPU time is its wall time on an idle machine.
    targets.at_most("importing the definitions takes more by", definitions.cpu - dagster.cpu, 1.0, " s")
    targets.at_most("sensource --help responds within", helped.wall, 0.5, " s")
    return targets.exit_status()


if __name__ == "__main__":
    sys.exit(main())
