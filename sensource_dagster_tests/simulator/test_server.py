import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import requests

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster_tests.simulator.client import NOW, Client, mint

FOREVER = """
from sensource_dagster.simulator import Options, serve_forever
serve_forever(Options(), lambda sim: print(sim.auth_url, sim.client_id, flush=True))
print("ended", flush=True)
"""


def test_the_addresses_are_on_loopback(still: RunningSimulator) -> None:
    assert urlsplit(still.api_url).hostname == "127.0.0.1"
    assert still.auth_url == f"{still.api_url}/oauth/token"
    assert (still.client_id, still.client_secret) == ("demo", "demo-secret")


def test_two_simulators_run_side_by_side_and_end_with_their_blocks() -> None:
    with serving() as one, serving(Options(client_id="other")) as two:
        assert one.api_url != two.api_url
        assert mint(one).status_code == mint(two).status_code == 200
    for ended in (one, two):
        with pytest.raises(requests.ConnectionError):
            mint(ended)


def test_a_port_can_be_chosen_and_must_be_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), serving(Options(port=port)):
            pass
    with serving(Options(port=port)) as sim:
        assert sim.api_url == f"http://127.0.0.1:{port}"


def test_responses_are_gzipped_for_clients_that_accept_it(client: Client) -> None:
    plain = requests.get(
        f"{client.sim.api_url}/api/zone",
        headers={"Authorization": f"Bearer {client.token}", "Accept-Encoding": "identity"},
        timeout=10,
    )
    zipped = client.get("/api/zone")
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert plain.json() == zipped.json()


def test_one_connection_serves_many_requests(client: Client) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {client.token}"
        for name in ("zone", "site", "space"):
            assert session.get(f"{client.sim.api_url}/api/{name}", timeout=10).status_code == 200


@pytest.mark.parametrize("path", ["/api", "/api/zones", "/api/data/weather"])
def test_an_unknown_path_is_a_404(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_every_response_waits_for_the_latency() -> None:
    with serving(Options(latency_seconds=0.2), ManualClock(NOW)) as sim:
        assert mint(sim).elapsed.total_seconds() >= 0.2


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serve_forever_announces_itself_and_ends_quietly(stop: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-c", FOREVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            auth_url, client_id = process.stdout.readline().split()
            assert requests.post(auth_url, data={"client_id": client_id}, timeout=10).status_code == 400
            process.send_signal(stop)
            rest, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert errors == ""
    if stop == signal.SIGINT:
        assert (process.returncode, rest) == (0, "ended\n")
    else:
        assert process.returncode == -signal.SIGTERM


def test_the_package_needs_neither_dagster_nor_duckdb_nor_the_rest_of_the_project() -> None:
    program = (
        "import sys, sensource_dagster.simulator\n"
        "print(*sorted(name for name in sys.modules if name.split('.')[0] in ('dagster', 'duckdb', 'pandas')"
        " or (name.startswith('sensource_dagster.') and '.simulator' not in name)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
