"""Parses JSON with whole numbers of any size. orjson rounds those of more than 64 bits."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import orjson

_DIGITS = 19  # no shorter number has more than 64 bits
_BLOCK = 2**16
_ANY_DIGIT = bytes(ord("0") if ord("0") <= byte <= ord("9") else byte for byte in range(256))


def parse(body: bytes | bytearray) -> Any:
    """The parsed JSON.

    Raises:
        orjson.JSONDecodeError: it is no JSON.
    """
    parsed = orjson.loads(body)
    if _may_have_large_numbers(body):
        with suppress(RecursionError):  # orjson reads deeper nesting
            return json.loads(body)
    return parsed


def _may_have_large_numbers(body: bytes | bytearray) -> bool:
    """Whether so many digits follow each other. By blocks, so that no second body takes memory."""
    digits = b"0" * _DIGITS
    return any(
        digits in body[start : start + _BLOCK + _DIGITS - 1].translate(_ANY_DIGIT)
        for start in range(0, len(body), _BLOCK)
    )
