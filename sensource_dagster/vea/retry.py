"""The one retry mechanism: around a request and the reading of its answer together.

A cut body, or a 200 that is no JSON, only shows while the answer is read, where the HTTP adapter's own retry is
already over (measured).
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

from sensource_dagster.errors import TransientError, VeaUnavailableError
from sensource_dagster.vea.policy import HttpPolicy

LONGEST_RETRY_AFTER = 120.0  # seconds

T = TypeVar("T")


def call_with_retries(
    attempt: Callable[[], T], about: str, policy: HttpPolicy, on_retry: Callable[[str], None]
) -> T:
    """What `attempt` returns, tried again after each `TransientError` until the policy's tries are spent.

    Any other exception ends it at once, so retries inside an attempt (a token being renewed) do not multiply.
    The waiting is `time.sleep`, which Ctrl-C and a terminated run interrupt.
    """
    default_wait = wait_exponential(policy.first_wait, policy.max_wait) + wait_random(0, policy.first_wait)

    def wait(state: RetryCallState) -> float:
        failure = _failure(state)
        return default_wait(state) if failure.retry_after is None else failure.retry_after

    def before_sleep(state: RetryCallState) -> None:
        on_retry(
            f"{about}: try {state.attempt_number} of {policy.max_tries} failed ({_failure(state)}), "
            f"next in {state.upcoming_sleep:.1f} s"
        )

    retrying = Retrying(
        stop=stop_after_attempt(policy.max_tries),
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
        tries = "try" if policy.max_tries == 1 else "tries"
        advice = (
            "Most often this passes: run it again later."
            if failure.becomes is VeaUnavailableError
            else "Check that the address is Vea's, and whether a proxy or a sign-in page answers in its place."
        )
        raise failure.becomes(
            f"{about} failed in {policy.max_tries} {tries} over {seconds:.0f} s; the last: {failure}. {advice}"
        ) from None


def retry_after_seconds(header: str | None) -> float | None:
    """The wait that a Retry-After header (seconds or an HTTP date) asks for, up to 120 s.

    None where it says nothing to wait for (absent, zero, in the past, garbage): the policy's own wait holds then.
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
