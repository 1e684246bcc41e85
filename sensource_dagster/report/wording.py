"""Changes and lists in a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def change_in_words(change: float) -> str:
    """Such as "6 % more than"."""
    percent = round(abs(change) * 100)
    if percent == 0:
        return "about as many as"
    return f"{percent:,} % {'more' if change > 0 else 'fewer'} than"


def listed(parts: Sequence[str]) -> str:
    """Such as "a, b and c"."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]])) if parts else ""
