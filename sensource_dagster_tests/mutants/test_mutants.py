"""What `make mutants` changes, and what it says about what came of it."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from sensource_dagster_tests.documentation import PROJECT
from sensource_dagster_tests.mutants.__main__ import HEAD, SURVIVORS, report, section, with_rows
from sensource_dagster_tests.mutants.modules import TESTS
from sensource_dagster_tests.mutants.operators import decorators_as_calls, mutate_string
from sensource_dagster_tests.mutants.run import Outcome, Survivor

SURVIVOR = Survivor("day_start", "a < b", "a <= b", "survived")


def mutants_of(expression: str) -> list[str]:
    node = cst.parse_expression(expression)
    assert isinstance(node, cst.BaseString)
    return [cst.Module([]).code_for_node(mutant) for mutant in mutate_string(node)]


@pytest.mark.parametrize(
    ("expression", "mutants"),
    [
        (
            'f"SELECT * FROM {name} WHERE a IS NULL OR b >= 7"',
            [
                'f"SELECT * FROM {name} WHERE a IS NULL AND b >= 7"',
                'f"SELECT * FROM {name} WHERE a IS NOT NULL OR b >= 7"',
                'f"SELECT * FROM {name} WHERE a IS NULL OR b > 7"',
                'f"SELECT * FROM {name} WHERE a IS NULL OR b >= 8"',
            ],
        ),
        ('"""DELETE FROM t WHERE NOT b"""', ['"""DELETE FROM t WHERE b"""']),
        ('"CREATE OR REPLACE TABLE t"', []),
        ('f"EXISTS (SELECT 1 FROM {name} LIMIT 1)"', ['f"EXISTS (SELECT 1 FROM {name} LIMIT 2)"']),
        ('"false"', ['"true"']),
        ('"p.location_id"', []),
        ('"""A relation: one row for each day, or 7."""', []),
        ('f"The newest day is {day}. 7 are missing."', []),
        ('"There is no such day."', []),
        ('"day"', ['"XXdayXX"', '"DAY"']),
    ],
)
def test_sql_is_mutated_by_its_operators_and_the_words_of_a_sentence_are_not(
    expression: str, mutants: list[str]
) -> None:
    assert mutants_of(expression) == mutants


def test_decorators_become_calls_in_their_order_so_that_mutmut_sees_the_functions() -> None:
    code = "class A:\n    @one\n    @two(3)\n    def b(self): ...\n    @staticmethod\n    def c(): ...\n"
    assert decorators_as_calls(code) == (
        "class A:\n    def b(self): ...\n    b = one(two(3)(b))\n    @staticmethod\n    def c(): ...\n"
    )


def test_a_survivor_needs_its_reason_in_the_section_of_its_module(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome("vea/windows.py", 99, 0, [SURVIVOR])
    line = f"- {SURVIVOR}\n"
    assert report([outcome], f"\n## vea/windows.py\n\nIt is the same.\n\n{line}") == 0
    assert report([outcome], f"\n## vea/tokens.py\n\nIt is the same.\n\n{line}") == 1
    assert "vea/windows.py: `day_start`: `a < b` → `a <= b` (survived)" in capsys.readouterr().out


def test_a_tenth_may_survive_and_no_more() -> None:
    listed = f"\n## vea/windows.py\n- {SURVIVOR}\n"
    assert [report([Outcome("vea/windows.py", killed, 0, [SURVIVOR])], listed) for killed in (9, 8)] == [0, 1]


def test_the_table_keeps_the_rows_of_other_modules_and_adds_all_up() -> None:
    document = f"Text.\n\n{HEAD}\n## vea/windows.py\n"
    for outcome in (Outcome("vea/tokens.py", 1, 1, [SURVIVOR]), Outcome("vea/windows.py", 3, 0, [])):
        document = with_rows(document, [outcome])
    assert with_rows(document, [Outcome("vea/tokens.py", 9, 2, [SURVIVOR])]) == (
        f"Text.\n\n{HEAD}"
        "| `vea/windows.py` | 3 | 3 | 0 | 0 | 100.0 |\n"
        "| `vea/tokens.py` | 10 | 9 | 2 | 1 | 90.0 |\n"
        "| `all` | 13 | 12 | 2 | 1 | 92.3 |\n"
        "\n## vea/windows.py\n"
    )


def test_each_module_and_each_of_its_tests_is_there_and_all_checks_are_among_them() -> None:
    for module, tests in TESTS.items():
        assert (PROJECT / "sensource_dagster" / module).is_file()
        assert [test for test in tests if not (PROJECT / "sensource_dagster_tests" / test).is_file()] == []
    checks = Path(PROJECT, "sensource_dagster", "checks").glob("[!_]*.py")
    assert {f"checks/{check.name}" for check in checks} <= TESTS.keys()


def test_each_module_with_survivors_has_its_section() -> None:
    listed = SURVIVORS.read_text()
    headings = [line.removeprefix("## ") for line in listed.splitlines() if line.startswith("## ")]
    assert headings == [module for module in TESTS if module in headings]
    assert all("- `" in section(listed, module) for module in headings)
