import pytest
import requests

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster.simulator.fault_kinds import delay, status
from sensource_dagster_tests.simulator.client import Client, mint


def statuses(client: Client, times: int, path: str = "/api/zone") -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def test_the_next_requests_meet_a_planned_fault_and_no_others(sim: RunningSimulator) -> None:
    client = Client(sim)
    sim.faults.next(status(503), times=2)
    assert sim.faults.planned == 2
    assert statuses(client, 3) == [503, 503, 200]
    assert sim.faults.planned == 0


def test_faults_are_met_in_the_order_in_which_they_were_planned(sim: RunningSimulator) -> None:
    client = Client(sim)
    sim.faults.next(status(500))
    sim.faults.next(status(502))
    assert statuses(client, 3) == [500, 502, 200]


def test_a_fault_for_a_path_waits_for_that_path(sim: RunningSimulator) -> None:
    sim.faults.next(status(429), path="/oauth")
    sim.faults.next(status(503), path="/api/data")
    assert mint(sim).status_code == 429
    client = Client(sim)
    assert client.get("/api/zone").status_code == 200
    assert client.counts("traffic", "2025-12-01", "2025-12-02").status_code == 503
    assert client.counts("traffic", "2025-12-01", "2025-12-02").status_code == 200


def test_random_faults_are_derived_from_their_seed(sim: RunningSimulator) -> None:
    client = Client(sim)
    runs = []
    for seed in (7, 7, 8):
        sim.faults.clear()
        sim.faults.at_random(0.5, [status(500), status(502)], path="/api/", seed=seed)
        runs.append(statuses(client, 30))
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {200, 500, 502}


def test_with_probability_one_every_request_meets_a_fault_until_it_is_cleared(sim: RunningSimulator) -> None:
    client = Client(sim)
    sim.faults.at_random(1, [status(500)])
    assert statuses(client, 5) == [500] * 5
    sim.faults.clear()
    assert statuses(client, 2) == [200] * 2


def test_the_fault_rate_does_not_apply_to_the_token_endpoint(clock: ManualClock) -> None:
    with serving(Options(fault_rate=1), clock) as sim:
        client = Client(sim)
        for _ in range(10):
            try:
                response = client.get("/api/zone")
                assert not response.ok or response.headers["content-type"].startswith("text/html")
            except requests.RequestException:
                pass


def test_a_fault_does_not_outlive_the_server(clock: ManualClock) -> None:
    with serving(Options(), clock) as sim:
        client = Client(sim)
        sim.faults.next(delay(30))
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{sim.api_url}/api/zone", timeout=0.1)
    with pytest.raises(requests.ConnectionError):
        client.get("/api/zone")
