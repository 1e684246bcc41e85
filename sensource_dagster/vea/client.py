"""The client of the Vea API: one method for each kind of request."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

from sensource_dagster.errors import (
    StatusError,
    TransientError,
    VeaCredentialsError,
    VeaRefusedError,
    VeaResponseError,
    VeaTooLargeError,
)
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.envelope import rows_of
from sensource_dagster.vea.paging import missing_rows, unknown_keys
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster.vea.redaction import excerpt
from sensource_dagster.vea.tokens import LiveToken
from sensource_dagster.vea.transport import ApiRequest, Transport
from sensource_dagster.vea.window_sizes import WindowSizes
from sensource_dagster.vea.windows import Window, instant_text

_ENTITY_TYPES = {"traffic": "zone", "occupancy": "space"}
_ADVICE = {
    400: "Vea does not accept the request: check the metrics and the endpoint's name",
    403: "The API client has no right to read this: ask SenSource for it",
    404: "This endpoint does not exist: check SENSOURCE_API_URL and the endpoint's name",
}


class VeaClient:
    """Reads one Vea account. One thread uses it at a time and closes it after use (`with VeaClient(...) as vea:`).

    Attributes:
        seconds: time spent on the API so far, waits and retries included.
        requests: HTTP requests sent so far, those for tokens included.
        retries: how many of them repeated a request that had failed.
        messages: what Vea's messages with the last rows say. They may say that the rows are only a part.
        window_sizes: how many days to request at once.

    >>> from datetime import date
    >>> from sensource_dagster.config.settings import read_settings
    >>> from sensource_dagster.config.token_place import token_directory
    >>> from sensource_dagster.vea import VeaAccount, VeaClient, day_windows
    >>> settings = read_settings()
    >>> account = VeaAccount(
    ...     api_url=settings.api_url,
    ...     auth_url=settings.auth_url,
    ...     client_id=settings.client_id,
    ...     client_secret=settings.client_secret,
    ...     token_dir=token_directory(),
    ... )
    >>> [january] = day_windows(date(2026, 1, 1), date(2026, 1, 30), settings.timezone)
    >>> with VeaClient(account) as vea:
    ...     zones = vea.entities("zone")
    ...     rows = vea.counts("traffic", january, metrics=["ins", "outs"])
    >>> sorted(rows[0])
    ['name', 'recordDate_hour_1', 'sumins', 'sumouts', 'zoneId']
    """

    def __init__(
        self,
        account: VeaAccount,
        policy: HttpPolicy = HttpPolicy(),  # noqa: B008 # frozen
        log: logging.Logger | logging.LoggerAdapter[Any] | None = None,
    ) -> None:
        self.seconds = 0.0
        self.messages = ""
        self.window_sizes = WindowSizes(account)
        self._max_attempts = policy.max_attempts
        self._api_url = account.api_url.rstrip("/")
        self._log = log or logging.getLogger("sensource_dagster.vea")
        self._transport = Transport(policy, self._log)
        self._tokens = LiveToken(account, self._transport, self._log)

    @property
    def requests(self) -> int:
        return self._transport.requests

    @property
    def retries(self) -> int:
        return self._transport.retries

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of the last response."""
        return self._transport.headers

    def authenticate(self) -> None:
        """Make sure that there is a token: the shared one or, if that has expired, a new one.

        Raises:
            VeaError: the subclass says what the reader can do about it.
        """
        next(self._tokens.for_one_request())

    def entities(self, endpoint: str) -> list[dict[str, Any]]:
        """All rows of one list: `location`, `site`, `zone`, `space` or `sensor`. Vea does not page lists.

        Raises:
            VeaError: the subclass says what the reader can do about it.
        """
        return self._rows(f"/api/{quote(endpoint, safe='')}", {}, "")

    def counts(
        self,
        kind: Literal["traffic", "occupancy"],
        window: Window,
        metrics: Sequence[str],
        exclude_closed_hours: bool | None = None,
        *,
        halve_after: int = 0,
    ) -> list[dict[str, Any]]:
        """The hourly rows of all zones (traffic) or spaces (occupancy) in a window, from one request.

        The request is for whole UTC hours. Vea may return rows outside the window even so, since it is not known
        whether its end is inclusive. This method does not drop them.

        `exclude_closed_hours` says whether Vea leaves out what was counted while a location was closed. With None,
        Vea decides. With `halve_after`, at most so many attempts take too long (the deadline, a late HTTP 504).

        Raises:
            VeaTooLargeError: the window is too much for Vea at once.
            VeaError: any other subclass says what the reader can do about it.
        """
        hours = window.in_whole_hours()
        params = {
            "relativeDate": "custom",
            "startDate": instant_text(hours.start),
            "endDate": instant_text(hours.end),
            "dateGroupings": "hour",
            "entityType": _ENTITY_TYPES[kind],
            "metrics": ",".join(metrics),
        }
        if exclude_closed_hours is not None:
            params["excludeClosedHours"] = str(exclude_closed_hours).lower()
        return self._rows(f"/api/data/{kind}", params, f" for {window}", halve_after)

    def response(self, path: str, params: Mapping[str, str]) -> Any:
        """The parsed response of a GET, with all that it has beside its rows. `path` starts with `/api/`."""
        url = f"{self._api_url}{path}"
        return self._send(ApiRequest("GET", url, f"GET {url}", params))

    def masked(self, value: Any) -> str:
        """A value of a response as a text may show it: short, without secrets and what looks like a token."""
        return excerpt(str(value), self._transport.secrets)

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> VeaClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _rows(
        self, path: str, params: Mapping[str, str], window: str, halve_after: int = 0
    ) -> list[dict[str, Any]]:
        url = f"{self._api_url}{path}"
        request = ApiRequest("GET", url, f"GET {url}{window}", params)
        started = time.monotonic()
        try:
            response = self._send(request, halve_after)
        finally:
            self.seconds += time.monotonic() - started
        rows = rows_of(response, request.label, self.masked)
        self.messages = self._look_beside_rows(request, response if isinstance(response, dict) else {}, len(rows))
        return rows

    def _send(self, request: ApiRequest, halve_after: int = 0) -> Any:
        """The parsed response, if it is no error. Tokens are renewed and transient errors retried on the way.

        Each of the two has its own limit for the whole request: at most `max_attempts` failed attempts, and at
        most three more after a 401.
        """
        tokens = self._tokens.for_one_request()
        token = next(tokens)
        signs = 0

        def attempt() -> Any:
            nonlocal token, signs
            while True:
                try:
                    return self._transport.send(request, token)
                except TransientError as error:
                    signs += error.too_large
                    if halve_after and signs == min(halve_after, self._max_attempts):
                        raise VeaTooLargeError(f"{request.label} takes too long: {error}.") from None
                    raise
                except StatusError as error:
                    if error.status == 413:
                        raise VeaTooLargeError(f"{request.label} is too much for Vea at once: {error}.") from None
                    if error.status != 401:
                        advice = _ADVICE.get(error.status, "A retry will not change this")
                        raise VeaRefusedError(f"{request.label} is refused: {error}. {advice}.") from None
                    refusal = error
                try:
                    token = next(tokens)
                except StopIteration:
                    raise VeaCredentialsError(
                        f"{request.label} is refused with every token, even with a new one: {refusal}. Ask "
                        "SenSource whether the API client of SENSOURCE_CLIENT_ID may read this account. Check "
                        "that no other deployment uses this API client: each new token ends the one before it."
                    ) from None

        response = self._transport.with_retries(request.label, attempt)
        if isinstance(response, dict):
            self._raise_error(request, response)
        return response

    def _raise_error(self, request: ApiRequest, response: dict[str, Any]) -> None:
        errors = response.get("error") or response.get("errors")
        failed = next((key for key in ("success", "ok") if response.get(key) is False), None)
        if errors or failed:
            text = self.masked(errors if errors else f"{failed!r} is False")
            raise VeaRefusedError(
                f"{request.label} returned an error instead of rows: {text!r}. Nothing was stored. A retry will "
                "not change this: check the request's metrics and the rights of the API client."
            )

    def _look_beside_rows(self, request: ApiRequest, response: dict[str, Any], rows: int) -> str:
        """The messages. Whatever else the response says beside its rows is an error or a line in the log."""
        missing = missing_rows(response, self.headers, rows)
        if missing:
            raise VeaResponseError(
                f"{request.label} returned only a part of its rows: {self.masked(missing)}, and the response "
                f"has {rows} rows. Nothing was stored. The API may have changed: update sensource_dagster."
            )
        unknown = unknown_keys(response)
        if unknown:
            names = self.masked(", ".join(map(repr, unknown)))
            self._log.warning(
                "%s: the response has unknown keys beside its rows: %s. They are not read. If they say that rows "
                "are missing, update sensource_dagster.",
                request.label,
                names,
            )
        if messages := self.masked(response.get("messages") or ""):
            self._log.warning("%s: Vea sent these messages: %s", request.label, messages)
        return messages
