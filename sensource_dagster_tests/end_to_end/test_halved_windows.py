"""A window that is too much for Vea is halved, and the size that worked is kept."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from dagster import ExecuteInProcessResult

from sensource_dagster import resources
from sensource_dagster.simulator import ManualClock, Options, fault_kinds
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster_tests.end_to_end.sync import Sync, error_text, syncing

UTC = timezone.utc
NOW = datetime(2025, 12, 10, 18, 20, tzinfo=UTC)
FIRST, LAST = date(2025, 9, 1), date(2025, 9, 30)
START, END = datetime(2025, 9, 1, 6, tzinfo=UTC), datetime(2025, 10, 1, 6, tzinfo=UTC)
FEW = Options(zones=1, spaces=0)
TRAFFIC = "/api/data/traffic"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two attempts; how long the real ones are is tested in `vea`. An HTTP 504 at once counts as late."""
    monkeypatch.setattr(resources, "HttpPolicy", partial(HttpPolicy, first_wait=0.02, soonest_overload=0))


def days_requested(sync: Sync) -> list[int]:
    """How many days each request for traffic was for."""
    times = [
        [datetime.fromisoformat(request.query[name].replace("Z", "+00:00")) for name in ("startDate", "endDate")]
        for request in sync.simulator.requests
        if request.path == TRAFFIC
    ]
    return [(end - start).days for start, end in times]


def logged(sync: Sync, result: ExecuteInProcessResult) -> list[str]:
    return [entry.user_message for entry in sync.instance.all_logs(result.run_id)]


def observed(result: ExecuteInProcessResult) -> dict[str, Any]:
    """The numbers of the run's requests for traffic."""
    [data] = [
        {name: value.value for name, value in event.asset_observation_data.asset_observation.metadata.items()}
        for event in result.get_asset_observation_events()
        if event.asset_observation_data.asset_observation.asset_key.path[-1] == "vea"
        and event.asset_observation_data.asset_observation.metadata["table"].value == "traffic"
    ]
    return data


@pytest.mark.parametrize(
    ("fault", "lost"),
    [
        pytest.param(fault_kinds.status(413), 1, id="413", marks=pytest.mark.slow),
        pytest.param(fault_kinds.status(504), 2, id="504"),
    ],
)
def test_a_window_that_is_too_large_is_halved_and_the_size_that_worked_serves_the_next_run_too(
    tmp_path: Path, fault: Any, lost: int
) -> None:
    with syncing(tmp_path, FEW, ManualClock(NOW)) as sync:
        sync.simulator.faults.next(fault_kinds.longer_than(8, fault), times=99, path=TRAFFIC)
        result = sync.run("counts", FIRST, LAST)
        assert result.success, error_text(result)
        assert days_requested(sync) == [30] * lost + [15] + [7, 7, 7, 7, 2]
        assert sync.counts("traffic") == sync.truth("traffic", START, END)
        said = [line for line in logged(sync, result) if "days a request" in line]
        assert [line.split(". ")[-1] for line in said] == [
            f"Reading traffic goes on with at most {days} days a request." for days in (15, 7)
        ]
        assert observed(result)["run_days_per_request"] == 7
        tokens = observed(result)["run_api_requests"] - (lost + 6)
        assert tokens in {0, 1}

        assert sync.run("counts", FIRST, LAST).success
        assert days_requested(sync)[lost + 6 :] == [7, 7, 7, 7, 2]


@pytest.mark.slow
def test_a_response_above_the_size_limit_halves_its_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "HttpPolicy", partial(HttpPolicy, max_response_bytes=80_000))
    with syncing(tmp_path, FEW, ManualClock(NOW)) as sync:
        result = sync.run("counts", FIRST, LAST)
        assert result.success, error_text(result)
        assert days_requested(sync) == [30, 15, 15]
        assert sync.counts("traffic") == sync.truth("traffic", START, END)


def test_one_day_that_is_too_large_fails_after_all_attempts_and_the_size_is_not_kept(tmp_path: Path) -> None:
    with syncing(tmp_path, FEW, ManualClock(NOW)) as sync:
        sync.simulator.faults.next(fault_kinds.status(504), times=7, path=TRAFFIC)
        result = sync.run("counts", FIRST, FIRST + timedelta(days=1))
        assert not result.success
        assert "/api/data/traffic for 2025-09-01 06:00 to 2025-09-02 06:00 UTC failed after 5 attempts" in (
            error_text(result)
        )
        assert days_requested(sync) == [2, 2, 1, 1, 1, 1, 1]
        assert sync.run("counts", FIRST, FIRST + timedelta(days=1)).success
        assert days_requested(sync)[7:] == [2]


@pytest.mark.parametrize(
    ("soonest", "requested"),
    [
        pytest.param(5, [30] * 5, id="at once"),
        pytest.param(0, [30, 30, 15, 7, 3, 1, 1, 1, 1, 1], id="late"),
    ],
)
def test_an_api_that_is_down_with_504_is_asked_a_few_times_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, soonest: float, requested: list[int]
) -> None:
    policy = partial(HttpPolicy, first_wait=0.02, soonest_overload=soonest)
    monkeypatch.setattr(resources, "HttpPolicy", policy)
    with syncing(tmp_path, FEW, ManualClock(NOW)) as sync:
        sync.simulator.faults.next(fault_kinds.status(504), times=99, path=TRAFFIC)
        result = sync.run("counts", FIRST, LAST)
        assert not result.success
        assert "failed after 5 attempts" in error_text(result)
        assert days_requested(sync) == requested
