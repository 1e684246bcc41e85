"""Puts a simulator on a loopback socket, in a thread of its own or for a command line."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any, cast

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sensource_dagster.simulator.app import make_app
from sensource_dagster.simulator.clock import Clock, system_clock
from sensource_dagster.simulator.options import Options
from sensource_dagster.simulator.simulator import Simulator

_HOST = "127.0.0.1"


class RunningSimulator(Simulator):
    """A simulator with an address."""

    def __init__(self, options: Options, clock: Clock, port: int) -> None:
        """Use the port that was found free."""
        super().__init__(options, clock)
        self.api_url = f"http://{_HOST}:{port}"
        """The URL before ``/api/...``."""
        self.auth_url = f"{self.api_url}/oauth/token"
        self.client_id = options.client_id
        self.client_secret = options.client_secret


@contextmanager
def serving(options: Options | None = None, clock: Clock = system_clock) -> Iterator[RunningSimulator]:
    """Serve a simulator on 127.0.0.1 from a background thread, until the block ends.

    Raises:
        OSError: the port is taken.
    """
    simulator, server, listener = _make(options or Options(), clock)
    thread = Thread(target=server.run, args=([listener],), name="vea-simulator", daemon=True)
    thread.start()
    try:
        yield simulator
    finally:
        server.should_exit = True
        thread.join()


def serve_forever(options: Options, announce: Callable[[RunningSimulator], None]) -> None:
    """Serve until Ctrl-C, for a command line; `announce` is called once, when clients can connect.

    Raises:
        OSError: the port is taken.
    """
    simulator, server, listener = _make(options, system_clock)
    with suppress(KeyboardInterrupt):
        announce(simulator)
        server.run([listener])


def _make(options: Options, clock: Clock) -> tuple[RunningSimulator, uvicorn.Server, socket.socket]:
    # It listens before the server runs: so its port is known, and an early request waits instead of failing.
    listener = socket.create_server((_HOST, options.port))
    simulator = RunningSimulator(options, clock, listener.getsockname()[1])
    config = uvicorn.Config(
        make_app(simulator),
        http=_ProtocolWithTransport,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level=logging.CRITICAL + 1,  # above every level: the faults are intended
        access_log=False,
        timeout_graceful_shutdown=0,  # a slow response must not delay the end
    )
    return simulator, uvicorn.Server(config), listener


class _ProtocolWithTransport(H11Protocol):
    """Gives the app its connection, which some faults close."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope["transport"] = transport
            await cast(Any, app)(cast(Scope, scope), cast(Receive, receive), cast(Send, send))

        self.app = cast(Any, with_transport)
