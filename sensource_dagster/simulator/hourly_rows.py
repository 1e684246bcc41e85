"""The rows of counts that an account holds at a moment."""

from datetime import date, datetime
from math import ceil
from typing import Literal
from zoneinfo import ZoneInfo

from sensource_dagster.simulator.draws import draws, key_of
from sensource_dagster.simulator.footfall import Counter, busyness, flow, occupancy
from sensource_dagster.simulator.late_data import is_lost, known_share
from sensource_dagster.simulator.options import Options
from sensource_dagster.simulator.simulated_account import Account, ListName, Row, first_hour

CountName = Literal["traffic", "occupancy"]
HOUR_FIELD = "recordDate_hour_1"
NOISE = "noise"
"""Not a field of the API: how many of a row's ins and outs were counted while the door was closed."""
ID_FIELDS: dict[CountName, str] = {"traffic": "zoneId", "occupancy": "spaceId"}

_RECORD_ERRORS = 0.01  # share of occupancy rows that carry recordError


class GeneratedSource:
    """A generated account: entities, and counts from its opening to the running hour."""

    def __init__(self, options: Options, opened: date) -> None:
        """Open the account at local midnight of `opened`."""
        self._account = Account(options, opened)
        self._zone = ZoneInfo(options.timezone)
        self._holidays = options.holidays
        self._corrected = options.corrected
        self._further = options.further_metrics
        self._noise = options.closed_hours_noise
        self._weather = key_of(options.seed, "weather")
        self._first_hour = first_hour(opened, self._zone)
        self._counters: dict[CountName, list[Counter]] = {
            "traffic": sorted(self._account.zones, key=lambda counter: counter.id),
            "occupancy": sorted(self._account.spaces, key=lambda counter: counter.id),
        }

    def entities(self, name: ListName) -> list[Row]:
        """Return the rows of a list endpoint."""
        return self._account.entities(name)

    def counts(self, name: CountName, hours: range, now: datetime) -> list[Row]:
        """Return the rows that exist at `now`, with every field, sorted by hour, then id.

        Args:
            name: traffic has a row for each zone and hour, occupancy for each space and hour.
            hours: hours since 1970-01-01T00:00Z.
            now: an aware datetime.
        """
        counters = self._counters[name]
        moment = now.timestamp()
        ahead = max((counter.ahead_hours for counter in counters), default=0)
        last_hour = int(moment // 3600) + ahead
        make_row = self._traffic_row if name == "traffic" else self._occupancy_row
        rows: list[Row] = []
        for hour in range(max(hours.start, self._first_hour), min(hours.stop, last_hour + 1)):
            if is_lost(self._zone, hour):
                continue
            stamp = stamp_of(hour)
            for counter in counters:
                true_hour = hour - counter.ahead_hours
                if hour in counter.unplugged:
                    continue
                share = known_share(counter.key, true_hour, moment, self._corrected)
                if share is not None:
                    rows.append(make_row(counter, stamp, true_hour, share))
        return rows

    def _busy(self, hour: int) -> tuple[float, float]:
        return (
            busyness(self._weather, self._zone, hour, self._holidays),
            busyness(self._weather, self._zone, hour - 1, self._holidays),
        )

    def _traffic_row(self, counter: Counter, stamp: str, hour: int, share: float) -> Row:
        busy = self._busy(hour)
        ins, outs = flow(counter, hour, *busy)
        noise = 0 if busy[0] else self._noise
        if counter.silent_from is not None and hour >= counter.silent_from:
            ins = outs = noise = 0
        row: Row = {
            HOUR_FIELD: stamp,
            "zoneId": counter.id,
            "name": counter.name,
            "sumins": int(ins * share) + noise,
            "sumouts": int(outs * share) + noise,
        }
        row.update({f"sum{metric}": row["sumins"] // 2 for metric in self._further})
        return {**row, NOISE: noise} if noise else row

    def _occupancy_row(self, counter: Counter, stamp: str, hour: int, share: float) -> Row:
        busy = self._busy(hour)
        ins, outs = flow(counter, hour, *busy)
        least, most, average = occupancy(counter, hour, *busy)
        row: Row = {
            HOUR_FIELD: stamp,
            "spaceId": counter.id,
            "name": counter.name,
            "maxoccupancy": least + ceil((most - least) * share),
            "minoccupancy": least,
            # A string, as clients of the real API have met it.
            "avgoccupancy": str(round(least + (average - least) * share, 1)),
            "sumins": int(ins * share),
            "sumouts": int(outs * share),
        }
        if draws(counter.key, hour, b"recordError")[0] < _RECORD_ERRORS:
            row["recordError"] = True
        return row


def stamp_of(hour: int) -> str:
    """Return the API's text for the start of an hour (hours since 1970-01-01T00:00Z)."""
    return f"{datetime.fromtimestamp(hour * 3600, ZoneInfo('UTC')):%Y-%m-%dT%H}:00:00.000Z"
