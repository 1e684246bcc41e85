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


def blocks(language: str) -> list[str]:
    """Every code block in that language, of all documents."""
    return [
        block
        for file in DOCUMENTS
        for block in re.findall(rf"^```{language}\n(.*?)^```", file.read_text(), re.DOTALL | re.MULTILINE)
    ]
