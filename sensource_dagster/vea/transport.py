"""One HTTP question and its JSON answer: a bounded time, a bounded size, and every failure sorted."""

from __future__ import annotations

import logging
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

from sensource_dagster.config.parsers import is_loopback
from sensource_dagster.errors import (
    StatusError,
    TransientError,
    VeaConfigurationError,
    VeaRefusedError,
    VeaResponseError,
)
from sensource_dagster.vea.deadline import DeadlineAdapter
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster.vea.redaction import excerpt
from sensource_dagster.vea.retry import call_with_retries, retry_after_seconds

T = TypeVar("T")

_PASSING_4XX = {408, 425, 429}
_PASSING_EXCEPTIONS = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    urllib3.exceptions.HTTPError,
    ConnectionError,
    TimeoutError,
)
_ERROR_BODY_BYTES = 4096


@dataclass(frozen=True)
class Question:
    """One request; `about` names it in logs and errors, so it holds no secret."""

    method: str
    url: str
    about: str
    params: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = field(default=None, repr=False)


class Transport:
    """Asks over one session, one question at a time. `requests` and `retries` count since the start."""

    def __init__(self, policy: HttpPolicy, log: logging.Logger | logging.LoggerAdapter[Any]) -> None:
        self.requests = 0
        self.retries = 0
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

    def with_retries(self, about: str, attempt: Callable[[], T]) -> T:
        return call_with_retries(attempt, about, self._policy, self._on_retry)

    def send(self, question: Question, token: str | None = None) -> Any:
        """The parsed JSON of one try.

        Raises:
            TransientError: worth another try (no connection, cut, late, 408, 425, 429, 5xx, no content, no JSON).
            StatusError: any other 4xx.
            VeaConfigurationError: the URL or the server's certificate can never work.
            VeaRefusedError: a redirect, which is never followed, so that no other host gets the token.
            VeaResponseError: an answer above the size limit.
        """
        self.requests += 1
        with self._adapter.deadline(self._policy.deadline) as passed:
            try:
                response, body = self._exchange(question, token)
            # Also what requests lets through: exceptions of urllib3, of sockets, of reading a CA file.
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                # Not chained, here and elsewhere: those texts are not redacted, and can echo what the server said.
                raise (self._too_late() if passed.is_set() else self._sorted(question, error)) from None
            # An answer that is over where its connection ends looks complete when the deadline cuts it.
            if passed.is_set():
                raise self._too_late()
        self._check_status(question, response, body)
        # Not `raise` while it is handled: that exception would take the whole body along.
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(body)
        kind = excerpt(response.headers.get("Content-Type", "no content type"), self.secrets)
        cause = f"HTTP {response.status_code} that is not JSON ({kind}){self._quoted(body)}"
        raise TransientError(cause, VeaResponseError)

    def _exchange(self, question: Question, token: str | None) -> tuple[requests.Response, bytearray]:
        host = urlsplit(question.url).hostname or ""
        with self._session.request(
            question.method,
            question.url,
            params=question.params,
            data=question.form,
            auth=_BearerAuth(token),
            timeout=(self._policy.connect_timeout, self._policy.read_timeout),
            # A proxy out of the environment could not reach this machine's own loopback.
            proxies={"no_proxy": host} if is_loopback(host) else None,
            allow_redirects=False,
            stream=True,
        ) as response:
            return response, self._read(question, response)

    def _read(self, question: Question, response: requests.Response) -> bytearray:
        limit = self._policy.max_answer_bytes
        body = bytearray()
        for chunk in response.iter_content(64 * 1024):
            body += chunk
            if response.status_code >= 300 and len(body) >= _ERROR_BODY_BYTES:
                break  # enough to say what it was
            if len(body) > limit:
                raise VeaResponseError(
                    f"{question.about}: the answer is larger than the limit of {limit / 2**20:g} MiB and was "
                    "not read further. Ask for fewer days at once, or check that the address is Vea's."
                )
        return body

    def _check_status(self, question: Question, response: requests.Response, body: bytearray) -> None:
        status = response.status_code
        if 300 <= status < 400:
            # Without the query, which may hold what only the other place should know.
            place = response.headers.get("Location", "nowhere").partition("?")[0]
            raise VeaRefusedError(
                f"{question.about} was answered by a redirect (HTTP {status}) to "
                f"{excerpt(place, self.secrets)!r}, which is not followed, so that no other host gets the token. "
                "If Vea moved there, set SENSOURCE_API_URL or SENSOURCE_AUTH_URL to the new address."
            )
        if status == 204:
            raise TransientError("HTTP 204 without content", VeaResponseError)
        if status < 400:
            return
        cause = f"HTTP {status}{self._quoted(body)}"
        if status >= 500 or status in _PASSING_4XX:
            told = retry_after_seconds(response.headers.get("Retry-After")) if status in {429, 503} else None
            raise TransientError(cause, retry_after=told)
        raise StatusError(status, cause)

    def _quoted(self, body: bytearray) -> str:
        text = excerpt(body[:_ERROR_BODY_BYTES].decode("utf-8", "replace"), self.secrets)
        return f", saying {text!r}" if text else ", saying nothing"

    def _too_late(self) -> TransientError:
        return TransientError(f"no complete answer within the deadline of {self._policy.deadline:g} s")

    def _sorted(self, question: Question, error: Exception) -> Exception:
        # requests wraps what happened into "Max retries exceeded", though nothing was retried.
        reason = getattr(next(iter(error.args), None), "reason", None) or error
        cause = excerpt(f"{type(reason).__name__}: {reason}", self.secrets)
        if "CERTIFICATE_VERIFY_FAILED" in str(reason):  # OpenSSL's name; the exception lies deep inside others
            return VeaConfigurationError(
                f"{question.about}: the server's TLS certificate is not trusted ({cause}). Check the address; "
                "behind a proxy that re-encrypts, set REQUESTS_CA_BUNDLE to the proxy's CA file."
            )
        if isinstance(error, _PASSING_EXCEPTIONS):
            return TransientError(cause)
        return VeaConfigurationError(
            f"{question.about} cannot be sent: {cause}. Check the address and, if it is set, REQUESTS_CA_BUNDLE."
        )

    def _on_retry(self, text: str) -> None:
        self.retries += 1
        self._log.warning("%s", text)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect is ever prepared: requests would read its whole body for that, followed or not."""


class _BearerAuth(AuthBase):
    """Sets the token, and by being there keeps requests from sending a password out of ~/.netrc instead."""

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
