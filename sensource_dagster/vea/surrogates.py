"""Mends JSON texts that end in half a character, such as "Door \\ud83d": a name was cut within an emoji."""

from __future__ import annotations

import re

# Each escape is matched whole, so that the backslash of "\\ud83d" is not taken for the start of the next one.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def without_half_characters(body: bytes | bytearray) -> tuple[bytes, int]:
    """The body with U+FFFD in the place of each lone surrogate, and how many there were."""
    count = 0

    def replacement(escape: re.Match[bytes]) -> bytes:
        nonlocal count
        if escape["half"] is None:
            return escape[0]
        count += 1
        return rb"\ufffd"

    return _ESCAPE.sub(replacement, body), count
