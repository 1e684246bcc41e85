"""Where the package may touch what Dagster does not promise to keep."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import sensource_dagster

PACKAGE = Path(sensource_dagster.__file__).parent


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_private_modules_of_dagster_are_imported_in_instance_alone() -> None:
    private = {
        file.relative_to(PACKAGE).parts[0]
        for file in PACKAGE.rglob("*.py")
        if any(name.startswith("dagster._") for name in imports(file))
    }
    assert private == {"instance"}
