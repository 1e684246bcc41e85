from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.errors import TransientError, VeaRefusedError, VeaResponseError, VeaUnavailableError
from sensource_dagster.vea import HttpPolicy
from sensource_dagster.vea.retry import LONGEST_RETRY_AFTER, call_with_retries, retry_after_seconds


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts; the test does not wait."""
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    return waited


def failing(*failures: Exception) -> Callable[[], str]:
    left = list(failures)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "response"

    return attempt


def ignore(_text: str) -> None:
    pass


def test_a_transient_error_is_retried(waits: list[float]) -> None:
    logged: list[str] = []
    attempt = failing(TransientError("HTTP 502"), TransientError("cut"))
    assert call_with_retries(attempt, "GET it", HttpPolicy(), logged.append) == "response"
    assert len(waits) == 2
    assert re.fullmatch(
        r"GET it: attempt 1 of 5 failed \(HTTP 502\)\. The next retry is in (1\.\d|2\.0) s\.", logged[0]
    )
    assert "attempt 2 of 5 failed (cut)" in logged[1]


def test_waits_grow_up_to_the_policys_longest(waits: list[float]) -> None:
    attempt = failing(*[TransientError("cut")] * 5)
    call_with_retries(attempt, "GET it", HttpPolicy(max_attempts=6, first_wait=1, max_wait=6), ignore)
    for wait, least in zip(waits, [1, 2, 4, 6, 6], strict=True):
        assert least <= wait <= least + 1


def test_the_last_transient_error_becomes_its_own_class_of_error_with_attempts_and_cause(
    waits: list[float],
) -> None:
    attempt = failing(*[TransientError("cut")] * 4, TransientError("HTML", VeaResponseError))
    with pytest.raises(
        VeaResponseError, match=r"^GET it failed after 5 attempts in 0 s\. The last error: HTML\. Check"
    ):
        call_with_retries(attempt, "GET it", HttpPolicy(), ignore)
    with pytest.raises(
        VeaUnavailableError, match=r"^GET it failed after 1 attempt in 0 s\. The last error: cut\. .*later"
    ):
        call_with_retries(failing(TransientError("cut")), "GET it", HttpPolicy(max_attempts=1), ignore)
    assert len(waits) == 4


def test_any_other_error_is_not_retried(waits: list[float]) -> None:
    with pytest.raises(VeaRefusedError):
        call_with_retries(failing(VeaRefusedError("no")), "GET it", HttpPolicy(), ignore)
    assert waits == []


def test_the_wait_of_retry_after_is_kept(waits: list[float]) -> None:
    call_with_retries(failing(TransientError("HTTP 429", retry_after=17)), "GET it", HttpPolicy(), ignore)
    assert waits == [17]


def test_waiting_can_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tenacity.nap.time.sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        call_with_retries(failing(TransientError("cut")), "GET it", HttpPolicy(), ignore)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 1.5 ", 1.5),
        ("86400", LONGEST_RETRY_AFTER),
        ("9" * 400, LONGEST_RETRY_AFTER),
        (None, None),
        ("", None),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1_0", None),
        ("٣", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER),
        ("Fri, 99 Dec 2025 23:59:59 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_ignored(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header) == seconds


@pytest.mark.parametrize("zone", ["GMT", "-0000"])
def test_retry_after_can_be_a_date(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        seconds = retry_after_seconds(_in_a_minute(zone))
    time.tzset()
    assert seconds is not None
    assert 50 < seconds <= 60


def _in_a_minute(zone: str) -> str:
    date = datetime.fromtimestamp(time.time() + 60, timezone.utc)
    return format_datetime(date).replace("+0000", zone)


@given(st.text())
def test_no_retry_after_makes_a_wait_longer_than_the_limit(header: str) -> None:
    seconds = retry_after_seconds(header)
    assert seconds is None or 0 < seconds <= LONGEST_RETRY_AFTER
