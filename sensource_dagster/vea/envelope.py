"""The rows in an answer of the Vea API, whichever of its shapes it has."""

from __future__ import annotations

from typing import Any

from sensource_dagster.errors import VeaResponseError

_ADVICE = "The API may have changed; nothing was stored."


def rows_of(answer: Any, about: str) -> list[dict[str, Any]]:
    """The objects of a bare array or of `{"results": [...]}`; lists come in both shapes (stated by clients in
    production).

    Raises:
        VeaResponseError: any other shape, or an element that is no object.
    """
    rows = answer.get("results") if isinstance(answer, dict) else answer
    if not isinstance(rows, list):
        raise VeaResponseError(f"{about} was answered by {_shape(answer)}, not by a list of results. {_ADVICE}")
    types = list(map(type, rows))
    if types.count(dict) < len(types):
        position = next(place for place, kind in enumerate(types) if kind is not dict)
        raise VeaResponseError(
            f"{about} was answered by a list whose element {position} is {_shape(rows[position])}, not an object. "
            f"{_ADVICE}"
        )
    return rows


def _shape(value: Any) -> str:
    """What kind of JSON it is, without its values."""
    if isinstance(value, dict):
        keys = ", ".join(repr(key[:40]) for key in list(value)[:10])
        results = f", where results is {_shape(value['results'])}" if "results" in value else ""
        return f"an object with {f'the keys {keys}' if keys else 'no keys'}{results}"
    if value is None:
        return "null"
    kinds = {bool: "a boolean", str: "a string", list: "an array"}
    return kinds.get(type(value), "a number")
