"""`make mutants`: runs all modules, or those that it is given, and writes what came of them into survivors.md.

It ends with 1 if a mutant survives that survivors.md does not list with its reason, or if less than 90 % of a
module's mutants are killed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from sensource_dagster_tests.mutants.modules import TESTS
from sensource_dagster_tests.mutants.run import COPIES, Outcome, run

SURVIVORS = Path(__file__).with_name("survivors.md")
LEAST = 0.9
HEAD = "| module | mutants | killed | of which too slow | survived | killed, in % |\n|---|---|---|---|---|---|\n"
ROW = re.compile(r"^\| `(\w+/\w+\.py|all)` \|.*\|\n", re.MULTILINE)


def main(modules: list[str]) -> int:
    unknown = [module for module in modules if module not in TESTS]
    if unknown:
        print(f"There are no tests for mutants of {', '.join(unknown)}. Name one or more of: {', '.join(TESTS)}.")
        return 1
    outcomes = []
    for module in modules or TESTS:
        print(f"{module} …", flush=True)
        try:
            outcome = run(module, TESTS[module], os.cpu_count() or 1)
        except subprocess.CalledProcessError as error:
            print(error.output[-2000:])
            print(f"{module}: mutmut could not run. Do its tests pass? All that it said is in {COPIES}.")
            return 1
        print(f"  {outcome.killed} of {outcome.mutants} killed", flush=True)
        outcomes.append(outcome)
        SURVIVORS.write_text(with_rows(SURVIVORS.read_text(), [outcome]))
    return report(outcomes, SURVIVORS.read_text())


def report(outcomes: list[Outcome], listed: str) -> int:
    """Say which survivors have no reason in `listed`, and which modules have too many. 1 if there are any."""
    without_reason = [
        f"{outcome.module}: {survivor} ({survivor.status})"
        for outcome in outcomes
        for survivor in outcome.survivors
        if f"- {survivor}\n" not in section(listed, outcome.module)
    ]
    too_few = [outcome.module for outcome in outcomes if outcome.share < LEAST]
    if without_reason:
        print(f"These have no reason in {SURVIVORS.name}:", *without_reason, sep="\n  ")
    if too_few:
        print(f"Less than {LEAST:.0%} of the mutants are killed in: {', '.join(too_few)}")
    return 1 if without_reason or too_few else 0


def section(listed: str, module: str) -> str:
    """What the document says about a module."""
    return listed.partition(f"\n## {module}\n")[2].partition("\n## ")[0]


def with_rows(document: str, outcomes: list[Outcome]) -> str:
    """The document with a row for each of these modules; the rows of others stay, and `all` is anew."""
    rows = {match[1]: match[0] for match in ROW.finditer(document)}
    rows |= {outcome.module: row(outcome.module, *outcome.numbers) for outcome in outcomes}
    rows = {module: rows[module] for module in TESTS if module in rows}
    numbers = [[int(cell) for cell in text.split("|")[2:5]] for text in rows.values()]
    total = row("all", *(sum(column) for column in zip(*numbers, strict=True)))
    before, _, after = document.partition(HEAD)
    return before + HEAD + "".join(rows.values()) + total + ROW.sub("", after)


def row(name: str, mutants: int, killed: int, too_slow: int) -> str:
    return (
        f"| `{name}` | {mutants} | {killed} | {too_slow} | {mutants - killed} | {100 * killed / mutants:.1f} |\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
