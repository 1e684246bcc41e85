"""How many people come and go: believable final values for any hour, from a key alone."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import cos, pi
from zoneinfo import ZoneInfo

from sensource_dagster.simulator.draws import draws
from sensource_dagster.simulator.holidays import holiday_of

# Share of the busiest hour, by local hour from 0 to 23. Zero is closed.
_WEEKDAY = (
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0.05,
    0.3,
    0.5,
    0.65,
    0.85,
    0.8,
    0.7,
    0.75,
    0.85,
    0.9,
    0.7,
    0.4,
    0.1,
    0,
    0,
    0,
)
_SUNDAY = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.2, 0.55, 0.8, 1.0, 0.95, 0.8, 0.55, 0.2, 0, 0, 0, 0, 0, 0)
_WEEKDAYS = (0.75, 0.7, 0.8, 0.85, 1.1, 1.5, 1.2)  # Monday first
_CLOSED_DAYS = {(1, 1), (12, 25)}
_BUSIEST_DAY = 350  # of the year: mid-December


@dataclass(frozen=True)
class Counter:
    """A zone or a space, and how many people it counts."""

    key: bytes
    id: str
    name: str
    size: float
    """People who enter in the busiest hour of an ordinary day."""
    balance: float
    """Outs for each in. Real counters do not balance, so their running difference drifts."""
    ahead_hours: int = 0
    """Hours by which the device's clock is ahead of the true time."""
    silent_from: int | None = None
    """The true hour, since 1970-01-01T00:00Z, from which on it counts nobody."""
    unplugged: range = range(0)
    """The true hours, since then, of which it never sends a row."""


@lru_cache(maxsize=100_000)
def busyness(key: bytes, zone: ZoneInfo, hour: int, holidays: bool) -> float:
    """Return how busy the whole account is in an hour: 0 when closed, about 1 when busy.

    Args:
        key: the account's key; two accounts have different weather.
        zone: the time zone of the opening hours.
        hour: hours since 1970-01-01T00:00Z.
        holidays: whether all holidays are closed days.
    """
    local = datetime.fromtimestamp(hour * 3600, zone)
    if (local.month, local.day) in _CLOSED_DAYS or (holidays and holiday_of(local.date())):
        return 0
    weekday = local.weekday()
    shape = (_SUNDAY if weekday == 6 else _WEEKDAY)[local.hour]
    season = 1 + 0.25 * cos(2 * pi * (local.timetuple().tm_yday - _BUSIEST_DAY) / 365.25)
    weather = 0.8 + 0.4 * draws(key, local.toordinal(), b"weather")[0]
    return shape * _WEEKDAYS[weekday] * season * weather


def flow(counter: Counter, hour: int, busy: float, busy_before: float) -> tuple[int, int]:
    """Return (ins, outs) of a whole hour; people leave about twenty minutes after they came."""
    noise = draws(counter.key, hour, b"flow")
    ins = counter.size * busy * (0.7 + 0.6 * noise[0])
    outs = counter.size * counter.balance * (0.65 * busy + 0.35 * busy_before) * (0.7 + 0.6 * noise[1])
    return round(ins), round(outs)


def occupancy(counter: Counter, hour: int, busy: float, busy_before: float) -> tuple[int, int, float]:
    """Return (min, max, average) of people inside in a whole hour: 0 <= min <= average <= max.

    Each hour is drawn alone and is not a sum of ins and outs: a real occupancy is reset every night.
    """
    noise = draws(counter.key, hour, b"occupancy")
    level = counter.size * (0.5 * busy + 0.3 * busy_before)
    least = int(level * (0.5 + 0.3 * noise[0]))
    most = least + int(level * (0.2 + 0.4 * noise[1]))
    return least, most, least + (most - least) * (0.3 + 0.4 * noise[2])
