"""The one retry mechanism. It repeats a request together with the reading of its response.

A truncated body, or a 200 that is not JSON, only shows while the response is read. By then the HTTP adapter's own
retry is over (measured).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from sensource_dagster.errors import TransientError, VeaError, VeaUnavailableError, VeaUnreachableError
from sensource_dagster.vea.policy import HttpPolicy

LONGEST_RETRY_AFTER = 120.0  # seconds

_ADVICE: dict[type[VeaError], str] = {
    VeaUnavailableError: "Most such errors are transient: run it again later.",
    VeaUnreachableError: "There is no connection to the host. Check the URL (SENSOURCE_API_URL, "
    "SENSOURCE_AUTH_URL), DNS, the firewall and, if you need one, the proxy (HTTPS_PROXY).",
}
_ADVICE_OF_OTHERS = "Check that the URL is Vea's, and that no proxy or sign-in page responds in its place."

T = TypeVar("T")


def call_with_retries(
    attempt: Callable[[], T], label: str, policy: HttpPolicy, on_retry: Callable[[str], None]
) -> T:
    """What `attempt` returns. It is called again after each `TransientError`, up to the policy's `max_attempts`.

    Any other exception is raised at once, so retries inside an attempt (a token being renewed) do not multiply.
    The waiting is `time.sleep`: Ctrl-C and the termination of a run interrupt it. `label` names the request in
    logs and errors.
    """
    default_wait = wait_exponential(policy.first_wait, policy.max_wait) + wait_random(0, policy.first_wait)

    def wait(state: RetryCallState) -> float:
        failure = _failure(state)
        return default_wait(state) if failure.retry_after is None else failure.retry_after

    def before_sleep(state: RetryCallState) -> None:
        on_retry(
            f"{label}: attempt {state.attempt_number} of {policy.max_attempts} failed ({_failure(state)}). "
            f"The next retry is in {state.upcoming_sleep:.1f} s."
        )

    retrying = Retrying(
        stop=stop_after_attempt(policy.max_attempts),
        wait=wait,
        retry=retry_if_exception_type(TransientError),
        before_sleep=before_sleep,
        reraise=True,
    )
    started = time.monotonic()
    try:
        return retrying(attempt)
    except TransientError as failure:
        seconds = time.monotonic() - started
        attempts = "attempt" if policy.max_attempts == 1 else "attempts"
        advice = _ADVICE.get(failure.becomes, _ADVICE_OF_OTHERS)
        raise failure.becomes(
            f"{label} failed after {policy.max_attempts} {attempts} in {seconds:.0f} s. The last error: "
            f"{failure}. {advice}"
        ) from None


def retry_after_seconds(header: str | None) -> float | None:
    """The wait that a Retry-After header (seconds or an HTTP date) asks for, up to 120 s.

    None if the header is missing, zero, in the past or not readable. The policy's own wait applies then.
    """
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        seconds = moment.timestamp() - time.time()
    return min(seconds, LONGEST_RETRY_AFTER) if seconds > 0 else None


def _failure(state: RetryCallState) -> TransientError:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, TransientError)  # noqa: S101 # the only exception that is retried
    return failure
