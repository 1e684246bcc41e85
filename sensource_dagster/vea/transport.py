"""One HTTP request and its JSON response, with a deadline, a size limit and a class for every error."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson
import requests
import urllib3
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from sensource_dagster.config.parsers import is_loopback
from sensource_dagster.errors import (
    StatusError,
    TransientError,
    VeaConfigurationError,
    VeaRefusedError,
    VeaResponseError,
    VeaTooLargeError,
    VeaUnavailableError,
    VeaUnreachableError,
)
from sensource_dagster.vea.deadline import DeadlineAdapter
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster.vea.redaction import excerpt, proxy_passwords, redact
from sensource_dagster.vea.retry import call_with_retries, retry_after_seconds
from sensource_dagster.vea.surrogates import without_half_characters
from sensource_dagster.vea.whole_numbers import parse

T = TypeVar("T")

_TRANSIENT_4XX = {408, 425, 429}
_TRANSIENT_EXCEPTIONS = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    urllib3.exceptions.HTTPError,
    ConnectionError,
    TimeoutError,
)
# The connection itself was not made: a name that does not resolve, a port that nobody listens at, a wrong proxy.
_UNREACHED = (NewConnectionError, ConnectTimeoutError, ProxyError)
_ERROR_BODY_BYTES = 4096


@dataclass(frozen=True)
class ApiRequest:
    """One request. `label` names it in logs and errors, so it holds no secret."""

    method: str
    url: str
    label: str
    params: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = field(default=None, repr=False)


class Transport:
    """Sends requests over one session, one at a time. `requests` and `retries` count since its creation.

    `headers` are those of the last response.
    """

    def __init__(self, policy: HttpPolicy, log: logging.Logger | logging.LoggerAdapter[Any]) -> None:
        self.requests = 0
        self.retries = 0
        self.headers: Mapping[str, str] = {}
        self.secrets: set[str] = set()
        self._policy = policy
        self._log = log
        self._adapter = DeadlineAdapter()
        self._session = _Session()
        self._session.headers["User-Agent"] = f"sensource_dagster/{_version()}"
        self._session.headers["Accept"] = "application/json"
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)

    def close(self) -> None:
        self._session.close()

    def with_retries(self, label: str, attempt: Callable[[], T]) -> T:
        return call_with_retries(attempt, label, self._policy, self._on_retry)

    def send(self, request: ApiRequest, token: str | None = None) -> Any:
        """The parsed JSON of one attempt.

        Raises:
            TransientError: a retry may help. There was no connection or no content, the body was truncated or not
                JSON, the deadline passed, or the status was 408, 425, 429 or 5xx.
            StatusError: the status was any other 4xx.
            VeaConfigurationError: the URL or the server's certificate can never work.
            VeaRefusedError: a redirect. It is never followed, so that no other host gets the token.
            VeaTooLargeError: the response is larger than the size limit.
            VeaResponseError: its head says that it is only a part.
        """
        self.requests += 1
        self.secrets.update(proxy_passwords())
        started = time.monotonic()
        with self._adapter.deadline(self._policy.deadline) as passed:
            try:
                response, body = self._exchange(request, token)
            # requests also lets through exceptions of urllib3, of sockets and of reading a CA file.
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                # Not chained, here and elsewhere: the texts of those are not redacted and can repeat what the
                # server sent.
                raise (self._deadline_error() if passed.is_set() else self._classified(request, error)) from None
            # If only the end of the connection marks the end of a response, one that the deadline cuts looks
            # complete.
            if passed.is_set():
                raise self._deadline_error()
        self._check_status(request, response, body, time.monotonic() - started)
        self.headers = response.headers
        # No `raise` while the exception is handled: it would keep the whole body alive.
        with suppress(orjson.JSONDecodeError):
            return parse(body)
        mended, halves = without_half_characters(body)
        with suppress(orjson.JSONDecodeError):
            parsed = parse(mended)
            self._log.warning(
                "%s: Vea sent half a character in a text, %d times. U+FFFD takes its place.", request.label, halves
            )
            return parsed
        kind = excerpt(response.headers.get("Content-Type", "no content type"), self.secrets)
        cause = f"HTTP {response.status_code} that is not JSON ({kind}), {self._body_text(body)}"
        raise TransientError(cause, VeaResponseError)

    def _exchange(self, request: ApiRequest, token: str | None) -> tuple[requests.Response, bytearray]:
        host = urlsplit(request.url).hostname or ""
        with self._session.request(
            request.method,
            request.url,
            params=request.params,
            data=request.form,
            auth=_BearerAuth(token),
            timeout=(self._policy.connect_timeout, self._policy.read_timeout),
            # A proxy that the environment names cannot reach this machine's own loopback.
            proxies={"no_proxy": host} if is_loopback(host) else None,
            allow_redirects=False,
            stream=True,
        ) as response:
            return response, self._read(request, response)

    def _read(self, request: ApiRequest, response: requests.Response) -> bytearray:
        limit = self._policy.max_response_bytes
        body = bytearray()
        for chunk in response.iter_content(64 * 1024):
            body += chunk
            if response.status_code >= 300 and len(body) >= _ERROR_BODY_BYTES:
                break  # enough for an error text
            if len(body) > limit:
                raise VeaTooLargeError(
                    f"{request.label}: the response is larger than the limit of {limit / 2**20:g} MiB, so the "
                    "rest of it was not read. Check that the URL is Vea's."
                )
        return body

    def _check_status(
        self, request: ApiRequest, response: requests.Response, body: bytearray, seconds: float
    ) -> None:
        status = response.status_code
        if 300 <= status < 400:
            # Without the query, which may hold a secret. Masked before that: a secret may hold a question mark.
            target = redact(response.headers.get("Location", "nowhere"), self.secrets).partition("?")[0]
            raise VeaRefusedError(
                f"{request.label} returned a redirect (HTTP {status}) to {excerpt(target, self.secrets)!r}. "
                "Redirects are not followed, so that no other host gets the token. If Vea has moved there, set "
                "SENSOURCE_API_URL or SENSOURCE_AUTH_URL to the new URL."
            )
        if status == 204:
            raise TransientError("HTTP 204 without content", VeaResponseError)
        if status == 206 or "next" in response.links:
            sign = "HTTP 206" if status == 206 else "its header Link names a next page"
            raise VeaResponseError(
                f"{request.label} returned only a part of its rows: {sign}. Nothing was stored. The API may have "
                "changed: update sensource_dagster."
            )
        if status < 400:
            return
        cause = f"HTTP {status}, {self._body_text(body)}"
        if status >= 500 or status in _TRANSIENT_4XX:
            wait = retry_after_seconds(response.headers.get("Retry-After")) if status in {429, 503} else None
            raise TransientError(
                cause, retry_after=wait, too_large=status == 504 and seconds >= self._policy.soonest_overload
            )
        raise StatusError(status, cause)

    def _body_text(self, body: bytearray) -> str:
        cut = len(body) >= _ERROR_BODY_BYTES
        text = excerpt(body[:_ERROR_BODY_BYTES].decode("utf-8", "replace"), self.secrets, cut=cut)
        return f"body {text!r}" if text else "empty body"

    def _deadline_error(self) -> TransientError:
        cause = f"no complete response within the deadline of {self._policy.deadline:g} s"
        return TransientError(cause, too_large=True)

    def _classified(self, request: ApiRequest, error: Exception) -> Exception:
        # requests calls every connection error "Max retries exceeded", though it retried nothing.
        reason = getattr(next(iter(error.args), None), "reason", None) or error
        cause = excerpt(f"{type(reason).__name__}: {reason}", self.secrets)
        if "CERTIFICATE_VERIFY_FAILED" in str(reason):  # OpenSSL's name; its exception is deep inside others
            return VeaConfigurationError(
                f"{request.label}: the server's TLS certificate is not trusted ({cause}). Check the URL. Behind a "
                "proxy that re-encrypts, set REQUESTS_CA_BUNDLE to the proxy's CA file."
            )
        if isinstance(error, _TRANSIENT_EXCEPTIONS):
            # If a body stops half-way, requests wraps the timeout in an error of the connection.
            timeouts = (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError)
            becomes = VeaUnreachableError if isinstance(reason, _UNREACHED) else VeaUnavailableError
            return TransientError(
                cause, becomes, too_large=any(isinstance(e, timeouts) for e in (error, *error.args))
            )
        return VeaConfigurationError(
            f"{request.label} cannot be sent: {cause}. Check the URL and, if it is set, REQUESTS_CA_BUNDLE."
        )

    def _on_retry(self, text: str) -> None:
        self.retries += 1
        self._log.warning("%s", text)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Prepare no redirect: requests would read its whole body for that, even if it is not followed."""


class _BearerAuth(AuthBase):
    """Sets the token. Its presence also keeps requests from sending a password from ~/.netrc."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _version() -> str:
    try:
        return version("sensource-dagster")
    except PackageNotFoundError:  # run from a source folder that is not installed
        return "unknown"
