"""Section 2 of the report: what is missing, and which figures corrections moved."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from sensource_dagster.report.content import MovedFigure, Report
from sensource_dagster_tests.report.reports import DECEMBER, MAIN, Views, ask, hours_of, report_of, visits
from sensource_dagster_tests.views.accounts import Account


def test_corrections_say_which_figure_they_moved(tmp_path: Path) -> None:
    account = Account(tmp_path / "w.duckdb")
    account.door("front", site="front", location="main")
    account.put("traffic", *hours_of("front", date(2025, 12, 1), 31))
    with account.views() as views:
        before = visits(views, DECEMBER, MAIN)
        assert report_of(views).trust.moved == ()
    account.put("traffic", account.hour("front", "2025-12-05T20:00:00.000Z", 100, 1))
    account.put("traffic", account.hour("front", "2025-12-06T20:00:00.000Z", 0, 1))
    with account.views() as views:
        after = visits(views, DECEMBER, MAIN)
        report = report_of(views)
        assert report.trust.moved == (MovedFigure(MAIN, date(2025, 12, 1), 2, before or 0, after or 0),)
        assert before != after
        assert "corrections moved 1 figure up to now" in report.trust.sentence
        seen = sorted(when for (when,) in ask(views, "SELECT epoch(seen_at) FROM sensource.visits_corrected"))
        [last] = report_of(views, last_report=datetime.fromtimestamp(seen[0], timezone.utc)).trust.moved
        assert (last.hours, last.after) == (1, after)
        later = datetime.fromtimestamp(seen[1], timezone.utc)
        assert report_of(views, last_report=later).trust.moved == (), "the report before had them already"


def test_the_newest_hour_and_the_missing_hours_are_named(views: Views, report: Report) -> None:
    [(newest,)] = ask(views, "SELECT max(local_hour) FROM sensource.traffic_hourly")
    assert report.trust.newest_hour == newest
    [missing] = report.trust.missing
    assert (missing.door, missing.first, missing.last) == ("Site branch", date(2025, 12, 9), date(2025, 12, 16))
    assert (missing.days, missing.hours) == (1, 27)
    assert report.trust.unusual == ()


@pytest.mark.parametrize(
    ("value", "words"), [("true", "are not counted."), ("false", "are counted, too."), ("", "Vea decides whether")]
)
def test_it_says_whether_people_count_while_the_location_is_closed(views: Views, value: str, words: str) -> None:
    assert words in report_of(views, EXCLUDE_CLOSED_HOURS=value).trust.closed_hours
