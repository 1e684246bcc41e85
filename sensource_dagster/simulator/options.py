"""The options of a simulator. They are checked when they are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Style = Literal["none", "seconds", "date"]
ErrorBody = Literal["json", "text", "empty"]
DayZone = Literal["eastern", "account"]
Doors = Literal["outer", "all"]


@dataclass(frozen=True)
class Door:
    """A door of an account whose doors are given, not generated."""

    site: str
    """The name that people know; its sensor and its zone have names of devices, as in real accounts."""
    location: int = 0
    """0 or 1: which of the two libraries it belongs to."""
    perimeter: bool = True
    """Whether it leads outside. Who goes through an interior door came in through an outer one."""
    size: float = 100
    """People who enter in the busiest hour of an ordinary day."""
    silent_from: date | None = None
    """The local day from which on its sensor is covered: it sends rows of zeros."""
    half_day: date | None = None
    """The local day from whose noon on its sensor is unplugged: the hours until midnight have no row."""


@dataclass(frozen=True)
class Options:
    """How large the simulated account is and how it behaves.

    Raises:
        ValueError: a value is not allowed. The message names the option, the value and what is allowed.
    """

    seed: int = 0
    """All values of the account are derived from it."""
    zones: int = 5
    """Counting zones, at least 1. If there are two or more, the clock of the second one is an hour ahead."""
    spaces: int = 2
    """Spaces with an occupancy, 0 or more."""
    doors: Sequence[Door] = ()
    """The doors in place of `zones` generated ones. All of them join, and a space is the whole of a library."""
    holidays: bool = False
    """Whether nobody comes on the days of `holidays.holiday_of`, and not only on New Year's Day and Christmas."""
    corrected: float = 0.06
    """Share of hours, 0 to 1, that are corrected later."""
    timezone: str = "America/Denver"
    """The account's IANA time zone: its opening hours and its lost fall-back hour."""
    opened: date | None = None
    """The first local day with counts; None means 1 January three years before the clock's year."""
    latency_seconds: float = 0
    """Seconds that every response waits."""
    port: int = 0
    """Port on 127.0.0.1; 0 takes a free one."""
    client_id: str = "demo"
    client_secret: str = "demo-secret"  # noqa: S105 - opens nothing but this stand-in
    token_seconds: int = 3600
    """Life of a token, on the simulator's clock."""
    mints_per_minute: int = 10
    """Tokens that a client gets within 60 seconds before the response is 429."""
    retry_after: Style = "none"
    """The form of the Retry-After header of a 429. What the real service sends is not known."""
    bad_credentials_status: int = 401
    """Status for a wrong id or secret: clients have met 400, 401 and 403."""
    bad_credentials_body: ErrorBody = "json"
    wrap_lists: bool = False
    """Send lists as ``{"results": [...]}`` and not as a bare array."""
    most_rows: int = 0
    """Rows that a response has at most; 0 for any number. The header X-Total-Count then has the number of all. The
    real service sends all rows, as far as is known."""
    instant_end_inclusive: bool = True
    """Whether an endDate that is an instant includes the hour that starts at it. Clients have met this reading."""
    filters_first: bool = False
    """Whether people outside the window are left out before the rest is grouped by hour. An hour that a bound cuts
    then has only a part of its people. Otherwise it is a whole row, or none. What the real service does is not
    known."""
    further_metrics: Sequence[str] = ()
    """Metrics of traffic beside ins and outs. The field of `groups` is `sumgroups`, and has half the ins."""
    further_lists: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """The rows of each list endpoint beside the five."""
    closed_hours_noise: int = 0
    """People whom each door counts in an hour in which it is closed: cleaners, guards."""
    excludes_closed_hours: bool = False
    """Whether that noise is left out if a request has no `excludeClosedHours`. Vea's own default is not known."""
    day_groups: DayZone = "eastern"
    """Whose days ``dateGroupings=day`` has: US Eastern ones, as measured, or those of `timezone`."""
    location_doors: Doors = "outer"
    """Whose ins the rows of ``entityType=location`` have. Which the real service takes is not known."""
    one_live_token: bool = True
    """Whether a new token ends the one before it. Clients in production have met this."""
    fault_rate: float = 0
    """Share of API requests, 0 to 1, that meet one of `faults.MIXED`. Token requests meet none."""
    recordings: Sequence[Mapping[str, Any]] = ()
    """Recorded traffic responses (``{"messages", "results"}``) to replay instead of a generated account."""

    def __post_init__(self) -> None:
        """Check every option."""
        _at_least("zones", self.zones, 1)
        _at_least("spaces", self.spaces, 0)
        _at_least("most_rows", self.most_rows, 0)
        _at_least("closed_hours_noise", self.closed_hours_noise, 0)
        _at_least("latency_seconds", self.latency_seconds, 0)
        _at_least("token_seconds", self.token_seconds, 1)
        _at_least("mints_per_minute", self.mints_per_minute, 1)
        _between("port", self.port, 0, 65535)
        _between("corrected", self.corrected, 0, 1)
        _between("fault_rate", self.fault_rate, 0, 1)
        _between("bad_credentials_status", self.bad_credentials_status, 400, 403)
        _one_of("retry_after", self.retry_after, get_args(Style))
        _one_of("day_groups", self.day_groups, get_args(DayZone))
        _one_of("location_doors", self.location_doors, get_args(Doors))
        _one_of("bad_credentials_body", self.bad_credentials_body, get_args(ErrorBody))
        for door in self.doors:
            _between("location", door.location, 0, 1)
            _at_least("size", door.size, 0)
        if not self.client_id or not self.client_secret:
            raise ValueError("client_id and client_secret must not be empty")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"timezone={self.timezone!r}: must be an IANA time zone, such as America/Denver"
            ) from None


def _at_least(name: str, value: float, least: float) -> None:
    if value < least:
        raise ValueError(f"{name}={value!r}: must be {least} or more")


def _between(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name}={value!r}: must be from {least} to {most}")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name}={value!r}: must be one of {', '.join(allowed)}")
