"""One live token per API client, shared by every process of a deployment.

Minting a token ends the one before it, and frequent minting returns 429 (clients in production state both).
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from sensource_dagster.errors import StatusError, VeaCredentialsError, VeaRefusedError, VeaResponseError
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.redaction import excerpt
from sensource_dagster.vea.token_store import Log, Token, token_store
from sensource_dagster.vea.transport import ApiRequest, Transport

RENEW_BEFORE = 60.0  # seconds: a token is renewed this long before it expires
MINT_INTERVAL = 30.0  # seconds between mints, whatever `expires_in` says; only the first refusal is exempt
USUAL_LIFETIME = 3600.0  # seconds, by the vendor's guide; used if a response has no `expires_in`


class LiveToken:
    """The token to use now, and the one to use after a token was refused.

    `clock` returns seconds since the epoch, a time that processes share. `lock_wait` is how many seconds to wait
    for another process that is minting. `sleep` waits the given number of seconds.
    """

    def __init__(
        self,
        account: VeaAccount,
        transport: Transport,
        log: Log,
        clock: Callable[[], float] = time.time,
        lock_wait: float = 300.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._account = account
        self._transport = transport
        self._transport.secrets.add(account.client_secret)
        self._clock = clock
        self._sleep = sleep
        self._log = log
        self._store = token_store(account, _store_key(account), lock_wait, log)

    def for_one_request(self) -> Iterator[str]:
        """The tokens to send one request with: the first one, then the next one after each 401.

        There are at most four, and at most one of them is minted after a refusal. One such iterator serves a
        request with all its retries, so that the number of tokens and the number of retries do not multiply.

        Raises:
            VeaError: there is no token; see `_mint`.
        """
        token = self._current()
        yield token
        yield token  # a 401 for a good token can be transient (clients in production state it)
        cached = self._read()
        if cached is not None and cached.text != token and self._usable(cached):
            token = cached.text  # another process has renewed it
            yield token
        yield self._after_refusal(token)

    def renewed(self) -> str:
        """A new token, although the one before it has not expired. All processes use it from then on.

        Raises:
            VeaError: there is no token; see `_mint`.
        """
        with self._store.locked():
            return self._mint().text

    def _current(self) -> str:
        token = self._read()
        if token is None or not self._usable(token):
            with self._store.locked():
                token = self._read()
                if token is None or not self._usable(token):
                    token = self._mint()
        return token.text

    def _after_refusal(self, refused: str) -> str:
        with self._store.locked():
            token = self._read()
            if token is not None and token.text != refused and self._usable(token):
                return token.text
            if token is not None and token.after_refusal:
                self._slow_down(token)
            return self._mint(after_refusal=True).text

    def _slow_down(self, token: Token) -> None:
        """Wait before a second renewal: so soon after the first it would only end another deployment's token."""
        rest = token.minted_at + MINT_INTERVAL - self._clock()
        if rest > 0:
            self._log.warning(
                "Vea refuses one new token after another (HTTP 401). The next token is requested in %.0f s. Each "
                "new token ends the one before it: if another deployment or tool also uses the API client of "
                "SENSOURCE_CLIENT_ID, give each its own API client.",
                rest,
            )
            self._sleep(rest)

    def _read(self) -> Token | None:
        token = self._store.read()
        if token is not None:
            self._transport.secrets.add(token.text)
            if token.minted_at > self._clock() + RENEW_BEFORE:
                return None  # the clock was wrong when it was minted, so its other times are wrong too
        return token

    def _usable(self, token: Token) -> bool:
        return self._clock() < token.renew_at

    def _mint(self, *, after_refusal: bool = False) -> Token:
        """A new token, also written to the store. The caller holds the lock, so one process mints for all.

        Raises:
            VeaCredentialsError: 400, 401, 403, or an `error` in a 200; after one attempt.
            VeaRefusedError: any other 4xx, or a redirect.
            VeaUnreachableError: no connection; after all attempts.
            VeaUnavailableError: 429 or 5xx, or a response that breaks off; after all attempts.
            VeaResponseError: the response is not JSON or holds no token.
        """
        url = self._account.auth_url
        form = {
            "grant_type": "client_credentials",
            "client_id": self._account.client_id,
            "client_secret": self._account.client_secret,
        }
        request = ApiRequest("POST", url, f"POST {url} (token request)", form=form)
        try:
            response = self._transport.with_retries(request.label, lambda: self._transport.send(request))
        except StatusError as error:
            if error.status in {400, 401, 403}:
                raise self._wrong_credentials(str(error)) from None
            raise VeaRefusedError(f"{request.label} is refused: {error}. Check SENSOURCE_AUTH_URL.") from None
        fields = response if isinstance(response, dict) else {}
        if fields.get("error"):
            reason = f"{fields['error']} {fields.get('error_description', '')}"
            raise self._wrong_credentials(f"HTTP 200 with the error {excerpt(reason, self._transport.secrets)!r}")
        now = self._clock()
        try:
            renew_at = _renew_at(now, fields.get("expires_in"))
            token = Token(fields["access_token"], now, renew_at, after_refusal)
        except (KeyError, TypeError, ValueError):
            # Nothing of this response is quoted: it may hold a token in a field that we do not know.
            raise VeaResponseError(
                f"{request.label} returned no usable access_token. Check that SENSOURCE_AUTH_URL is Vea's."
            ) from None
        self._transport.secrets.add(token.text)
        self._store.write(token)
        return token

    def _wrong_credentials(self, cause: str) -> VeaCredentialsError:
        return VeaCredentialsError(
            f"Vea gives no token for these credentials: POST {self._account.auth_url} returned {cause}. Compare "
            "SENSOURCE_CLIENT_ID and SENSOURCE_CLIENT_SECRET with the API client in Vea. There was no retry."
        )


def _store_key(account: VeaAccount) -> str:
    # It includes the secret, so that a changed secret takes effect at once, not when the old token expires.
    parts = (account.auth_url, account.client_id, account.client_secret)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _renew_at(now: float, expires_in: Any) -> float:
    """A minute before the token expires, but not before the next mint is allowed."""
    try:
        lifetime = float(expires_in)
    except (TypeError, ValueError):
        lifetime = USUAL_LIFETIME
    if not math.isfinite(lifetime):
        lifetime = USUAL_LIFETIME
    return now + max(lifetime - RENEW_BEFORE, MINT_INTERVAL)
