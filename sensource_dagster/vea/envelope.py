"""The rows in a response of the Vea API, which has one of two shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sensource_dagster.errors import VeaResponseError
from sensource_dagster.vea.redaction import excerpt

_ADVICE = "Nothing was stored. The API may have changed: update sensource_dagster."


def _masked(text: str) -> str:
    return excerpt(text, ())


def rows_of(response: Any, label: str, masked: Callable[[str], str] = _masked) -> list[dict[str, Any]]:
    """The objects of a bare array or of `{"results": [...]}`. Clients in production have met lists in both shapes.

    Args:
        label: names the request in an error.
        masked: shortens a key, without what an error must not show. By default that is what looks like a token.

    Raises:
        VeaResponseError: the response has another shape, or an element is not an object.
    """
    rows = response.get("results") if isinstance(response, dict) else response
    if not isinstance(rows, list):
        raise VeaResponseError(
            f"{label} returned {_shape(response, masked)} instead of a list of results. {_ADVICE}"
        )
    types = list(map(type, rows))
    if types.count(dict) < len(types):
        position = next(index for index, kind in enumerate(types) if kind is not dict)
        raise VeaResponseError(
            f"{label} returned a list whose element {position} is {_shape(rows[position], masked)} instead of an "
            f"object. {_ADVICE}"
        )
    return rows


def _shape(value: Any, masked: Callable[[str], str]) -> str:
    """The kind of JSON, without its values."""
    if isinstance(value, dict):
        keys = ", ".join(repr(masked(key)[:40]) for key in list(value)[:10])
        results = f", where results is {_shape(value['results'], masked)}" if "results" in value else ""
        return f"an object with {f'the keys {keys}' if keys else 'no keys'}{results}"
    if value is None:
        return "null"
    kinds = {bool: "a boolean", str: "a string", list: "an array"}
    return kinds.get(type(value), "a number")
