"""Which rows a later request has confirmed. It left them as they were, so their `_synced_at` does not say so.

This stands beside the warehouse, so that a merge that changes nothing writes nothing into it. If it is lost, a
response that comes late can overwrite a row that a later request has confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone

import orjson

from sensource_dagster.contract.model import HOUR, SYNCED_AT
from sensource_dagster.contract.response import Window
from sensource_dagster.warehouse.kept_requests import KeptRequests, kept_requests
from sensource_dagster.warehouse.schema import Target
from sensource_dagster.warehouse.sql import identifier, same_key

_Keys = dict[str, list[int]]
"""The hours of each zone or space. An entry of a list has none."""

_EPOCH = datetime.fromtimestamp(0, timezone.utc)
_DAY = timedelta(days=1) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Request:
    """A request whose response was merged. Times are in microseconds since the epoch.

    Attributes:
        start: of its window; None for a list. So is `end`.
        lacks: the rows that the response does not have, though they are in the table and the window. None if the
            response is a whole list, so that every entry that it does not have is deleted.
    """

    table: str
    at: int
    start: int | None
    end: int | None
    lacks: _Keys | None

    def touches(self, window: Window | None) -> bool:
        """Whether it can confirm rows of a window; None is a list, or any hour."""
        if self.start is None or self.end is None or window is None:
            return True
        first, end = map(_microseconds, window)
        return self.start < end and first < self.end

    def confirms_all_of(self, other: Request) -> bool:
        """Whether it confirms each row that an earlier request has confirmed."""
        inside = self.start is None or (self.start <= (other.start or 0) and (other.end or 0) <= (self.end or 0))
        return not self.lacks and self.table == other.table and self.at >= other.at and inside


class Confirmations:
    """What later requests have confirmed of a table into which a response is merged. It is made before the merge.

    A request that seems to be more than a day later than this one is of a clock that was wrong. It confirms
    nothing. Nor does one of other hours: a backfill makes hundreds of these, and each would be a part of the SQL.
    """

    def __init__(self, target: Target, requested_at: datetime, window: Window | None) -> None:
        self._target, self._at = target, _microseconds(requested_at)
        self._kept = kept_requests(target.connection)
        self._later, self._others = list[Request](), list[Request]()
        for request in _read(self._kept):
            if abs(request.at - self._at) < _DAY:  # what is older is forgotten
                is_later = request.table == target.table.name and request.at > self._at
                (self._later if is_later and request.touches(window) else self._others).append(request)
        if self._later:
            self._stage_what_is_lacking()

    @property
    def is_late(self) -> bool:
        """Whether the response of a later request has been merged."""
        return bool(self._later)

    @property
    def delists(self) -> bool:
        """Whether a later response has the whole list. An entry that it does not confirm is deleted."""
        return any(request.lacks is None for request in self._later)

    def confirmed(self, row: str) -> str:
        """SQL for whether a later request has confirmed a row of the table."""
        return " OR ".join(self._confirms(number, row) for number in range(len(self._later))) or "false"

    def later(self, row: str) -> str:
        """SQL for whether a row of the table has the values of a later request, which stay.

        Its parameter is `requested_at`. A stamp more than a day later is of a clock that was wrong, too. It must
        not lock the row.
        """
        written, requested = f"{row}.{identifier(SYNCED_AT)}", "$requested_at::TIMESTAMPTZ"
        return f"(({written} > {requested} AND {written} < {requested} + INTERVAL 1 DAY) OR {self.confirmed(row)})"

    def request_of(self, window: Window | None, *, whole_list: bool) -> Request:
        """The staged response as a request that confirms rows. The later ones do not confirm what it inserts."""
        entity = f"t.{identifier(self._target.table.key[0])}"
        hour = f"epoch_us(t.{HOUR})" if window else "NULL"
        if self._later:
            inserted = self._keys(f"SELECT {entity}, {hour} FROM incoming t WHERE \"~change\" = 'inserted'")
            for request in self._later:
                _add(request.lacks, inserted)
        lacks: _Keys | None = None if whole_list else {}
        if not whole_list:
            among = f"t.{HOUR} >= ? AND t.{HOUR} < ?" if window else "true"
            missing = f"NOT EXISTS (SELECT 1 FROM incoming s WHERE {same_key(self._target.table)})"
            query = f"SELECT {entity}, {hour} FROM {self._target.name} t WHERE {among} AND {missing}"
            _add(lacks, self._keys(query, window or ()))
        start, end = map(_microseconds, window) if window else (None, None)
        return Request(self._target.table.name, self._at, start, end, lacks)

    def write(self, request: Request) -> None:
        """Keep what the merge was about, once it is done."""
        if self._kept:
            kept = [other for other in self._others if not request.confirms_all_of(other)]
            self._kept.write(orjson.dumps([asdict(each) for each in (*self._later, *kept, request)]).decode())

    def _keys(self, query: str, given: Iterable[datetime] = ()) -> list[tuple[str, int | None]]:
        return self._target.connection.execute(query, list(given)).fetchall()

    def _confirms(self, number: int, row: str) -> str:
        request = self._later[number]
        lacked = f"l.request = {number} AND l.entity = {row}.{identifier(self._target.table.key[0])}"
        within = ""
        if request.start is not None:
            hour = f"epoch_us({row}.{HOUR})"
            lacked += f" AND l.hour = {hour}"
            within = f"{hour} >= {request.start} AND {hour} < {request.end} AND "
        return f"({within}NOT EXISTS (SELECT 1 FROM temp.main.lacked l WHERE {lacked}))"

    def _stage_what_is_lacking(self) -> None:
        keys: list[tuple[int, str, int | None]] = []
        for number, request in enumerate(self._later):
            for entity, hours in (request.lacks or {}).items():
                keys += [(number, entity, hour) for hour in hours] or [(number, entity, None)]
        names = ("numbers", "entities", "hours")
        self._target.connection.execute(
            """CREATE OR REPLACE TEMP TABLE lacked AS SELECT unnest($numbers::BIGINT[]) AS request,
            unnest($entities::VARCHAR[]) AS entity, unnest($hours::BIGINT[]) AS hour""",
            {name: [key[n] for key in keys] for n, name in enumerate(names)},
        )


def _add(lacks: _Keys | None, keys: Iterable[tuple[str, int | None]]) -> None:
    if lacks is None:
        return
    for entity, hour in keys:
        lacks.setdefault(entity, []).extend([] if hour is None else [hour])


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _read(kept: KeptRequests | None) -> list[Request]:
    with suppress(ValueError, TypeError):
        return [Request(**request) for request in orjson.loads((kept and kept.read()) or "[]")]
    return []
