"""The colours of the page: text is readable on each of them (WCAG AA), in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sensource_dagster import report
from sensource_dagster.report.panel_rows import LEVELS

STYLE = (Path(report.__file__).parent / "template" / "style.css").read_text(encoding="utf-8")
TEXTS = [
    *((f"t{level}", f"h{level}") for level in range(LEVELS + 1)),
    *((text, ground) for text in ("ink", "soft", "warn") for ground in ("paper", "tint")),
    *((text, "paper") for text in ("line", "dot", "note")),
]


def colours(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{([^}]*--paper[^}]*)\}", STYLE)
    return dict(re.findall(r"--([\w-]+): (#\w+);", light if scheme == "light" else dark))


def luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_has_the_contrast_of_aa(scheme: str, text: str, ground: str) -> None:
    named = colours(scheme)
    assert contrast(named[text], named[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), [("line", "band"), ("dot", "band"), ("note", "band")])
def test_a_shape_is_told_from_what_is_behind_it(scheme: str, shape: str, ground: str) -> None:
    named = colours(scheme)
    assert contrast(named[shape], named[ground]) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_level_of_the_heat_map_is_darker_or_lighter_than_the_one_before(scheme: str) -> None:
    """So that it can be read in grey, too."""
    named = colours(scheme)
    levels = [luminance(named[f"h{level}"]) for level in range(1, LEVELS + 1)]
    assert levels == sorted(levels, reverse=scheme == "light")


def test_both_schemes_have_the_same_colours() -> None:
    assert colours("light").keys() == colours("dark").keys()
