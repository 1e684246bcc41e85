"""Section 3: is it normal?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from sensource_dagster.contract.plurals import counted
from sensource_dagster.report import periods
from sensource_dagster.report.content import Day
from sensource_dagster.report.counts_of_period import Period
from sensource_dagster.report.day_verdicts import BUSIER, INCOMPLETE, QUIETER, USUAL, verdict_of
from sensource_dagster.report.report_days import ReportDays, Subject
from sensource_dagster.report.wording import listed, location_in_words

_OTHERS = (BUSIER, QUIETER, INCOMPLETE)


def daily_lines(days: ReportDays, period: Period) -> Mapping[tuple[str, str], tuple[Day, ...]]:
    """Every day of the period, by kind and id of the subject. A day without a row is missing."""
    found: dict[tuple[str, str], dict[date, Day]] = defaultdict(dict)
    rows = days.connection.execute(
        """SELECT kind, subject_id, day, people, complete, low, high, note
        FROM report_day WHERE day BETWEEN ? AND ?""",
        [period.first, period.last],
    )
    for kind, name, *values in rows.fetchall():
        found[kind, name][values[0]] = Day(*values)
    return {
        subject: tuple(by_day.get(day) or missing_day(day) for day in period.days)
        for subject, by_day in found.items()
    }


def missing_day(day: date) -> Day:
    return Day(day, None, complete=False, low=None, high=None, note=None)


def normal(subject: Subject, line: Sequence[Day], period: Period) -> str:
    """Section 3 of one panel in one sentence. Of an incomplete day nobody can say that it was quiet."""
    if all(day.people is None for day in line):
        place = "" if subject.kind == "all" else f" at {location_in_words(subject.name)}"
        return f"Nothing was counted{place} {periods.when(period)}."
    verdicts = Counter(filter(None, map(verdict_of, line)))
    judged = verdicts.total()
    usual = verdicts.pop(USUAL, 0)
    said = [f"{usual:,} of {counted(judged, 'day')} {'was' if 1 in (usual, judged) else 'were'} as usual"]
    said += [f"{verdicts[verdict]:,} {verdict}" for verdict in _OTHERS if verdicts[verdict]]
    sentence = ", ".join(said) if judged else "Too few days were counted before to know what is usual"
    noted = [str(day.day) for day in line if day.note]
    missing = sum(day.people is None for day in line)
    holidays = f"; a holiday or a closure: {listed(noted)}" if noted else ""
    gaps = f"; {counted(missing, 'day')} missing" if missing else ""
    return f"{sentence}{holidays}{gaps}."
