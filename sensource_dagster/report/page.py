"""The report as one HTML file that needs nothing else: no request, no font, no other file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.report import formats
from sensource_dagster.report.charts import HEIGHT, PLOT, TOP, bar_chart
from sensource_dagster.report.content import Report
from sensource_dagster.report.day_verdicts import is_outside
from sensource_dagster.report.panel_rows import WEEKDAYS, panel_rows

_TEMPLATE = Path(__file__).parent / "template"


def page_of(report: Report) -> str:
    """The page, as text in UTF-8.

    The names of an account are hostile text: each is escaped, and none can turn the text around it. The page's
    policy lets a browser use the one style and the one script that are in it, and nothing else.
    When it was made is in the meta tag "generated", in ISO 8601.
    """
    style, script = ((_TEMPLATE / name).read_text(encoding="utf-8") for name in ("style.css", "select.js"))
    panels = [panel_rows(number, panel) for number, panel in enumerate(report.panels)]
    used = {method.view for method in report.methods}
    return (
        _environment(_turning_names(report))
        .get_template("page.html")
        .render(
            report=report,
            style=Markup(style),  # noqa: S704 - the project's own files
            script=Markup(script),  # noqa: S704
            policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
            "base-uri 'none'; form-action 'none'",
            panels=panels,
            # A door or a location in the ranking leads to its panel.
            links={(rows.panel.kind, rows.panel.subject): rows.id for rows in panels},
            months=bar_chart(report.year_over_year.months),
            views=[view for view in VIEWS if view.name in used],
        )
    )


def _turning_names(report: Report) -> set[str]:
    """The names that a sentence may have and that would turn the text around them."""
    names = {panel.subject for panel in report.panels}
    names |= {name for space in report.how_full.spaces for name in (space.space, space.location)}
    names |= {row.name for row in (*report.which.locations, *report.which.doors)}
    return set(filter(formats.turns, names))


def _environment(turning: Collection[str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "grouped": formats.grouped,
        "mean": formats.mean,
        "changed": formats.changed,
        "percent": formats.percent,
        "signed": formats.signed,
        "whole": formats.whole,
        "moment": formats.moment,
        "month": formats.month,
        "clock": formats.clock,
        "prose": partial(formats.prose, turning=turning),
        "isolated": formats.isolated,
    }
    environment.tests["outside"] = is_outside
    environment.globals |= {"WEEKDAYS": WEEKDAYS, "HEIGHT": HEIGHT, "PLOT": PLOT, "TOP": TOP}
    return environment


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
