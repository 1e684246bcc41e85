"""Faults between us and the API: a transient one is retried, any other fails the run and names itself."""

from __future__ import annotations

import gzip
from datetime import date, datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sensource_dagster import resources
from sensource_dagster.simulator import ManualClock, fault_kinds
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster_tests.end_to_end.sync import error_text, syncing

UTC = timezone.utc
NOW = datetime(2025, 12, 10, 18, 20, tzinfo=UTC)
DAY = date(2025, 11, 3)
START, END = datetime(2025, 11, 3, 7, tzinfo=UTC), datetime(2025, 11, 4, 7, tzinfo=UTC)

TRANSIENT = {
    "401 on a good token": fault_kinds.status(401),
    "408": fault_kinds.status(408),
    "429, Retry-After 0": fault_kinds.status(429, retry_after="0"),
    "429, Retry-After 1": fault_kinds.status(429, retry_after="1"),
    "503, Retry-After is garbage": fault_kinds.status(503, retry_after="soon"),
    "503, Retry-After is negative": fault_kinds.status(503, retry_after="-5"),
    "503, Retry-After is a date gone by": fault_kinds.status(503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
    "500": fault_kinds.status(500),
    "502": fault_kinds.status(502),
    "504": fault_kinds.status(504),
    "connection reset": fault_kinds.reset(),
    "body cut": fault_kinds.cut(),
    "gzip body cut": fault_kinds.cut(gzipped=True),
    "200 with HTML": fault_kinds.html(),
    "204": fault_kinds.respond_with(b"", status=204),
}
FINAL = {
    "400": (fault_kinds.status(400), "HTTP 400"),
    "403": (fault_kinds.status(403), "HTTP 403"),
    "404": (fault_kinds.status(404), "HTTP 404"),
    "null": (fault_kinds.respond_with(b"null"), "null"),
    "no keys": (fault_kinds.respond_with(b"{}"), "no keys"),
    "results is null": (fault_kinds.respond_with(b'{"results": null}'), "results is null"),
    "an error in a 200": (fault_kinds.error_in_200("quota of the account is used up"), "quota of the account"),
    "rows that are no objects": (fault_kinds.respond_with(b"[1]"), "element 0"),
    "redirect": (fault_kinds.redirect("http://localhost:1/elsewhere"), "redirect"),
    "gzip bomb": (
        fault_kinds.respond_with(gzip.compress(b" " * 2**20) * 300, headers={"content-encoding": "gzip"}),
        "256 MiB",
    ),
}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two attempts; how long the real ones are is tested in `vea`."""
    monkeypatch.setattr(resources, "HttpPolicy", partial(HttpPolicy, first_wait=0.05))


# What is retried is decided in `vea`, whose tests have all of these.
SLOW = {"408", "502", "504", "503, Retry-After is negative", "503, Retry-After is a date gone by", "204"}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
        for name, fault in TRANSIENT.items()
    ],
)
def test_a_transient_fault_is_retried_and_every_row_arrives(tmp_path: Path, fault: Any) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        sync.simulator.faults.next(fault, path="/api/data/traffic")
        result = sync.run("counts", DAY)
        assert result.success, error_text(result)
        assert sync.simulator.faults.planned == 0
        assert sync.simulator.mints == 1
        assert sync.counts("traffic") == sync.truth("traffic", START, END)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        pytest.param(*case, id=name, marks=[pytest.mark.slow] if name == "gzip bomb" else [])
        for name, case in FINAL.items()
    ],
)
def test_any_other_fault_fails_the_run_at_once_names_itself_and_changes_nothing(
    tmp_path: Path, fault: Any, cause: str
) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        assert sync.run("counts", DAY).success
        before, asked = sync.table("traffic"), len(sync.simulator.requests)
        sync.simulator.faults.next(fault, times=99, path="/api/data/traffic")
        result = sync.run("counts", DAY)
        assert not result.success
        said = error_text(result)
        assert "\n" not in said
        assert cause in said
        assert "/api/data/traffic" in said
        assert "2025-11-03 07:00 to 2025-11-04 07:00 UTC" in said
        assert [request.path for request in sync.simulator.requests[asked:]].count("/api/data/traffic") == 1
        assert sync.table("traffic") == before


def test_an_api_that_stays_down_ends_the_run_with_the_number_of_attempts_and_the_last_cause(
    tmp_path: Path,
) -> None:
    with syncing(tmp_path, clock=ManualClock(NOW)) as sync:
        sync.simulator.faults.next(fault_kinds.status(503, retry_after="1"), times=99, path="/api/data/traffic")
        result = sync.run("counts", DAY)
        assert not result.success
        said = error_text(result)
        assert "HTTP 503" in said
        assert "5 attempts" in said
        assert [request.path for request in sync.simulator.requests].count("/api/data/traffic") == 5
        assert sync.counts("occupancy") == sync.truth("occupancy", START, END)
