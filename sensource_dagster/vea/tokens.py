"""One live token per API client, shared by every process of a deployment.

Minting a token ends the one before it, and minting often is answered 429 (both stated by clients in production).
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from sensource_dagster.errors import StatusError, VeaCredentialsError, VeaRefusedError, VeaResponseError
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.redaction import excerpt
from sensource_dagster.vea.token_cache import Token, TokenCache
from sensource_dagster.vea.transport import Question, Transport

RENEW_BEFORE = 60.0  # seconds before its end that a token is no longer used
MINT_INTERVAL = 30.0  # seconds between mints, whatever `expires_in` says; a refused token is renewed once at once
USUAL_LIFETIME = 3600.0  # seconds, by the vendor's guide; held for true where an answer does not say


class TokenStore:
    """The token to use now, and the one to use after a token was refused.

    `clock`: seconds since the epoch, a time that processes share; `lock_wait`: seconds to wait for another
    process that is minting; `sleep`: waits that many seconds.
    """

    def __init__(
        self,
        account: VeaAccount,
        transport: Transport,
        log: logging.Logger | logging.LoggerAdapter[Any],
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
        self._cache = TokenCache(account.token_dir, _cache_key(account), lock_wait, log)

    def for_one_question(self) -> Iterator[str]:
        """The tokens to ask one question with, the next one after each 401: at most four, and at most one of them
        minted after a refusal.

        One such iterator serves a question with all its retries, so that the two never multiply.

        Raises:
            VeaError: no token can be had; see `_mint`.
        """
        token = self._current()
        yield token
        yield token  # a good token's refusal can pass (stated by clients in production)
        cached = self._read()
        if cached is not None and cached.text != token and self._usable(cached):
            token = cached.text  # another process has renewed it
            yield token
        yield self._after_refusal(token)

    def _current(self) -> str:
        token = self._read()
        if token is None or not self._usable(token):
            with self._cache.locked():
                token = self._read()
                if token is None or not self._usable(token):
                    token = self._mint()
        return token.text

    def _after_refusal(self, refused: str) -> str:
        with self._cache.locked():
            token = self._read()
            if token is not None and token.text != refused and self._usable(token):
                return token.text
            if token is not None and token.after_refusal:
                self._slow_down(token)
            return self._mint(after_refusal=True).text

    def _slow_down(self, token: Token) -> None:
        """One renewal heals at once; a second one soon after it would only end another deployment's token."""
        rest = token.minted_at + MINT_INTERVAL - self._clock()
        if rest > 0:
            self._log.warning(
                "Vea refuses (HTTP 401) one new token after another, so %.0f s pass before the next is asked for. "
                "Each new token ends the one before it: if another deployment or tool uses the API client of "
                "SENSOURCE_CLIENT_ID too, give each its own.",
                rest,
            )
            self._sleep(rest)

    def _read(self) -> Token | None:
        token = self._cache.read()
        if token is not None:
            self._transport.secrets.add(token.text)
            if token.minted_at > self._clock() + RENEW_BEFORE:
                return None  # from a clock that was wrong, so its other times are as well
        return token

    def _usable(self, token: Token) -> bool:
        return self._clock() < token.renew_at

    def _mint(self, *, after_refusal: bool = False) -> Token:
        """A new token, written to the cache; to be called with the lock held, so that one process mints for all.

        Raises:
            VeaCredentialsError: 400, 401, 403, or an `error` in a 200. After one attempt.
            VeaRefusedError: any other 4xx, a redirect.
            VeaUnavailableError: network, 429, 5xx, after all tries.
            VeaResponseError: no JSON, or no token in it.
        """
        url = self._account.auth_url
        form = {
            "grant_type": "client_credentials",
            "client_id": self._account.client_id,
            "client_secret": self._account.client_secret,
        }
        question = Question("POST", url, f"POST {url} (asking for a token)", form=form)
        try:
            answer = self._transport.with_retries(question.about, lambda: self._transport.send(question))
        except StatusError as error:
            if error.status in {400, 401, 403}:
                raise self._wrong_credentials(str(error)) from None
            raise VeaRefusedError(f"{question.about} is refused: {error}. Check SENSOURCE_AUTH_URL.") from None
        fields = answer if isinstance(answer, dict) else {}
        if fields.get("error"):
            reason = f"{fields['error']} {fields.get('error_description', '')}"
            raise self._wrong_credentials(f"HTTP 200 with the error {excerpt(reason, self._transport.secrets)!r}")
        now = self._clock()
        try:
            renew_at = _renew_at(now, fields.get("expires_in"))
            token = Token(fields.get("access_token", ""), now, renew_at, after_refusal)
        except (TypeError, ValueError):
            # Nothing of this answer is quoted: it may hold a token in a place we do not know.
            raise VeaResponseError(
                f"{question.about} was answered without a usable access_token. Check that SENSOURCE_AUTH_URL is "
                "Vea's."
            ) from None
        self._transport.secrets.add(token.text)
        self._cache.write(token)
        return token

    def _wrong_credentials(self, cause: str) -> VeaCredentialsError:
        return VeaCredentialsError(
            f"Vea gives no token for these credentials: POST {self._account.auth_url} was answered {cause}. Check "
            "SENSOURCE_CLIENT_ID and SENSOURCE_CLIENT_SECRET against the API client in Vea; not tried again."
        )


def _cache_key(account: VeaAccount) -> str:
    # With the secret in it, so that a changed secret shows at once, not when the old one's token has ended.
    parts = (account.auth_url, account.client_id, account.client_secret)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _renew_at(now: float, expires_in: Any) -> float:
    """A minute before the token's end, but no sooner than the next mint may be."""
    try:
        lifetime = float(expires_in)
    except (TypeError, ValueError):
        lifetime = USUAL_LIFETIME
    if not math.isfinite(lifetime):
        lifetime = USUAL_LIFETIME
    return now + max(lifetime - RENEW_BEFORE, MINT_INTERVAL)
