"""The requests of `sensource check --deep`: only GET, and at most 30 with those for tokens."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sensource_dagster.cli.deep_check_counts import HOUR, Row, busy_day, busy_hour, counts_of
from sensource_dagster.cli.deep_check_seen import NotKnownError
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.tables import LISTS
from sensource_dagster.errors import VeaCredentialsError, VeaError, VeaUnreachableError
from sensource_dagster.vea.client import VeaClient
from sensource_dagster.vea.envelope import rows_of
from sensource_dagster.vea.second_token import MOST_REQUESTS as MOST_FOR_SECOND_TOKEN
from sensource_dagster.vea.windows import Window, day_start, instant_text

MOST_REQUESTS = 30
_MOST_OF_ONE = 9  # two attempts, three more after refused tokens, and two tokens with two attempts each
FURTHER_LISTS = ("device", "floor", "locationType", "org")  # rows carry ids of some, and no list of ours has them
MONTH, QUARTER, WEEK = 30, 90, 7
_COUNTS = {
    "traffic": {"entityType": "zone", "metrics": "ins,outs"},
    "occupancy": {"entityType": "space", "metrics": "occupancy(max),occupancy(min),occupancy(avg)"},
}


@dataclass(frozen=True)
class Received:
    """What came in return for one request.

    Attributes:
        beside: what the response has beside its rows; None if it is a bare array.
        failure: why there is no response.
    """

    received: Sequence[Row] = ()
    beside: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    failure: NotKnownError | None = None

    @property
    def rows(self) -> Sequence[Row]:
        """The rows.

        Raises:
            NotKnownError: the request failed.
        """
        if self.failure:
            raise self.failure
        return self.received


_NO_COUNTS = Received(failure=NotKnownError(f"no counts in the last {MONTH} days"))


@dataclass(frozen=True)
class BusyDay:
    """The day that most requests are about, its window, and the start of the week that ends with it."""

    day: date
    start: datetime
    end: datetime
    week_start: datetime


@dataclass
class Facts:
    """All that was received.

    Attributes:
        long: 30 days, or 7 days if Vea does not answer 30.
        hour: a busy hour of the day.
    """

    settings: Settings
    month: Received
    long: Received
    day: BusyDay | None = None
    hour: datetime | None = None
    one_day: Received = _NO_COUNTS
    end: Received = _NO_COUNTS
    half_hours: Received = _NO_COUNTS
    closed_excluded: Received = _NO_COUNTS
    closed_included: Received = _NO_COUNTS
    day_groups: Received = _NO_COUNTS
    location: Received = _NO_COUNTS
    occupancy: Received = _NO_COUNTS
    quarter: Received = _NO_COUNTS
    lists: dict[str, Received] = field(default_factory=dict)
    further_lists: dict[str, Received] = field(default_factory=dict)
    second_token_ends_first: bool | NotKnownError = field(
        default_factory=lambda: NotKnownError("only with --mint")
    )

    @property
    def unreadable(self) -> dict[str, NotKnownError]:
        """What the sync reads too, and why it cannot be read."""
        read = {"traffic": self.long, "occupancy": self.occupancy}
        read |= {name: received for name, received in self.lists.items() if name in self.settings.static_endpoints}
        return {name: received.failure for name, received in read.items() if received.failure}


def ask(vea: VeaClient, settings: Settings, second_token: Callable[[], bool] | None) -> Facts:
    """Send the requests, the most important ones first. One that fails stops none of the others.

    Args:
        second_token: mints a second token and says whether it ends the first; None to mint none.
    """
    zone, requests = settings.timezone, _Requests(vea, settings)
    today = datetime.now(zone).date()
    first = today - timedelta(days=MONTH)
    month = requests.days("traffic", first, MONTH)
    if month.failure:
        first = today - timedelta(days=WEEK)
    facts = Facts(settings, month, requests.days("traffic", first, WEEK) if month.failure else month)
    # A day is left out on either side, for day groups that begin at another hour.
    counts = counts_of(facts.long.received)
    day = busy_day(counts, zone, first + timedelta(days=1), today - timedelta(days=2))
    if day:
        week = max(first, day - timedelta(days=WEEK - 1))
        start, end, week_start = (day_start(date, zone) for date in (day, day + timedelta(days=1), week))
        facts.day = BusyDay(day, start, end, week_start)
        facts.one_day = requests.days("traffic", day, 1)
        facts.hour = hour = busy_hour(counts, start, end - HOUR)
        if hour:
            facts.end = requests.counts("traffic", hour, hour + HOUR)
            facts.half_hours = requests.counts("traffic", hour + HOUR / 2, hour + HOUR * 3 / 2)
    facts.lists = {table.name: requests.get(f"/api/{table.endpoint}") for table in LISTS}
    facts.occupancy = requests.days("occupancy", day or today - timedelta(days=1), 1)
    if day:
        days = (day - week).days + 1
        facts.closed_included = requests.days("traffic", week, days, excludeClosedHours="false")
        facts.closed_excluded = requests.days("traffic", week, days, excludeClosedHours="true")
        facts.day_groups = requests.days("traffic", day - timedelta(days=1), 3, dateGroupings="day")
        facts.location = requests.days("traffic", day, 1, entityType="location")
    facts.further_lists = {name: requests.get(f"/api/{name}") for name in FURTHER_LISTS}
    facts.quarter = requests.days("traffic", today - timedelta(days=QUARTER), QUARTER)
    if second_token:
        facts.second_token_ends_first = requests.second_token(second_token)
    return facts


class _Requests:
    def __init__(self, vea: VeaClient, settings: Settings) -> None:
        self._vea, self._settings = vea, settings
        self._refused: NotKnownError | None = None

    def days(self, kind: str, first: date, days: int, **changes: str) -> Received:
        """Whole local days, in whole UTC hours."""
        zone = self._settings.timezone
        window = Window(day_start(first, zone), day_start(first + timedelta(days=days), zone)).in_whole_hours()
        return self.counts(kind, window.start, window.end, **changes)

    def counts(self, kind: str, start: datetime, end: datetime, **changes: str) -> Received:
        params = {"relativeDate": "custom", "startDate": instant_text(start), "endDate": instant_text(end)}
        return self.get(f"/api/data/{kind}", {**params, "dateGroupings": "hour", **_COUNTS[kind], **changes})

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Received:
        if self._refused or self._left() < _MOST_OF_ONE:
            return Received(failure=self._refused or _limit())
        started = time.monotonic()
        try:
            response = self._vea.response(path, params or {})
            seconds = time.monotonic() - started
            if not isinstance(response, dict):
                return Received(rows_of(response, path, self._vea.masked), None, self._vea.headers, seconds)
            beside = {key: value for key, value in response.items() if key != "results"}
            return Received(rows_of(response, path, self._vea.masked), beside, self._vea.headers, seconds)
        except VeaUnreachableError:
            raise  # each further request would only say it again
        except VeaError as error:
            failure = _not_known(error)
            if isinstance(error, VeaCredentialsError):
                self._refused = failure  # each further request would mint a token
            return Received(failure=failure)

    def second_token(self, ends_first: Callable[[], bool]) -> bool | NotKnownError:
        if self._refused or self._left() < MOST_FOR_SECOND_TOKEN:
            return self._refused or _limit()
        try:
            return ends_first()
        except VeaError as error:
            return _not_known(error)

    def _left(self) -> int:
        return MOST_REQUESTS - self._vea.requests


def _limit() -> NotKnownError:
    return NotKnownError(f"the limit of {MOST_REQUESTS} requests was reached")


def _not_known(error: VeaError) -> NotKnownError:
    status = re.search(r"HTTP \d{3}\b", str(error))
    return NotKnownError(str(error), f"a request failed ({status[0] if status else type(error).__name__})")
