"""Where a PostgreSQL server is: a libpq string, in which no password may stand."""

from __future__ import annotations

from psycopg2 import ProgrammingError
from psycopg2.extensions import make_dsn, parse_dsn

_SECRETS = ("password", "sslpassword")


def libpq_string(text: str) -> str:
    """The string in its form of keywords and values, whatever form it had; `postgresql://…` is one, too.

    Raises:
        ValueError: it cannot be read, or a password stands in it. The text quotes nothing of it.
    """
    try:
        parts: dict[str, str] = parse_dsn(text)
    except ProgrammingError:
        raise ValueError(
            "it is not a libpq string; use words such as host=db.example.org dbname=footfall user=sensource"
        ) from None
    if any(parts.get(name) for name in _SECRETS):
        raise ValueError(
            "a password stands in it, and every log would show that; set PGPASSWORD, or name a file with it in "
            "PGPASSFILE (postgresql.org/docs/current/libpq-pgpass.html)"
        )
    if not parts.get("dbname"):  # else libpq takes the user's name, and each machine another one
        raise ValueError("it names no database; add dbname=footfall, or the name of yours")
    return str(make_dsn(**parts))


def place(text: str) -> str:
    """The database in a person's words: `database footfall at db.example.org`."""
    parts = parse_dsn(text)
    host = parts.get("host") or parts.get("hostaddr") or "this machine"
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"database {parts['dbname']} at {host}{port}"
