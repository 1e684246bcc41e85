"""Draws costs as bars: an SVG for the README, readable on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from measure import Cost

LABELS, BARS, VALUES, ROW = 190, 380, 90, 22
PANELS = (("CPU seconds", "cpu", "#3b82c4"), ("peak memory, MB", "peak", "#c48a3b"))


def draw(costs: Mapping[str, Cost], title: str) -> str:
    parts: list[str] = []
    top = _text(parts, 0, 16, title, weight="bold") + 12
    for heading, field, colour in PANELS:
        top = _text(parts, 0, top + 16, heading) + 6
        values = {name: getattr(c, field) for name, c in costs.items()}
        for name, value in values.items():
            length = BARS * value / max(values.values())
            _text(parts, 0, top + 15, name)
            parts.append(
                f'<rect x="{LABELS}" y="{top + 3}" width="{length:.1f}" height="{ROW - 6}" fill="{colour}"/>'
            )
            _text(parts, LABELS + length + 6, top + 15, f"{value:.3g}")
            top += ROW
        top += 10
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABELS + BARS + VALUES}" height="{top}" '
        f'font-family="sans-serif" font-size="13" fill="#808080">\n{body}\n</svg>\n'
    )


def _text(parts: list[str], x: float, y: float, text: str, weight: str = "normal") -> float:
    parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-weight="{weight}">{escape(text)}</text>')
    return y
