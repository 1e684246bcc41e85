"""How patient the client is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HttpPolicy:
    """Time limits (seconds), tries and size limit (bytes) of one question to Vea.

    A try ends at its `deadline`, however slowly bytes still come. After a failed try the client waits
    `first_wait`, then twice as long each time, up to `max_wait`, plus up to `first_wait` at random; or as long
    as the answer's `Retry-After` says, up to 120 s.

    The worst case by default: 5 tries of 180 s and 4 waits of 120 s, 23 minutes; where nothing says `Retry-After`,
    15 minutes and 19 s. A token that is refused along the way adds at most three requests and one renewal
    (see `TokenStore.for_one_question`) to the whole question, not to each try.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    deadline: float = 180.0
    max_tries: int = 5
    first_wait: float = 1.0
    max_wait: float = 60.0
    max_answer_bytes: int = 256 * 2**20
