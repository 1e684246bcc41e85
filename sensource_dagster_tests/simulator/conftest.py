"""Simulated accounts with the default options, whose clocks stand still at `NOW`.

A server takes 0.2 s to stop. So tests that only read share one (`still`, `client`). Tests that switch something on
have their own (`sim`). Tests of values need no server (`account`).
"""

from collections.abc import Iterator

import pytest

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster.simulator.simulator import Simulator
from sensource_dagster_tests.simulator.client import NOW, Client


@pytest.fixture(scope="session")
def still() -> Iterator[RunningSimulator]:
    with serving(Options(), ManualClock(NOW)) as running:
        yield running


@pytest.fixture(scope="session")
def client(still: RunningSimulator) -> Client:
    return Client(still)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def sim(clock: ManualClock) -> Iterator[RunningSimulator]:
    with serving(Options(), clock) as running:
        yield running


@pytest.fixture
def account(clock: ManualClock) -> Simulator:
    return Simulator(Options(), clock)
