"""Parsers of the variables of the alerts. As in `parsers.py`, no text quotes a part of a secret."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from sensource_dagster.config.parsers import host, parts_of_url

_ADDRESS = re.compile(r"[^@\s,<>]+@[^@\s,<>]+")
_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True)
class MailServer:
    """Where e-mails are handed in, and as whom. `tls` means TLS from the first byte; otherwise STARTTLS."""

    host: str
    port: int
    tls: bool
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def webhook_or_none(text: str) -> str | None:
    """An http(s) URL; other than the URL of the API it may have a query. An empty text means none."""
    if not text:
        return None
    advice = "use the https:// URL of an incoming webhook of Slack or Teams, in one piece"
    parts = parts_of_url(text, advice)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", text) or parts.username:
        raise ValueError(f"it is not an http(s) URL; {advice}")
    return text


def addresses(text: str) -> tuple[str, ...]:
    """E-mail addresses. An empty text means none."""
    names = tuple(name.strip() for name in text.split(",")) if text else ()
    for name in names:
        if not _ADDRESS.fullmatch(name) or not name.isascii():
            shown = "a URL" if "//" in name else repr(name)  # it may be a secret
            raise ValueError(f"{shown} is not an e-mail address; use name@host, separated by commas")
    return names


def address_or_none(text: str) -> str | None:
    found = addresses(text)
    if len(found) > 1:
        raise ValueError("use one e-mail address")
    return found[0] if found else None


def mail_server(text: str) -> MailServer:
    """`smtp://host`, with a user, a password and a port if it needs them. In these a %40 stands for an @."""
    advice = "use smtp://host, smtp://user:password@host:587 or smtps://user:password@host (write an @ as %40)"
    parts = parts_of_url(text, advice)
    extra = parts.path not in ("", "/") or parts.query or parts.fragment
    if parts.scheme not in _PORTS or not host(text) or extra or re.search(r"\s", text):
        raise ValueError(f"it is not the URL of a mail server; {advice}")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError(f"a user needs a password, and a password a user; {advice}")
    usual = 587 if user and parts.scheme == "smtp" else _PORTS[parts.scheme]
    return MailServer(host(text), parts.port or usual, parts.scheme == "smtps", user, password)


def toml_file(text: str) -> Path:
    path = Path(text).expanduser()
    if not text or path.is_dir():
        raise ValueError("it is not a file; use the path of a TOML file, such as alarms.toml")
    return path
