from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensource_dagster.vea.whole_numbers import _BLOCK, parse

numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
documents = st.recursive(numbers | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@settings(max_examples=40)
@given(documents)
def test_whole_numbers_of_any_size_are_exact(document: Any) -> None:
    assert parse(json.dumps(document).encode()) == document


@pytest.mark.parametrize("before", [0, 1, 10, 18, 19, 20])
def test_a_number_across_two_blocks_is_exact(before: int) -> None:
    body = b'["%s",%d]' % (b"x" * (_BLOCK - 4 - before), 10**18 + 10**19 + 1)
    assert parse(bytearray(body))[1] == 10**18 + 10**19 + 1


@pytest.mark.parametrize("body", [b"", b"[1", b"NaN", b"[12345678901234567890, NaN]", b'["\\ud800"]'])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        parse(body)


def test_deep_nesting_beside_a_large_number_is_read_even_so() -> None:
    body = b"[" * 1000 + b"1" * 30 + b"]" * 1000
    found = parse(body)
    while isinstance(found, list):
        [found] = found
    assert found in (int("1" * 30), float("1" * 30))
