from sensource_dagster.simulator import RunningSimulator
from sensource_dagster_tests.simulator.client import NOW, Client, mint


def test_requests_are_logged_in_order_with_method_path_query_status_and_time(sim: RunningSimulator) -> None:
    client = Client(sim)
    client.get("/api/zone")
    client.counts("traffic", "2025-12-01", "2025-12-02")
    client.counts("traffic", "2025-12-01", "never")
    logged = sim.requests
    assert [(request.method, request.path, request.status) for request in logged] == [
        ("POST", "/oauth/token", 200),
        ("GET", "/api/zone", 200),
        ("GET", "/api/data/traffic", 200),
        ("GET", "/api/data/traffic", 400),
    ]
    assert logged[2].query == {
        "relativeDate": "custom",
        "startDate": "2025-12-01",
        "endDate": "2025-12-02",
        "dateGroupings": "hour",
        "entityType": "zone",
        "metrics": "ins,outs",
    }
    assert {request.time for request in logged} == {NOW}


def test_no_secret_and_no_token_is_logged(sim: RunningSimulator) -> None:
    client = Client(sim)
    client.get("/api/zone", access_token=client.token)
    client.counts("traffic", "2025-12-01", "2025-12-02", token=client.token, client_secret=sim.client_secret)
    mint(sim, client_secret="another-secret")
    logged = repr(sim.requests)
    assert len(sim.requests) == 4
    for secret in (sim.client_secret, client.token, "another-secret"):
        assert secret not in logged
