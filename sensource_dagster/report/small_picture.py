"""A small picture of the report: the people of each day, for a place that shows an image but no page."""

from __future__ import annotations

import base64

from sensource_dagster.report.content import Report

_WIDTH, _HEIGHT = 480, 80  # pixels
# A grey and a blue that are seen on white and on black.
_COMPLETE, _INCOMPLETE = "#3d8fc4", "#999"


def small_picture(report: Report) -> str:
    """The first panel's days as an SVG in a `data:` URI. A missing day is a gap, an incomplete one is grey."""
    days = report.panels[0].days
    most = max((day.people or 0 for day in days), default=0) or 1
    wide = _WIDTH / max(len(days), 1)
    bars = "".join(
        f'<rect x="{number * wide:.1f}" y="{_HEIGHT - tall:.1f}" width="{wide * 0.8:.1f}" height="{tall:.1f}" '
        f'fill="{_COMPLETE if day.complete else _INCOMPLETE}"/>'
        for number, day in enumerate(days)
        if day.people is not None
        for tall in [day.people / most * _HEIGHT]
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}">{bars}</svg>'
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
