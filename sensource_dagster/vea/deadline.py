"""A deadline for a whole HTTP request. The library `requests` has none.

Its read timeout starts anew with every byte, so a response that arrives byte by byte would never time out.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import Any
from weakref import WeakSet

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool


@contextmanager
def cut_after(seconds: float, sockets: Callable[[], Collection[socket.socket]]) -> Iterator[Event]:
    """Shut sockets down if the block lasts longer. This ends a blocked read.

    The event is set once the time has passed.

    Args:
        sockets: those that are open when the time has passed.
    """
    passed = Event()

    def cut() -> None:
        passed.set()
        for connected in sockets():
            with suppress(OSError):  # already closed
                # Not SSLSocket.shutdown: it removes the TLS state that the reading thread still uses.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield passed
    finally:
        timer.cancel()


class DeadlineAdapter(HTTPAdapter):
    """Shuts down its connections when a deadline passes. This ends a blocked read in any phase of a response.

    It is for a session that sends one request at a time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._passed = Event()

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[Event]:
        """Within the block no read lasts longer than the deadline.

        The event is set once the deadline has passed.
        """
        with cut_after(seconds, lambda: list(self._sockets)) as self._passed:
            yield self._passed

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: Any = None,
    ) -> ConnectionPool:
        pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        if isinstance(pool, HTTPConnectionPool) and not hasattr(pool.ConnectionCls, "watched"):
            pool.ConnectionCls = self._watched(pool.ConnectionCls)
        return pool

    def _watched(self, connection_class: Any) -> Any:
        adapter = self

        class Watched(connection_class):  # type: ignore[misc] # plain or TLS, direct or through a proxy
            watched = True

            def connect(self) -> None:
                super().connect()
                # The socket, not the connection: a connection forgets its socket if the response ends by closing
                # it.
                adapter._sockets.add(self.sock)
                if adapter._passed.is_set():  # it passed during connect(), so this socket was not known then
                    self.close()
                    raise TimeoutError("deadline passed while connecting")

        Watched.__name__ = connection_class.__name__  # errors show it
        return Watched
