"""Where processes share one token: in a file of one machine, or in a row in PostgreSQL for several."""

from __future__ import annotations

import logging
import math
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sensource_dagster.vea.account import VeaAccount

Log = logging.Logger | logging.LoggerAdapter[Any]
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")  # RFC 6750; anything else cannot be sent in a header


@dataclass(frozen=True)
class Token:
    """A token and, in seconds since the epoch, when it was minted and when to renew it.

    `after_refusal` says that it was minted because Vea refused the token before it, not because that one had
    expired.
    """

    text: str = field(repr=False)
    minted_at: float
    renew_at: float
    after_refusal: bool = False

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.text):
            raise ValueError("not a bearer token")
        if not (math.isfinite(self.minted_at) and math.isfinite(self.renew_at)):
            raise ValueError("not a time")


class TokenStore(Protocol):
    """Nothing about a store can stop a sync.

    If it cannot be used, the process keeps its token to itself, for all its clients, and logs one warning.
    """

    def locked(self) -> AbstractContextManager[None]:
        """Hold the lock that only one of all processes with this store can hold.

        Raises:
            VeaUnavailableError: another process held the lock during the whole wait.
        """

    def read(self) -> Token | None:
        """The token in the store, or this process's own token if it could not be stored."""

    def write(self, token: Token) -> None:
        """Replace the token. The caller holds the lock."""


def token_store(account: VeaAccount, key: str, lock_wait: float, log: Log) -> TokenStore:
    """The store of an account.

    Args:
        key: tells the tokens in one store apart, and says nothing about the account.
        lock_wait: seconds to wait for another process that is minting.
    """
    if account.token_database:
        # psycopg2 comes with an extra, which a deployment on one machine does not need.
        from sensource_dagster.vea.token_row import TokenRow  # noqa: PLC0415

        return TokenRow(account.token_database, key, lock_wait, log)
    from sensource_dagster.vea.token_file import TokenFile  # noqa: PLC0415

    return TokenFile(account.token_dir, key, lock_wait, log)
