"""OAuth client credentials: one live token per client, and a limit on tokens per minute."""

import json
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from threading import Lock

from sensource_dagster.simulator.clock import Clock
from sensource_dagster.simulator.options import Options

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class TokenResponse:
    """A response of the token endpoint."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


class Tokens:
    """Mints tokens and knows the live one. Safe to use from several threads."""

    def __init__(self, options: Options, clock: Clock) -> None:
        """Start without any live token."""
        self._options = options
        self._clock = clock
        self._lock = Lock()
        self._minted_at: deque[datetime] = deque()
        self._live: dict[str, datetime] = {}
        self.mints = 0
        """Tokens minted so far."""

    def respond(self, request: Mapping[str, str]) -> TokenResponse:
        """Return the response to a token request. `request` holds the fields of its body."""
        if request.get("grant_type") != "client_credentials":
            return TokenResponse(400, '{"error":"unsupported_grant_type"}')
        options = self._options
        if (request.get("client_id"), request.get("client_secret")) != (
            options.client_id,
            options.client_secret,
        ):
            return self._refusal()
        now = self._clock()
        with self._lock:
            while self._minted_at and now - self._minted_at[0] >= _MINUTE:
                self._minted_at.popleft()
            if len(self._minted_at) >= options.mints_per_minute:
                return self._too_many(now)
            self._minted_at.append(now)
            self.mints += 1
            token = secrets.token_hex(32)
            if options.one_live_token:
                self._live.clear()
            self._live[token] = now + timedelta(seconds=options.token_seconds)
        body = {
            "access_token": token,
            "refresh_token": secrets.token_hex(32),
            "expires_in": options.token_seconds,
            "token_type": "Bearer",
        }
        return TokenResponse(200, json.dumps(body))

    def accepts(self, authorization: str) -> bool:
        """Return whether an Authorization header holds a live token."""
        scheme, _, token = authorization.partition(" ")
        with self._lock:
            ends = self._live.get(token)
            return scheme.lower() == "bearer" and ends is not None and self._clock() < ends

    def end(self) -> None:
        """End every live token, as a token request of another process would."""
        with self._lock:
            self._live.clear()

    def _refusal(self) -> TokenResponse:
        status = self._options.bad_credentials_status
        style = self._options.bad_credentials_body
        if style == "json":
            body = {"error": "invalid_client", "error_description": "Client authentication failed"}
            return TokenResponse(status, json.dumps(body))
        return TokenResponse(status, "Unauthorized" if style == "text" else "", media_type="text/plain")

    def _too_many(self, now: datetime) -> TokenResponse:
        free_again = self._minted_at[0] + _MINUTE
        headers = {}
        if self._options.retry_after == "seconds":
            headers["Retry-After"] = str(max(1, round((free_again - now).total_seconds())))
        if self._options.retry_after == "date":
            headers["Retry-After"] = format_datetime(free_again, usegmt=True)
        return TokenResponse(429, '{"error":"too_many_requests"}', headers)
