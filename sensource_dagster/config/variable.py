"""How a variable of the settings is declared: its name, default, meaning and parser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any


def variable(
    name: str, default: str | None, meaning: str, parse: Callable[[str], Any], *, secret: bool = False
) -> Any:
    """A field of a dataclass of settings.

    Args:
        default: as text; None for a credential, which has no default.
        parse: returns the value of a text, or raises a ValueError that says what is allowed.
        secret: neither its value nor its text is ever shown.
    """
    metadata = {"name": name, "default": default, "meaning": meaning, "parse": parse, "secret": secret}
    return field(metadata=metadata, repr=not secret)
