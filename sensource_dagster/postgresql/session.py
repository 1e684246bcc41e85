"""A short session with PostgreSQL, for a question or a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from psycopg2.extensions import connection

_CONNECT_SECONDS = 10


@contextmanager
def session(libpq: str, application: str) -> Iterator[connection]:
    """It is closed at the end of the block.

    Args:
        application: what it is for, in few words; the server's list of sessions shows it.

    Raises:
        psycopg2.Error: the server cannot be reached or refuses.
    """
    connected = psycopg2.connect(*(libpq,), connect_timeout=_CONNECT_SECONDS, application_name=application)
    with closing(connected) as made:
        yield made
