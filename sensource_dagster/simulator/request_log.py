"""The requests that a simulator has met, for tests to count and to look at."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sensource_dagster.simulator.clock import Clock


@dataclass(frozen=True)
class LoggedRequest:
    """A request without its headers and body, so that no secret and no token is kept."""

    method: str
    path: str
    query: Mapping[str, str]
    """Its parameters, without any that is named for a token or a secret."""
    status: int | None
    """None while there is no answer, and where the connection ended without one."""
    time: datetime
    """When it arrived, on the simulator's clock."""


class RequestLog:
    """Keeps requests in the order in which they arrived. Safe to use from several threads."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = Lock()
        self._requests: list[LoggedRequest] = []

    def add(self, request: LoggedRequest) -> int:
        """Append a request; return its place."""
        with self._lock:
            self._requests.append(request)
            return len(self._requests) - 1

    def set_status(self, place: int, status: int) -> None:
        """Complete the request at a place."""
        with self._lock:
            self._requests[place] = replace(self._requests[place], status=status)

    def all(self) -> list[LoggedRequest]:
        """Return a copy."""
        with self._lock:
            return list(self._requests)


class LogMiddleware:
    """Logs each request of an app."""

    def __init__(self, app: ASGIApp, log: RequestLog, clock: Clock) -> None:
        """Wrap `app`."""
        self._app = app
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. It is logged before the client can see any of the answer."""
        path: str = scope["path"]
        query = _harmless(scope["query_string"].decode())
        place = self._log.add(LoggedRequest(scope["method"], path, query, None, self._clock()))

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._log.set_status(place, message["status"])
            await send(message)

        await self._app(scope, receive, watch)


def _harmless(query: str) -> dict[str, str]:
    return {
        name: value
        for name, value in parse_qsl(query, keep_blank_values=True)
        if not any(word in name.lower() for word in ("token", "secret"))
    }
