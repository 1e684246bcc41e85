"""The documents: their links lead somewhere, and the error messages that they explain exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import duckdb
import pytest

from sensource_dagster.checks.asset_checks import checks
from sensource_dagster.config.settings import read_settings
from sensource_dagster.contract.tables import COUNTS
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster_tests.documentation import DOCUMENTS, PROJECT, text_of

LINK = re.compile(r"\]\(([^)\s]+)\)")
CHECK_ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \|.*(?:WARN|ERROR).* \|$", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def anchors(document: Path) -> set[str]:
    """The #anchor of each heading, as GitHub makes it."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links(document: Path) -> list[str]:
    return LINK.findall(CODE.sub("", document.read_text()))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(PROJECT)))
def test_every_link_leads_to_a_file_and_a_heading_of_the_project(document: Path) -> None:
    for link in links(document):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.is_relative_to(PROJECT), link
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_leads_to_every_document_and_is_short() -> None:
    assert len(text_of("README.md").splitlines()) <= 150
    linked = {(PROJECT / link.partition("#")[0]).resolve() for link in links(PROJECT / "README.md")}
    assert set(DOCUMENTS) - {PROJECT / "README.md"} <= linked


def test_the_map_names_every_folder_and_file_of_the_package_and_every_path_that_it_names_exists() -> None:
    package = PROJECT / "sensource_dagster"
    contributing = text_of("CONTRIBUTING.md")
    for entry in package.iterdir():
        if entry.name.startswith("__"):
            continue
        assert f"| `{entry.name}{'/' if entry.is_dir() else ''}` |" in contributing
    for path in re.findall(r"`((?:\w+/)+\w+\.\w+)`", contributing):
        assert (package / path).is_file() or (PROJECT / path).is_file(), path


def test_the_documents_list_every_view_with_its_columns_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| an? [\w, ]+ \| ([\w, ]+) \|$", text_of("docs/tables.md"), re.MULTILINE)
    assert rows == [(view.name, ", ".join(column.name for column in view.columns)) for view in VIEWS]
    for column in COUNTS[0].added:
        assert f"`{column.name}`" in text_of("docs/tables.md")


def test_every_check_of_the_assets_is_explained() -> None:
    names = {key.name for check in checks(read_settings({})) for key in check.check_keys}
    assert names == set(re.findall(r"`(\w+)`", "\n".join(CHECK_ROW.findall(text_of("docs/operations.md")))))


def messages() -> list[str]:
    return re.findall(r"^\| `(.+?)` \|", text_of("docs/troubleshooting.md"), re.MULTILINE)


def said_by_the_package() -> list[str]:
    """Every text of the package, with … in the place of each value."""
    texts = []
    for file in (PROJECT / "sensource_dagster").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                texts.append("".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return texts


def said_by_duckdb(folder: Path) -> list[str]:
    """What it says of a file that is no warehouse, and of a name that is ambiguous."""
    (folder / "letter.txt").write_text("Dear Sir or Madam,\n" * 1000)
    with pytest.raises(duckdb.IOException) as no_database:
        duckdb.connect(str(folder / "letter.txt"))
    with duckdb.connect(str(folder / "sensource.duckdb")) as warehouse:
        warehouse.execute("CREATE SCHEMA sensource; CREATE TABLE sensource.sensource.traffic (zone_id VARCHAR)")
        with pytest.raises(duckdb.BinderException) as ambiguous:
            warehouse.execute("FROM sensource.traffic")
    return [str(no_database.value), str(ambiguous.value)]


def test_every_message_that_troubleshooting_explains_is_one_that_users_see(tmp_path: Path) -> None:
    texts = [*said_by_the_package(), *said_by_duckdb(tmp_path)]
    assert messages()
    for message in messages():
        pattern = re.compile(".*?".join(map(re.escape, message.split("…"))))
        assert any(map(pattern.search, texts)), message
