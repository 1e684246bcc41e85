"""Makes the report of an account, and accounts to make one of."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb

from sensource_dagster.config.settings import read_settings
from sensource_dagster.report.content import Panel, Report
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.figures import figures_of
from sensource_dagster_tests.views.accounts import DENVER, Account, Row, instants

Views = duckdb.DuckDBPyConnection
MAIN, BRANCH = "Library main", "Library branch"
DECEMBER = Period(date(2025, 12, 1), date(2025, 12, 31))
MADE_AT = datetime(2026, 1, 20, 8, tzinfo=DENVER)


def report_of(
    connection: Views,
    period: Period | None = None,
    location: str | None = None,
    *,
    made_at: datetime = MADE_AT,
    last_report: datetime | None = None,
    **variables: str,
) -> Report:
    """Of the views of this connection. The variables have no SENSOURCE_ before them."""
    named = {f"SENSOURCE_{name}": text for name, text in variables.items()}
    settings = read_settings({"SENSOURCE_TIMEZONE": DENVER.key, **named})
    return figures_of(
        connection, period, location, settings, made_at=made_at, as_of=made_at, last_report=last_report
    )


def ask(views: Views, query: str, **given: Any) -> list[tuple[Any, ...]]:
    return views.execute(query, given).fetchall()


def visits(views: Views, period: Period, location: str | None = None) -> int | None:
    """Those of one location or of all, from the view `location_daily`."""
    [(found,)] = ask(
        views,
        """SELECT CAST(sum(visits) AS BIGINT) FROM sensource.location_daily
        WHERE day BETWEEN $first AND $last AND ($location IS NULL OR location = $location)""",
        first=period.first,
        last=period.last,
        location=location,
    )
    return found  # type: ignore[no-any-return] # a sum is a number, or null


def panel(report: Report, subject: str) -> Panel:
    [found] = [panel for panel in report.panels if panel.subject == subject]
    return found


def hours_of(zone: str, first: date, days: int, ins: int = 1) -> list[Row]:
    """Every hour of these days in Denver, with `ins` and more. Of two equal local hours Vea has the second."""
    start = datetime(first.year, first.month, first.day, tzinfo=DENVER)
    end = start + timedelta(days=days)  # local time: a day of 23 or 25 hours is one day
    count = int((end.timestamp() - start.timestamp()) // 3600)
    rows = []
    for instant in instants(f"{start.astimezone(timezone.utc):%Y-%m-%dT%H:%M}", count):
        local = datetime.fromisoformat(f"{instant[:19]}+00:00").astimezone(DENVER)
        is_first_of_two = local.replace(fold=1).utcoffset() != local.utcoffset() and local.fold == 0
        if not is_first_of_two:
            open_now = 9 <= local.hour < 18
            rows.append(Account.hour(zone, instant, ins + (local.hour * local.day) % 7 if open_now else 0, 1))
    return rows


def library(path: Path) -> Account:
    """Two locations from November 2024 or 2025 to the middle of January 2026, with what real accounts have.

    The main library has an outer and an interior door, and one that was disabled. The branch has a door that lost
    hours on one day, and a whole day. All were closed on 25 December.
    """
    account = Account(path)
    account.door("front", site="front", location="main", perimeter=True)
    account.door("inner", site="inner", location="main", perimeter=False)
    account.door("old", site="old", location="main", perimeter=True, disabled=True)
    account.door("branch", site="branch", location="branch")
    account.put_list("space", {"spaceId": "hall", "name": "Hall", "locationId": "main", "maxCapacity": 10})
    account.put_list("space", {"spaceId": "yard", "name": "Yard", "locationId": "branch", "maxCapacity": None})
    rows = [
        *hours_of("front", date(2025, 10, 15), 97, ins=20),
        *hours_of("inner", date(2025, 10, 15), 97, ins=5),
        *hours_of("old", date(2025, 10, 15), 50, ins=7),
        *hours_of("branch", date(2024, 11, 25), 45, ins=10),
        *hours_of("branch", date(2025, 10, 15), 97, ins=12),
    ]
    lost = {("branch", "2025-12-09"), *(("branch", f"2025-12-16T{hour}") for hour in (17, 18, 19))}
    kept = [row for row in rows if not any(_is_in(row, *gap) for gap in lost)]
    for row in kept:
        if _local_day(row) in ("2025-12-25", "2024-12-25"):
            row["sumins"] = row["sumouts"] = 0
    account.put("traffic", *kept)
    account.put(
        "occupancy",
        *(
            {"spaceId": space, "name": space, "recordDate_hour_1": instant, "maxoccupancy": (number * 7) % 13,
             "avgoccupancy": (number * 7) % 13 / 2, "minoccupancy": 0}
            for space in ("hall", "yard")
            for number, instant in enumerate(instants("2025-12-01T07:00", 100))
        ),
    )  # fmt: skip
    return account


def _is_in(row: dict[str, Any], zone: str, begins: str) -> bool:
    instant = row["recordDate_hour_1"]
    return row["zoneId"] == zone and (instant if "T" in begins else _local_day(row)).startswith(begins)


def _local_day(row: dict[str, Any]) -> str:
    return f"{datetime.fromisoformat(row['recordDate_hour_1'][:19] + '+00:00').astimezone(DENVER):%Y-%m-%d}"
