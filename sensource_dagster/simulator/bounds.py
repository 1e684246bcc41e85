"""The query of a count endpoint, read as the API reads it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from zoneinfo import ZoneInfo

from sensource_dagster.simulator.hourly_rows import CountName
from sensource_dagster.simulator.options import Options

EASTERN = ZoneInfo("America/New_York")
"""The zone of bare dates and of day buckets, whatever the account's own (measured in recorded responses)."""

_METRICS: dict[CountName, dict[str, str]] = {
    "traffic": {"ins": "sumins", "outs": "sumouts"},
    "occupancy": {
        "occupancy(max)": "maxoccupancy",
        "occupancy(min)": "minoccupancy",
        "occupancy(avg)": "avgoccupancy",
    },
}
_ENTITY_TYPES: dict[CountName, str] = {"traffic": "zone", "occupancy": "space"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{3}|\.\d{6})?)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True)
class Query:
    """The parsed query: hours since 1970-01-01T00:00Z, the fields of the metrics, and the bucket.

    `cut` has the hours of which the response has only a share, and that share. `without_closed_hours` says whether
    what was counted in closed hours is left out.
    """

    hours: range
    fields: frozenset[str]
    by_day: bool
    by_location: bool
    cut: Mapping[int, float]
    without_closed_hours: bool


def parse_query(name: CountName, parameters: Mapping[str, str], options: Options) -> Query:
    """Read the parameters. Unknown ones are ignored, as the API ignores them.

    Raises:
        ValueError: a parameter is missing or cannot be read. The message says which.
    """
    _expect(parameters, "relativeDate", "custom")
    by_location = name == "traffic" and parameters.get("entityType") == "location"
    if not by_location:
        _expect(parameters, "entityType", _ENTITY_TYPES[name])
    grouping = parameters.get("dateGroupings", "")
    if grouping not in {"hour", "day"}:
        raise ValueError(f"dateGroupings={grouping!r}: it must be hour or day")
    start, _ = _moment(parameters, "startDate")
    end, end_is_date = _moment(parameters, "endDate")
    inclusive = options.instant_end_inclusive and not end_is_date
    first, last = start.timestamp() / 3600, end.timestamp() / 3600
    whole = not options.filters_first
    hours = range(ceil(first) if whole else floor(first), floor(last) + 1 if inclusive else ceil(last))
    cut = {} if whole else {hour: _share(hour, first, last) for hour in (floor(first), floor(last))}
    further = {metric: f"sum{metric}" for metric in options.further_metrics} if name == "traffic" else {}
    fields = frozenset(_fields({**_METRICS[name], **further}, parameters.get("metrics", "")))
    without = {"true": True, "false": False}.get(
        parameters.get("excludeClosedHours", ""), options.excludes_closed_hours
    )
    return Query(hours, fields, grouping == "day", by_location, cut, without)


def _share(hour: int, first: float, last: float) -> float:
    """Return which share of an hour lies between two times (hours since 1970-01-01T00:00Z)."""
    return max(0.0, min(hour + 1, last) - max(hour, first))


def hours_between(start: datetime, end: datetime) -> range:
    """Return the hours that start in the half-open window [start, end) of aware datetimes."""
    return range(ceil(start.timestamp() / 3600), ceil(end.timestamp() / 3600))


def _expect(parameters: Mapping[str, str], name: str, value: str) -> None:
    if parameters.get(name) != value:
        raise ValueError(f"{name}={parameters.get(name)!r}: it must be {value}")


def _fields(known: Mapping[str, str], metrics: str) -> list[str]:
    try:
        return [known[metric] for metric in metrics.split(",")]
    except KeyError:
        raise ValueError(f"metrics={metrics!r}: it must be a list of {', '.join(known)}") from None


def _moment(parameters: Mapping[str, str], name: str) -> tuple[datetime, bool]:
    """Return the instant of a bound, and whether it was a bare date."""
    text = parameters.get(name, "")
    is_date = _DATE.fullmatch(text) is not None
    if not is_date and _INSTANT.fullmatch(text) is None:
        raise ValueError(f"{name}={text!r}: it must be a date or an instant")
    # Python 3.10 does not read the Z.
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=EASTERN)), is_date
