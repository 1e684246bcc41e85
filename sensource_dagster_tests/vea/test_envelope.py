from __future__ import annotations

import json
from typing import Any

import pytest

from sensource_dagster.errors import VeaResponseError
from sensource_dagster.vea.envelope import rows_of
from sensource_dagster.vea.redaction import excerpt


@pytest.mark.parametrize("body", [[{"a": 1}], {"results": [{"a": 1}]}, {"messages": [], "results": [{"a": 1}]}])
def test_rows_are_read_from_a_bare_array_or_from_results(body: Any) -> None:
    assert rows_of(body, "GET it") == [{"a": 1}]


@pytest.mark.parametrize("body", [[], {"results": []}])
def test_a_response_may_have_no_rows(body: Any) -> None:
    assert rows_of(body, "GET it") == []


@pytest.mark.parametrize(
    ("body", "shape"),
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
def test_any_other_shape_is_named_in_the_error(body: Any, shape: str) -> None:
    with pytest.raises(VeaResponseError, match=f"GET it returned .*{shape}"):
        rows_of(body, "GET it")


@pytest.mark.parametrize("element", [None, 1, "text", [], True])
def test_an_element_that_is_not_an_object_is_named_by_its_index(element: Any) -> None:
    with pytest.raises(VeaResponseError, match="element 1 is "):
        rows_of([{}, element], "GET it")


@pytest.mark.parametrize("body", [{"KEY": 1}, {"results": {"KEY": 1}}, [{"KEY": 1}, ["KEY"]], [[{"KEY": 1}]]])
@pytest.mark.parametrize("key", ["hunter2", "not hunter2", "x" * 39 + "hunter2", "0123456789abcdef" * 4])
def test_the_error_shows_no_key_that_is_a_secret_or_looks_like_a_token(body: Any, key: str) -> None:
    text = json.dumps(body).replace("KEY", key)
    with pytest.raises(VeaResponseError) as caught:
        rows_of(json.loads(text), "GET it", lambda shown: excerpt(shown, ["hunter2"]))
    assert "hunter" not in str(caught.value)
    assert "0123456789abcdef" not in str(caught.value)


def test_the_error_shows_no_values() -> None:
    with pytest.raises(VeaResponseError) as caught:
        rows_of({"token": "hunter2"}, "GET it")
    assert "hunter2" not in str(caught.value)
