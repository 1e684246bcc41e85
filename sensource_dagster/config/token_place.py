"""Where the processes of a deployment share their token: in a folder, or in a PostgreSQL database."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sensource_dagster.config.parsers import libpq

_DATABASE = "postgres:"


@dataclass(frozen=True)
class TokenDatabase:
    """A PostgreSQL database. `libpq` says where it is, and has no password."""

    libpq: str

    def __str__(self) -> str:
        """As SENSOURCE_TOKEN_CACHE has it."""
        return f"{_DATABASE}{self.libpq}"


TokenPlace = Path | TokenDatabase


def token_place_or_none(text: str) -> TokenPlace | None:
    """A folder, which need not exist yet, or `postgres:<libpq string>`. An empty text means none.

    Raises:
        ValueError: it is neither. The text says what is allowed, and quotes nothing of a libpq string.
    """
    if not text:
        return None
    if text.startswith(_DATABASE):
        return TokenDatabase(libpq(text.removeprefix(_DATABASE), "a token in PostgreSQL"))
    path = Path(text).expanduser()
    if "://" in text or (path.exists() and not path.is_dir()):
        raise ValueError(
            "it is not a folder; use the path of a folder of this user, on a local disk, or "
            f"{_DATABASE}<libpq string>"
        )
    return path


def token_directory(chosen: TokenPlace | None = None) -> Path:
    """The folder in which all processes of this user share the one live token of the account.

    Where the token is in a database, it has what may be lost: how much Vea could respond to at once.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 (never raises)
    return chosen if isinstance(chosen, Path) else Path(cache) / "sensource_dagster"


def token_database(chosen: TokenPlace | None) -> str:
    """The libpq string of the database with the token; empty where it is in a folder."""
    return chosen.libpq if isinstance(chosen, TokenDatabase) else ""
