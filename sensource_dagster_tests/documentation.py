"""The project's documents, for the tests of what they say."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    file for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md") for file in PROJECT.glob(pattern)
)


def text_of(name: str) -> str:
    return (PROJECT / name).read_text()


WITH_TESTS_OF_THEIR_OWN = {"lake.md", "questions.md", "tools.md"}


def blocks(language: str) -> list[str]:
    """Every code block in that language, of all documents but those whose blocks are tested elsewhere."""
    return [
        block
        for file in DOCUMENTS
        if file.name not in WITH_TESTS_OF_THEIR_OWN
        for block in re.findall(rf"^```{language}\n(.*?)^```", file.read_text(), re.DOTALL | re.MULTILINE)
    ]
