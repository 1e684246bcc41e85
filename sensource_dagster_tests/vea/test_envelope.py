from __future__ import annotations

from typing import Any

import pytest

from sensource_dagster.errors import VeaResponseError
from sensource_dagster.vea.envelope import rows_of


@pytest.mark.parametrize("answer", [[{"a": 1}], {"results": [{"a": 1}]}, {"messages": [], "results": [{"a": 1}]}])
def test_rows_come_bare_or_as_results(answer: Any) -> None:
    assert rows_of(answer, "GET it") == [{"a": 1}]


@pytest.mark.parametrize("answer", [[], {"results": []}])
def test_no_rows_are_an_answer_too(answer: Any) -> None:
    assert rows_of(answer, "GET it") == []


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("text", "a string"),
        ({}, "an object with no keys"),
        ({"data": []}, "an object with the keys 'data'"),
        ({"results": None}, "an object with the keys 'results', where results is null"),
        ({"results": {"a": 1}}, "where results is an object with the keys 'a'"),
    ],
)
def test_any_other_shape_is_named(answer: Any, shape: str) -> None:
    with pytest.raises(VeaResponseError, match=f"GET it was answered by .*{shape}"):
        rows_of(answer, "GET it")


@pytest.mark.parametrize("element", [None, 1, "text", [], True])
def test_an_element_that_is_no_object_is_named_by_its_place(element: Any) -> None:
    with pytest.raises(VeaResponseError, match="element 1 is "):
        rows_of([{}, element], "GET it")


def test_values_are_not_shown() -> None:
    with pytest.raises(VeaResponseError) as caught:
        rows_of({"token": "hunter2"}, "GET it")
    assert "hunter2" not in str(caught.value)
