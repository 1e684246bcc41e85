"""The rules of the house: which room imports which, and that names and files stay easy to find."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensource_dagster_tests.conftest import LONGEST, TESTS

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "sensource_dagster"
FOLDERS = (PACKAGE, PROJECT / "sensource_dagster_tests", PROJECT / "benchmarks")
MOST_LINES = 250

# What each room may import. Data go one way: a room imports what is nearer to Vea, not what is nearer to the user.
# Nothing imports `cli`. Of `instance`, most rooms may use only `instance.private`, Dagster's private names.
_BASE = {"config", "contract", "errors", "failures"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "postgresql": {"errors"},
    "config": {"errors", "postgresql"},
    "contract": {"errors"},
    "failures": {"errors", "instance.held"},
    "vea": {"config", "errors", "postgresql"},
    "warehouse": {*_BASE, "instance.private", "postgresql"},
    "views": {"config", "contract", "errors", "warehouse"},
    "report": {"config", "contract", "errors", "views", "warehouse"},
    "simulator": set(),
    "instance": {"config"},
    "resources": {"config", "errors", "vea"},
    "assets": {
        *(_BASE | {"report", "resources", "vea", "views", "warehouse"}),
        *("instance.materialized_at", "instance.own_runs", "instance.private", "instance.watched_executor"),
    },
    "checks": {*_BASE, "assets", "instance.own_runs", "instance.private", "vea", "views", "warehouse"},
    "automation": {
        *(_BASE | {"assets", "checks", "report", "vea", "views", "warehouse"}),
        *("instance.held", "instance.in_process_run", "instance.life_lock", "instance.materialized_at"),
        *("instance.own_runs", "instance.private", "instance.retention"),
    },
    "own_definitions": {"errors"},
    "account_component": {"account_definitions", "automation", "config"},
    "account_definitions": {*(_BASE | {"assets", "automation", "checks", "resources", "warehouse"})},
    "definitions": {
        *(_BASE | {"account_definitions", "automation", "defs", "own_definitions"}),
        "instance.watched_executor",
    },
    "cli": {
        *(_BASE | {"assets", "automation", "checks", "definitions", "report", "simulator", "vea", "warehouse"}),
        *("defs", "own_definitions", "views"),
        *("instance.in_process_run", "instance.own_runs", "instance.private"),
    },
}
# The libraries that a room must not import.
MUST_NOT_IMPORT = {
    "postgresql": {"dagster", "duckdb", "pandas", "requests"},
    "config": {"dagster", "duckdb", "pandas", "requests"},
    "contract": {"dagster", "duckdb", "requests"},
    "vea": {"dagster", "duckdb", "pandas"},
    "warehouse": {"requests"},
    "views": {"dagster", "requests"},
    "report": {"dagster", "requests"},
    "simulator": {"dagster", "duckdb", "pandas", "requests"},
}


def modules(folder: Path = PACKAGE) -> list[Path]:
    # What users put into `defs/` is theirs: no rule is about it.
    found = [module for module in sorted(folder.rglob("*.py")) if PACKAGE / "defs" not in module.parents]
    assert found
    return found


def name_of(module: Path) -> str:
    return module.relative_to(PROJECT).as_posix()


def room_of(module: Path) -> str:
    """The folder of a module in the package, or the module itself if it is at the top."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[str]:
    """The modules that a module imports, also within functions. A relative import starts with a dot."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def rooms_imported_by(module: Path) -> set[str]:
    """The other rooms that a module imports; of `instance`, also which module of it."""
    parts = [imported.split(".") for imported in imports_of(module)]
    ours = [names for names in parts if names[0] == PACKAGE.name and names[1] != room_of(module)]
    return {f"instance.{names[2]}" if names[1] == "instance" else names[1] for names in ours}


def repeated(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}


def test_no_two_modules_have_the_same_file_name() -> None:
    assert not repeated([module.name for module in modules() if module.name != "__init__.py"])


def test_each_of_the_files_that_run_first_is_there_and_has_slow_tests() -> None:
    assert all("mark.slow" in (TESTS / name).read_text() for name in LONGEST)


def test_no_two_classes_have_the_same_name() -> None:
    trees = [ast.parse(module.read_text()) for module in modules()]
    assert not repeated([node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_imports_are_absolute(folder: Path) -> None:
    found = [(name_of(module), imported) for module in modules(folder) for imported in imports_of(module)]
    assert not [(name, imported) for name, imported in found if imported.startswith(".")]


def test_a_room_imports_only_the_rooms_it_may_import() -> None:
    forbidden = [
        (name_of(module), room)
        for module in modules()
        if module.parent != PACKAGE or module.name != "__init__.py"
        for room in sorted(rooms_imported_by(module) - MAY_IMPORT[room_of(module)])
    ]
    assert not forbidden


def test_a_room_imports_no_library_that_belongs_to_another_room() -> None:
    forbidden = [
        (name_of(module), imported)
        for module in modules()
        for imported in imports_of(module)
        if imported.split(".")[0] in MUST_NOT_IMPORT.get(room_of(module), set())
    ]
    assert not forbidden


def test_only_the_room_instance_imports_private_parts_of_dagster() -> None:
    private = [
        (name_of(module), imported)
        for module in modules()
        if room_of(module) != "instance"
        for imported in imports_of(module)
        if imported.startswith("dagster._")
    ]
    assert not private


def test_no_file_is_long() -> None:
    lines = {
        name_of(module): len(module.read_text().splitlines()) for folder in FOLDERS for module in modules(folder)
    }
    assert not {name: count for name, count in lines.items() if count > MOST_LINES}
