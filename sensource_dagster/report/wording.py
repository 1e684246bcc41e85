"""Changes and lists in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from sensource_dagster.contract.view_columns import NO_LOCATION


def change_in_words(change: float) -> str:
    """Such as "6 % more than"."""
    percent = round(abs(change) * 100)
    if percent == 0:
        return "about as many as"
    return f"{percent:,} % {'more' if change > 0 else 'fewer'} than"


def listed(parts: Sequence[str]) -> str:
    """Such as "a, b and c"."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]])) if parts else ""


def location_in_words(name: str) -> str:
    """A location in the middle of a sentence: "No location counted 12 visits" would say that none did."""
    return "doors without a location" if name == NO_LOCATION else name


def begun(sentence: str) -> str:
    """With a capital where our own words begin it. A name stays as Vea has it."""
    return f"D{sentence[1:]}" if sentence.startswith("doors without a location") else sentence
