"""Counted things in a sentence."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 hour`, `1,200 hours`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
