"""A response that arrives byte by byte ends at its deadline, in every phase. The read timeout never fires."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests
import trustme

from sensource_dagster.vea.deadline import DeadlineAdapter
from sensource_dagster_tests.vea.raw_server import Script, drips, json_response, raw_server, resets, sends

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        HEAD + b"X-Header: ",
        HEAD + b"Content-Length: 1000000\r\n\r\n",
        HEAD + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffff\r\n",
    ],
    ids=["status line", "headers", "body of known length", "body until the connection ends", "one endless chunk"],
)
def test_a_response_byte_by_byte_ends_at_the_deadline(head: bytes) -> None:
    assert _passed_in_time(drips(head, 0.05))


def test_a_deadline_that_was_met_does_not_end_a_later_response_on_the_same_connection() -> None:
    def at_once_then_slowly(connection: socket.socket) -> None:
        connection.sendall(json_response(b"[1]"))
        connection.recv(65536)
        threading.Event().wait(1.5)
        connection.sendall(json_response(b"[2]"))

    adapter = DeadlineAdapter()
    with raw_server(at_once_then_slowly, resets) as url, requests.Session() as session:
        session.mount(url, adapter)
        with adapter.deadline(1) as passed:
            assert session.get(url, timeout=5).text == "[1]"
        with adapter.deadline(10):
            assert session.get(url, timeout=5).text == "[2]"
        assert not passed.is_set()


def test_a_connection_that_is_made_after_the_deadline_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = DeadlineAdapter()
    connect = socket.socket.connect
    with raw_server(sends(json_response(b"{}"))) as url, requests.Session() as session:
        session.mount(url, adapter)
        with adapter.deadline(0.05) as passed:

            def slow(self: socket.socket, address: tuple[str, int]) -> None:
                passed.wait(5)
                connect(self, address)

            monkeypatch.setattr(socket.socket, "connect", slow)
            with pytest.raises(requests.ConnectionError, match="deadline passed while connecting"):
                session.get(url, timeout=5)


def test_a_response_byte_by_byte_over_tls_ends_at_the_deadline(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        raw, _ = listener.accept()
        with context.wrap_socket(raw, server_side=True) as connection:
            connection.recv(65536)
            try:
                drips(HEAD + b"Content-Length: 1000000\r\n\r\n", 0.05)(connection)
            except OSError:
                return

    server = threading.Thread(target=serve)
    server.start()
    adapter = DeadlineAdapter()
    with listener, requests.Session() as session:
        session.mount("https://", adapter)
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with adapter.deadline(0.5) as passed, pytest.raises(requests.RequestException):
            assert session.get(url, timeout=5, verify=str(tmp_path / "ca.pem"))
        assert passed.is_set()
    server.join()


def _passed_in_time(script: Script) -> bool:
    """Whether the deadline ended the reading, not the read timeout of 5 s and not the server after 20 s."""
    adapter = DeadlineAdapter()
    with raw_server(script) as url, requests.Session() as session:
        session.mount(url, adapter)
        started = time.monotonic()
        with adapter.deadline(0.3) as passed, suppress(requests.RequestException):
            assert session.get(url, timeout=5).content is not None
        return passed.is_set() and time.monotonic() - started < 15
