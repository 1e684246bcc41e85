"""Which Vea account, where, and as whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sensource_dagster.config.parsers import is_loopback
from sensource_dagster.errors import VeaConfigurationError


@dataclass(frozen=True)
class VeaAccount:
    """An API client of a Vea account.

    `/api/...` is appended to `api_url`. `auth_url` is the whole URL of the token endpoint. `token_dir` holds the
    token that all processes of a deployment share; unless they share it in `token_database`, a libpq string of a
    PostgreSQL database. Plain http is for loopback only, unless `allow_plain_http`.

    Raises:
        VeaConfigurationError: a URL is not http(s), holds a password or would send the secret unencrypted; or the
            id or the secret is empty.
    """

    api_url: str
    auth_url: str
    client_id: str
    client_secret: str = field(repr=False)
    token_dir: Path
    allow_plain_http: bool = False
    token_database: str = ""

    def __post_init__(self) -> None:
        _check_url("SENSOURCE_API_URL", self.api_url, self.allow_plain_http)
        _check_url("SENSOURCE_AUTH_URL", self.auth_url, self.allow_plain_http)
        if not self.client_id or not self.client_secret:
            raise VeaConfigurationError(
                "There are no Vea credentials: set SENSOURCE_CLIENT_ID and SENSOURCE_CLIENT_SECRET to those of an "
                "API client."
            )


def _check_url(name: str, url: str, allow_plain_http: bool) -> None:
    # The URL itself is shown only once it is known to hold no password.
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:  # whose text may quote a part of a password
        raise VeaConfigurationError(f"{name} is not a URL: use https://host/path.") from None
    if "@" in url:
        raise VeaConfigurationError(f"{name} must not hold a user name or password: remove them.")
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        raise VeaConfigurationError(f"{name} is {url!r}: it must look like https://host/path.")
    if parts.scheme == "http" and not allow_plain_http and not is_loopback(host):
        raise VeaConfigurationError(
            f"{name} is {url!r}: plain http would send the secret and the counts unencrypted to another machine. "
            "Use https. In a network that you trust, set allow_plain_http of the resource `sensource` instead."
        )
