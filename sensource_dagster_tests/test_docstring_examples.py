"""The examples in docstrings do what they show, as a user of this project would run them."""

from __future__ import annotations

import doctest
import sys
from pathlib import Path

import pytest

from sensource_dagster.definitions import build_definitions
from sensource_dagster.resources import SenSourceResource
from sensource_dagster.simulator import serving
from sensource_dagster.vea.client import VeaClient
from sensource_dagster.warehouse.io_manager import SenSourceDuckDBIOManager
from sensource_dagster_tests.end_to_end.sync import variables_of


@pytest.mark.parametrize("documented", [SenSourceResource, VeaClient, SenSourceDuckDBIOManager, build_definitions])
def test_the_example_of_a_docstring_prints_what_it_shows(
    documented: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    [example] = doctest.DocTestFinder(recurse=False).find(documented, globs={documented.__name__: documented})
    assert example.examples
    with serving() as simulator:
        for name, value in variables_of(simulator, tmp_path).items():
            monkeypatch.setenv(name, value)
        doctest.DocTestRunner().run(example, out=sys.stderr.write)
    assert "Failed example" not in capsys.readouterr().err
