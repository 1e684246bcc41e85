"""Which request meets which fault, and when. The faults themselves are in `fault_kinds`."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from starlette.types import ASGIApp, Receive, Scope, Send

from sensource_dagster.simulator.fault_kinds import Fault, cut, html, reset, status

MIXED: tuple[Fault, ...] = (
    status(500),
    status(502),
    status(503, retry_after="1"),
    status(429, retry_after="1"),
    status(401),
    reset(),
    cut(),
    cut(gzipped=True),
    html(),
)
"""Transient faults, which a client with retries survives."""


@dataclass
class _Planned:
    fault: Fault
    path: str
    times: int


@dataclass
class _Chance:
    probability: float
    faults: Sequence[Fault]
    path: str
    dice: random.Random


class Faults:
    """The faults that are switched on. Safe to use from several threads."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = Lock()
        self._planned: list[_Planned] = []
        self._chances: list[_Chance] = []

    def next(self, fault: Fault, times: int = 1, path: str = "/") -> None:
        """Let the next `times` requests whose path starts with `path` meet `fault`.

        Faults planned earlier come first.
        """
        with self._lock:
            self._planned.append(_Planned(fault, path, times))

    def at_random(self, probability: float, faults: Sequence[Fault], path: str = "/", seed: int = 0) -> None:
        """Let each request whose path starts with `path` meet one of `faults`, with this probability."""
        with self._lock:
            self._chances.append(_Chance(probability, faults, path, random.Random(seed)))

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._planned.clear()
            self._chances.clear()

    @property
    def planned(self) -> int:
        """Planned faults that no request has met yet."""
        with self._lock:
            return sum(plan.times for plan in self._planned)

    def take(self, path: str) -> Fault | None:
        """Return the fault that a request for `path` meets now."""
        with self._lock:
            for plan in self._planned:
                if path.startswith(plan.path):
                    plan.times -= 1
                    if plan.times == 0:
                        self._planned.remove(plan)
                    return plan.fault
            for chance in self._chances:
                if path.startswith(chance.path) and chance.dice.random() < chance.probability:
                    return chance.dice.choice(chance.faults)
        return None


class FaultMiddleware:
    """Calls the faults that are switched on instead of an app."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        """Wrap `app`."""
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        fault = self._faults.take(scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await fault(self._app, scope, receive, send)
