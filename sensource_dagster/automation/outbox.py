"""Alerts that wait to be sent: each way of each alert is tried at every tick until it works, for a day."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from logging import Logger
from typing import Any

from sensource_dagster.automation.alerts import Alert
from sensource_dagster.automation.notify import Way
from sensource_dagster.errors import AlertError

_GIVEN_UP_AFTER = 86_400.0  # seconds
_MOST = 100
_SENDS_FOR = 20.0
"""Seconds of a tick, after which the others wait for the next one. Dagster ends a tick after 60 seconds, and would
forget what it has sent. The slowest way takes 35."""


@dataclass(frozen=True)
class Unsent:
    """One way of one alert. `since` is when it was tried first, as a timestamp."""

    alert: Alert
    way: str
    since: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Unsent:
        return cls(Alert(**saved["alert"]), saved["way"], saved["since"])


@dataclass
class Outbox:
    """Sends by all ways, each way of an alert once. A way that failed is left alone for the rest of the tick."""

    ways: Mapping[str, Way]
    log: Logger
    waiting: list[Unsent] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    """Why a way failed in this tick."""
    _began: float = field(default_factory=time.monotonic)

    def send(self, alert: Alert) -> None:
        self._send([Unsent(alert, way, time.time()) for way in self.ways])

    def send_again(self, unsent: Sequence[Unsent]) -> None:
        """Those of earlier ticks. What is a day old, or has no way any more, is given up."""
        recent = [one for one in unsent if one.way in self.ways and time.time() - one.since < _GIVEN_UP_AFTER]
        for one in unsent:
            if one not in recent:
                self.log.error("Given up, it could not be sent by %s: %s", one.way, one.alert.title)
        self._send(recent)

    def _send(self, some: Sequence[Unsent]) -> None:
        for one in some:
            if one.way in self.problems or time.monotonic() - self._began > _SENDS_FOR or not self._is_sent(one):
                self.waiting.append(one)
        for one in self.waiting[:-_MOST]:
            self.log.error("Given up, more than %d alerts wait: %s", _MOST, one.alert.title)
        self.waiting = self.waiting[-_MOST:]

    def _is_sent(self, one: Unsent) -> bool:
        try:
            self.ways[one.way](one.alert)
        except AlertError as error:
            self.problems[one.way] = str(error)
        except Exception as error:  # noqa: BLE001 # of a way that a user has added; its text may hold a secret
            self.problems[one.way] = f"{one.way} failed with {type(error).__name__}."
        else:
            return True
        self.log.error("%s It is tried again at the next tick.", self.problems[one.way])
        return False
