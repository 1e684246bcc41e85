"""What mutmut mutates here: beside its own mutations, the text of SQL and the bodies of decorated functions.

mutmut leaves out f-strings and triple quotes, which is where all SQL is, and each function with a decorator. It
spends three mutants on each sentence for people. Here the words of a sentence stay; that it is said does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import libcst as cst
from mutmut.mutation import mutators
from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents

IS_SQL = re.compile(
    r"\b(SELECT|FROM|WHERE|JOIN|INSERT|DELETE|UPDATE|CREATE|CASE|BETWEEN|EXISTS|BY|AND|OR|NULL|DISTINCT|CAST"
    r"|IS NOT|NOT)\b|::[A-Z]"
)
IS_SQL_VALUE = re.compile(r"true|false|[a-z]\.\w+")  # a literal, or a column of a table with a short name
STARTS_AS_SQL = re.compile(r"\s*\(?(SELECT|FROM|WITH|INSERT|DELETE|UPDATE|CREATE|ALTER|CASE|MERGE)\b")
# Each of these, wherever it is in a text of SQL, is one mutant.
SQL_SWAPS: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(found), put)
    for found, put in (
        (r"\bAND\b", "OR"),
        (r"\bOR\b(?! REPLACE)", "AND"),
        (r"\bIS DISTINCT FROM\b", "IS NOT DISTINCT FROM"),
        (r"\bIS NOT DISTINCT FROM\b", "IS DISTINCT FROM"),
        (r"\bIS NULL\b", "IS NOT NULL"),
        (r"\bIS NOT NULL\b", "IS NULL"),
        (r"\bIS NOT TRUE\b", "IS TRUE"),
        (r"\bNOT (?=EXISTS|IN\b|\(|\w+\.|\{|\"|[a-z])", ""),
        (r"\bLEFT JOIN\b", "JOIN"),
        (r"\bANTI JOIN\b", "SEMI JOIN"),
        (r"\bSEMI JOIN\b", "ANTI JOIN"),
        (r"\bUNION ALL\b", "UNION"),
        (r"\bDISTINCT (?!FROM)", ""),
        (r" DESC\b", ""),
        (r"\bmin\(", "max("),
        (r"\bmax\(", "min("),
        (r"\bsum\(", "max("),
        (r"\bbit_or\(", "bit_and("),
        (r"(?<= )>=(?= )", ">"),
        (r"(?<= )<=(?= )", "<"),
        (r"(?<= )>(?= )", ">="),
        (r"(?<= )<(?= )", "<="),
        (r"(?<= )=(?= )", "<>"),
        (r"(?<= )<>(?= )", "="),
        (r"(?<= )\+(?= )", "-"),
        (r"(?<= )-(?= )", "+"),
        (r"\btrue\b", "false"),
        (r"\bfalse\b", "true"),
    )
]
# But for `EXISTS (SELECT 1 …`: what is selected there is not read.
SQL_SWAPS.append((re.compile(r"(?<![\w$.'-])(?<!SELECT )\d+(?![\w.'-])"), lambda number: str(int(number[0]) + 1)))


def swapped(sql: str) -> Iterator[str]:
    for found, put in SQL_SWAPS:
        for match in found.finditer(sql):
            yield sql[: match.start()] + (put if isinstance(put, str) else put(match)) + sql[match.end() :]


def mutate_string(node: cst.BaseString) -> Iterable[cst.BaseString]:
    """SQL by its operators; other texts as mutmut does, unless they are sentences."""
    if isinstance(node, cst.FormattedString):
        texts = [part for part in node.parts if isinstance(part, cst.FormattedStringText)]
        if IS_SQL.search(" ".join(text.value for text in texts)):
            for text in texts:
                for value in swapped(text.value):
                    yield node.with_deep_changes(text, value=value)
    elif isinstance(node, cst.SimpleString):
        if node.quote.startswith(('"""', "'''")):
            if STARTS_AS_SQL.match(node.raw_value):
                yield from (node.with_changes(value=value) for value in swapped(node.value))
        elif IS_SQL.search(node.value) or IS_SQL_VALUE.fullmatch(node.raw_value):
            yield from (node.with_changes(value=value) for value in swapped(node.value))
        elif " " not in node.raw_value.strip():
            yield from mutators.operator_string(node)


class _DecoratorsAsCalls(cst.CSTTransformer):
    """`@cache` above `def name` becomes `name = cache(name)` below it, which means the same."""

    def leave_FunctionDef(  # noqa: N802
        self,
        original_node: cst.FunctionDef,  # noqa: ARG002
        updated_node: cst.FunctionDef,
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        name = updated_node.name
        given: cst.BaseExpression = name
        for decorator in reversed(updated_node.decorators):
            if isinstance(decorator.decorator, cst.Name) and decorator.decorator.value in _KEPT:
                return updated_node
            given = cst.Call(decorator.decorator, [cst.Arg(given)])
        if given is name:
            return updated_node
        call = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(name)], given)])
        return cst.FlattenSentinel([updated_node.with_changes(decorators=[]), call])


_KEPT = {"staticmethod", "classmethod"}  # mutmut has its own way with them


def decorators_as_calls(code: str) -> str:
    return cst.parse_module(code).visit(_DecoratorsAsCalls()).code


def mutated(filename: str, code: str, *rest: Any) -> MutatedFile:
    """As `mutate_file_contents` of mutmut, with the mutants that this module is about."""
    mutators.mutation_operators[:] = [  # type: ignore[index]
        (kind, mutate_string if operator is mutators.operator_string else operator)
        for kind, operator in mutators.mutation_operators
    ]
    return mutate_file_contents(filename, decorators_as_calls(code), *rest)
