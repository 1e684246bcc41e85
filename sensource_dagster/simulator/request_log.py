"""The requests that a simulator has met, for tests to count and to look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .clock import Clock


@dataclass(frozen=True)
class LoggedRequest:
    """A request without its headers and body, so that no secret and no token is kept."""

    method: str
    path: str
    query: Mapping[str, str]
    """Parameters of a count request; of other requests none are kept."""
    status: int | None
    """None where the connection ended without an answer."""
    time: datetime
    """When it arrived, on the simulator's clock."""


class RequestLog:
    """Keeps requests in the order in which they were answered. Safe to use from several threads."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = Lock()
        self._requests: list[LoggedRequest] = []

    def add(self, request: LoggedRequest) -> None:
        """Append a request."""
        with self._lock:
            self._requests.append(request)

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
        """Answer one request, and log it once its status is known: before the client can see it."""
        arrived = self._clock()
        logged = False

        def log(status: int | None) -> None:
            nonlocal logged
            logged = True
            path: str = scope["path"]
            query = dict(parse_qsl(scope["query_string"].decode())) if path.startswith("/api/data/") else {}
            self._log.add(LoggedRequest(scope["method"], path, query, status, arrived))

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                log(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            if not logged:
                log(None)
