"""A server that sends any bytes: truncated bodies, slow ones, resets."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Script = Callable[[socket.socket], None]


@contextmanager
def raw_server(*scripts: Script) -> Iterator[str]:
    """Run one script for each connection in turn, the last one repeatedly. Yields the server's URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listener, list(scripts)))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def sends(data: bytes) -> Script:
    """Sends these bytes and closes."""
    return lambda connection: connection.sendall(data)


def drips(head: bytes, pause: float) -> Script:
    """Sends the head, then one blank after each pause (seconds), until the client has gone or 20 s have passed."""

    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(int(20 / pause)):
            connection.sendall(b" ")
            threading.Event().wait(pause)

    return script


def sends_and_stays(data: bytes) -> Script:
    """Sends these bytes, then nothing until the client has gone."""

    def script(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.recv(1)

    return script


def resets(connection: socket.socket) -> None:
    """Ends the connection with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def json_response(body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A 200 with its body. `length` is a false Content-Length."""
    claimed = len(body) if length is None else length
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {claimed}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def _serve(listener: socket.socket, scripts: list[Script]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # the test is over
            return
        with connection, suppress(OSError):
            _read_request(connection)
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
            script(connection)


def _read_request(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            return
        received += chunk
