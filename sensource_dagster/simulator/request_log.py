"""The requests that a simulator has received, for tests to inspect."""

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
    """Its parameters, without those whose name contains `token` or `secret`."""
    status: int | None
    """None while there is no response, and if the connection ended without one."""
    time: datetime
    """When it arrived, on the simulator's clock."""


class RequestLog:
    """Keeps requests in the order in which they arrived. Safe to use from several threads."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = Lock()
        self._requests: list[LoggedRequest] = []

    def add(self, request: LoggedRequest) -> int:
        """Append a request and return its index."""
        with self._lock:
            self._requests.append(request)
            return len(self._requests) - 1

    def set_status(self, index: int, status: int) -> None:
        """Set the status of the request at an index."""
        with self._lock:
            self._requests[index] = replace(self._requests[index], status=status)

    def all(self) -> list[LoggedRequest]:
        """Return a copy of all requests."""
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
        """Handle one request. It is logged before the client can see any of the response."""
        path: str = scope["path"]
        query = _harmless(scope["query_string"].decode())
        index = self._log.add(LoggedRequest(scope["method"], path, query, None, self._clock()))

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._log.set_status(index, message["status"])
            await send(message)

        await self._app(scope, receive, watch)


def _harmless(query: str) -> dict[str, str]:
    return {
        name: value
        for name, value in parse_qsl(query, keep_blank_values=True)
        if not any(word in name.lower() for word in ("token", "secret"))
    }
