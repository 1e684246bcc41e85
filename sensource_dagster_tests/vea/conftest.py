from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from sensource_dagster.vea import HttpPolicy, VeaAccount, VeaClient
from sensource_dagster.vea.tokens import LiveToken
from sensource_dagster.vea.transport import ApiRequest, Transport
from sensource_dagster_tests.vea.fake_vea import FakeVea

SECRET = "s3cret/of+the&client"

LOG = logging.getLogger("test")

MakeClient = Callable[[], VeaClient]
MakeTransport = Callable[..., Transport]


class Clock:
    """Seconds since the epoch. The time stands still until a test changes it."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


def request_to(url: str) -> ApiRequest:
    return ApiRequest("GET", url, "GET it")


def first_token(store: LiveToken) -> str:
    return next(store.for_one_request())


@pytest.fixture
def policy() -> HttpPolicy:
    """Timeouts and waits that are short enough for a test. An HTTP 504 at once counts like one that came late."""
    return HttpPolicy(
        connect_timeout=10,
        read_timeout=10,
        deadline=20,
        max_attempts=3,
        first_wait=0.01,
        max_wait=0.05,
        soonest_overload=0,
    )


@pytest.fixture(scope="session")
def running_server() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture
def server(running_server: HTTPServer) -> HTTPServer:
    """One server for all tests, since each stop takes half a second. It is cleared for each test."""
    running_server.clear()
    return running_server


@pytest.fixture
def vea(server: HTTPServer) -> FakeVea:
    return FakeVea(server)


@pytest.fixture
def account(vea: FakeVea, tmp_path: Path) -> VeaAccount:
    return VeaAccount(vea.url, f"{vea.url}/oauth/token", "client-1", SECRET, tmp_path / "tokens")


@pytest.fixture
def new_client(account: VeaAccount, policy: HttpPolicy) -> Iterator[MakeClient]:
    """Makes clients of the same account, as different runs do, and closes them."""
    clients: list[VeaClient] = []

    def make() -> VeaClient:
        clients.append(VeaClient(account, policy))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(new_client: MakeClient) -> VeaClient:
    return new_client()


@pytest.fixture
def new_transport(policy: HttpPolicy) -> Iterator[MakeTransport]:
    """Makes transports with a changed policy, and closes them."""
    made: list[Transport] = []

    def make(**changes: float) -> Transport:
        made.append(Transport(replace(policy, **changes), LOG))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for transport in made:
        transport.close()


@pytest.fixture
def transport(new_transport: MakeTransport) -> Transport:
    return new_transport()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(account: VeaAccount, transport: Transport, clock: Clock) -> LiveToken:
    return LiveToken(account, transport, LOG, clock)
