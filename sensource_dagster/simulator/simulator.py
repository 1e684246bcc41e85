"""A simulated Vea account: its data, the requests it has received, and the switches for tests."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sensource_dagster.simulator.bounds import EASTERN, Query, hours_between
from sensource_dagster.simulator.clock import Clock, system_clock
from sensource_dagster.simulator.faults import MIXED, Faults
from sensource_dagster.simulator.hourly_rows import CountName, GeneratedSource
from sensource_dagster.simulator.late_data import SETTLED
from sensource_dagster.simulator.location_rows import location_rows
from sensource_dagster.simulator.options import Options
from sensource_dagster.simulator.replay import Replay
from sensource_dagster.simulator.request_log import LoggedRequest, RequestLog
from sensource_dagster.simulator.response_rows import response_rows
from sensource_dagster.simulator.simulated_account import ListName, Row
from sensource_dagster.simulator.token_issuer import Tokens


class Source(Protocol):
    """Where entities and counts come from."""

    def entities(self, name: ListName) -> list[Row]:
        """Return the rows of a list endpoint."""

    def counts(self, name: CountName, hours: range, now: datetime) -> list[Row]:
        """Return the rows of hours since 1970-01-01T00:00Z that exist at `now`, with every field."""


class Simulator:
    """A simulated account. `server.serving` puts it on a socket."""

    def __init__(self, options: Options, clock: Clock = system_clock) -> None:
        """Generate the account, or replay the recordings of the options."""
        self.options = options
        self.clock = clock
        self.tokens = Tokens(options, clock)
        self.faults = Faults()
        self.log = RequestLog()
        self.replay = Replay(options.recordings) if options.recordings else None
        opened = options.opened or date(clock().year - 3, 1, 1)
        self.source: Source = self.replay or GeneratedSource(options, opened)
        self._overrides: dict[ListName, list[Any]] = {}
        if options.fault_rate:
            self.faults.at_random(options.fault_rate, MIXED, path="/api/", seed=options.seed)

    def entities(self, name: ListName) -> list[Any]:
        """Return the rows of a list endpoint, or those that override them."""
        override = self._overrides.get(name)
        return self.source.entities(name) if override is None else list(override)

    def override_list(self, name: ListName, rows: Sequence[Any] | None) -> None:
        """Let a list endpoint return `rows`, or with None its own again."""
        if rows is None:
            self._overrides.pop(name, None)
        else:
            self._overrides[name] = list(rows)

    def response(self, name: CountName, query: Query) -> list[Row]:
        """Return the rows of the response to a query."""
        rows = self.source.counts(name, query.hours, self.clock())
        if query.by_location:
            rows = location_rows(rows, self.entities, self.options.location_doors)
        day_zone = EASTERN if self.options.day_groups == "eastern" else ZoneInfo(self.options.timezone)
        return response_rows(name, rows, query, day_zone)

    def truth(self, name: CountName, start: datetime, end: datetime, *, final: bool = False) -> list[Row]:
        """Return every row of the half-open window [start, end), with every field in the API's own names.

        Args:
            name: traffic or occupancy.
            start: aware datetime.
            end: aware datetime.
            final: whether to return the values after the window is over and every correction has come, instead of
                those that the account holds now.
        """
        now = max(self.clock(), end + SETTLED) if final else self.clock()
        return self.source.counts(name, hours_between(start, end), now)

    def end_token(self) -> None:
        """End the live token, as a token request of another process would."""
        self.tokens.end()

    def replay_next(self) -> None:
        """Go on to the next recording.

        Raises:
            IndexError: there is no next recording.
        """
        if self.replay is None:
            raise IndexError("nothing to replay: Options(recordings=...) is empty")
        self.replay.index += 1

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests so far, including those that met a fault."""
        return self.log.all()

    @property
    def mints(self) -> int:
        """Tokens minted so far."""
        return self.tokens.mints
