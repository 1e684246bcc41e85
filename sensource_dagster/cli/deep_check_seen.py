"""What was seen of one assumption. Each text has a public form, which says nothing about the account."""

from __future__ import annotations

from typing import NamedTuple


class Seen(NamedTuple):
    """Whether an assumption holds, and what shows it; without `public`, the words themselves are public."""

    held: bool
    words: str
    public: str = ""


class NotKnownError(Exception):
    """Why something is not known."""

    def __init__(self, words: str, public: str = "") -> None:
        super().__init__(words)
        self.public = public or words
