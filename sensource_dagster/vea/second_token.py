"""Finds out whether a second token ends the first one. It mints a token, so nothing else calls it unasked."""

from __future__ import annotations

import logging
from dataclasses import replace

from sensource_dagster.errors import StatusError, VeaRefusedError
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster.vea.tokens import LiveToken
from sensource_dagster.vea.transport import ApiRequest, Transport

MOST_REQUESTS = 5
"""How many requests it sends at most: for two tokens, and three with the first one."""


def second_token_ends_first(account: VeaAccount, policy: HttpPolicy) -> bool:
    """Whether Vea refuses the shared token after another one was minted. The new one is the shared one then.

    Raises:
        VeaError: a request failed; or Vea refused the first token before there was a second one.
    """
    log = logging.getLogger("sensource_dagster.vea")
    transport = Transport(replace(policy, max_attempts=1), log)
    url = f"{account.api_url.rstrip('/')}/api/location"
    request = ApiRequest("GET", url, f"GET {url}")

    def accepted(token: str) -> bool:
        try:
            transport.with_retries(request.label, lambda: transport.send(request, token))
        except StatusError as error:
            if error.status == 401:
                return False
            raise VeaRefusedError(f"{request.label} is refused: {error}.") from None
        return True

    try:
        tokens = LiveToken(account, transport, log)
        first = next(tokens.for_one_request())
        if not accepted(first):
            raise VeaRefusedError(f"{request.label} is refused (HTTP 401) before there is a second token.")
        tokens.renewed()
        # Twice, since a 401 for a good token can be transient.
        return not (accepted(first) or accepted(first))
    finally:
        transport.close()
