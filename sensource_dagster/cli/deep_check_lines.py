"""The assumptions about the Vea API, and what the project does about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sensource_dagster.cli import deep_check_bounds as bounds
from sensource_dagster.cli import deep_check_shapes as shapes
from sensource_dagster.cli.deep_check_requests import Facts
from sensource_dagster.cli.deep_check_seen import NotKnownError, Seen


@dataclass(frozen=True)
class Assumption:
    """A sentence about the API.

    Attributes:
        judge: whether it holds.
        does: what the project does about it.
        needed: whether rows would be wrong or missing if it did not hold.
    """

    text: str
    judge: Callable[[Facts], Seen]
    does: str
    needed: bool = False


@dataclass(frozen=True)
class Line:
    """What is known of an assumption. `held` is None if it is not known."""

    assumption: Assumption
    held: bool | None
    words: str
    public: str

    @property
    def is_wrong(self) -> bool:
        return self.held is False and self.assumption.needed


_REPORT = "It relies on this. If it does not hold, rows are missing or wrong: report it"

ASSUMPTIONS = (
    Assumption("Instants with Z bound a response in UTC", bounds.instants, _REPORT, needed=True),
    Assumption("A response of many days has all of its rows", bounds.complete, _REPORT, needed=True),
    Assumption("Each row has a key of its own", shapes.keys, _REPORT, needed=True),
    Assumption(
        "A response has all rows in one page", shapes.whole, "A run fails if it does not hold", needed=True
    ),
    Assumption(
        "Vea answers 30 days of traffic in one request",
        bounds.windows,
        "It requests at most 30 days at once, and half of them if Vea does not answer",
    ),
    Assumption("endDate is exclusive for instants", bounds.end, "It drops rows outside of the window"),
    Assumption(
        "An hour that a bound cuts is whole or missing", bounds.half_hours, "It requests whole UTC hours only"
    ),
    Assumption(
        "Closed hours are included without excludeClosedHours",
        bounds.closed_hours,
        "It sends excludeClosedHours only if SENSOURCE_EXCLUDE_CLOSED_HOURS is set",
    ),
    Assumption("Vea's day groups are local days", bounds.day_groups, "It sums hourly rows up by local day"),
    Assumption(
        "Vea's ins of a location are those of its outer doors",
        bounds.location,
        "Its view location_daily counts the outer doors",
    ),
    Assumption(
        "Rows have only the fields of the contract", shapes.fields, "It keeps other fields in columns of their own"
    ),
    Assumption(
        "Beside its rows a response has only empty messages",
        shapes.beside,
        "It names others in the log, and does not read them",
    ),
    Assumption("Lists are bare arrays", shapes.bare_lists, "It reads objects with results too"),
    Assumption(
        "There are no lists but the known five",
        shapes.further_lists,
        "It reads those that SENSOURCE_STATIC_ENDPOINTS names",
    ),
    Assumption(
        "A second token ends the first one", shapes.second_token, "All its processes share one token in a file"
    ),
)


def judge(facts: Facts) -> list[Line]:
    return [_line(assumption, facts) for assumption in ASSUMPTIONS]


def _line(assumption: Assumption, facts: Facts) -> Line:
    try:
        seen = assumption.judge(facts)
    except NotKnownError as error:
        return Line(assumption, None, str(error), error.public)
    return Line(assumption, seen.held, seen.words, seen.public or seen.words)
