"""Timeouts, retries and size limit of the requests to Vea."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HttpPolicy:
    """Timeouts (seconds), number of attempts and size limit (bytes) of one request to Vea.

    An attempt ends at its `deadline`, even if bytes still arrive. After the first failed attempt the client waits
    `first_wait`. Each later wait is twice as long, up to `max_wait`. Each wait has up to `first_wait` added at
    random. If the response has a `Retry-After` header, the client waits as long as that says, up to 120 s.

    The longest a request can take by default is 23 minutes: 5 attempts of 180 s and 4 waits of 120 s. Without
    `Retry-After` it is 15 minutes and 19 s. A refused token adds at most three requests and one renewal (see
    `LiveToken.for_one_request`). That limit holds for the whole request, not for each attempt.

    HTTP 504 that comes sooner than `soonest_overload` is no sign of too much data. It says that nothing is there:
    a gateway waits longer for a response that is being made.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    deadline: float = 180.0
    max_attempts: int = 5
    first_wait: float = 1.0
    max_wait: float = 60.0
    soonest_overload: float = 5.0
    max_response_bytes: int = 256 * 2**20
