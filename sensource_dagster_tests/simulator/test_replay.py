from collections.abc import Iterator
from typing import Any

import pytest

from sensource_dagster.simulator import Options, RunningSimulator, serving
from sensource_dagster_tests.simulator.client import Client, utc

WINDOW = ("2025-12-01T16:00:00Z", "2025-12-01T17:30:00Z")


def recording(last_ins: int) -> dict[str, Any]:
    counts = [("b", 15, 9), ("b", 16, 112), ("a", 17, 3), ("b", 17, last_ins)]
    rows = [
        {
            "recordDate_hour_1": f"2025-12-01T{hour}:00:00.000Z",
            "zoneId": zone,
            "name": "Person count in/out 1",
            "sumins": ins,
            "sumouts": 0,
        }
        for zone, hour, ins in counts
    ]
    return {"messages": [], "results": rows}


@pytest.fixture
def replaying() -> Iterator[RunningSimulator]:
    with serving(Options(recordings=(recording(20), recording(25)))) as sim:
        yield sim


def test_traffic_is_the_recordings_rows_within_the_bounds(replaying: RunningSimulator) -> None:
    assert Client(replaying).rows("traffic", *WINDOW) == recording(20)["results"][1:]


def test_only_the_requested_metrics_are_replayed(replaying: RunningSimulator) -> None:
    rows = Client(replaying).rows("traffic", *WINDOW, metrics="outs")
    assert {tuple(row) for row in rows} == {("recordDate_hour_1", "zoneId", "name", "sumouts")}


def test_zones_are_those_that_the_recording_names(replaying: RunningSimulator) -> None:
    client = Client(replaying)
    name = "Person count in/out 1"
    assert client.get("/api/zone").json() == [{"zoneId": "a", "name": name}, {"zoneId": "b", "name": name}]
    assert client.get("/api/site").json() == []
    assert client.rows("occupancy", *WINDOW) == []


def test_replay_next_goes_on_to_the_next_recording(replaying: RunningSimulator) -> None:
    client = Client(replaying)
    replaying.replay_next()
    assert client.rows("traffic", *WINDOW) == recording(25)["results"][1:]
    with pytest.raises(IndexError, match="recording 2 of 2"):
        replaying.replay_next()
    assert replaying.replay is not None
    replaying.replay.index = 0
    assert client.rows("traffic", *WINDOW) == recording(20)["results"][1:]


def test_the_truth_is_the_recordings(replaying: RunningSimulator) -> None:
    assert replaying.truth("traffic", utc(2025, 12, 1, 15), utc(2025, 12, 1, 17)) == recording(20)["results"][:2]


def test_without_recordings_there_is_no_next_one(still: RunningSimulator) -> None:
    with pytest.raises(IndexError, match="nothing to replay"):
        still.replay_next()
