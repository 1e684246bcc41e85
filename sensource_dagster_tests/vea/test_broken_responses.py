"""Which error an attempt ends in when a response is truncated, broken, too slow or too large."""

from __future__ import annotations

import gzip
import traceback

import pytest

from sensource_dagster.errors import TransientError, VeaTooLargeError
from sensource_dagster.vea.transport import Transport
from sensource_dagster_tests.vea.conftest import MakeTransport, request_to
from sensource_dagster_tests.vea.raw_server import (
    Script,
    drips,
    json_response,
    raw_server,
    resets,
    sends,
    sends_and_stays,
)

GZIPPED = gzip.compress(b'[{"a": "%s"}]' % (b"b" * 10_000))


@pytest.mark.parametrize(
    "script",
    [
        resets,
        sends(b""),
        sends(b"HTTP/1.1 200"),
        sends(b"\x16\x03\x01 this is no HTTP \r\n\r\n"),
        sends(json_response(b'{"results": []}', length=100)),
        sends(json_response(b"[]", length=3)),
        sends(b"HTTP/1.1 200 OK\r\n\r\n" + b'{"results": [{"a"'),
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, 2"),
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]"),
        sends(json_response(GZIPPED[:20], "Content-Encoding: gzip", length=len(GZIPPED))),
        sends(json_response(GZIPPED[:20], "Content-Encoding: gzip")),
        sends(json_response(b"not gzip at all", "Content-Encoding: gzip")),
    ],
    ids=[
        "reset",
        "closed",
        "cut status line",
        "no HTTP",
        "short body",
        "short body that is JSON",
        "body cut where the connection ends",
        "cut chunk",
        "no chunk",
        "cut gzip",
        "gzip of wrong length",
        "no gzip",
    ],
)
def test_a_truncated_or_broken_response_is_a_transient_error(script: Script, transport: Transport) -> None:
    with raw_server(script) as url, pytest.raises(TransientError):
        transport.send(request_to(url))


def test_the_error_of_a_broken_response_is_short_and_redacted(transport: Transport) -> None:
    transport.secrets.add("hunter2")
    with raw_server(sends(b"hunter2 " * 1000 + b"\r\n\r\n")) as url, pytest.raises(TransientError) as caught:
        transport.send(request_to(url))
    shown = "".join(traceback.format_exception(caught.value))
    assert "BadStatusLine" in str(caught.value)
    assert "hunter2" not in shown.replace('b"hunter2 "', "").replace('secrets.add("hunter2")', "")
    assert len(str(caught.value)) < 250


def test_a_refused_connection_is_a_transient_error(transport: Transport) -> None:
    with raw_server(resets) as url:
        pass
    with pytest.raises(TransientError, match=r"^NewConnectionError: HTTPConnection.*refused"):
        transport.send(request_to(url))


def test_a_host_name_that_does_not_resolve_is_a_transient_error(transport: Transport) -> None:
    with pytest.raises(TransientError, match=r"NameResolutionError|resolve"):
        transport.send(request_to("http://nowhere.invalid/"))


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,"], ids=["none", "half"])
def test_a_server_that_falls_silent_ends_the_attempt_at_the_read_timeout(
    sent: bytes, new_transport: MakeTransport
) -> None:
    with (
        raw_server(sends_and_stays(sent)) as url,
        pytest.raises(TransientError, match=r"[Tt]imed? ?out") as raised,
    ):
        new_transport(read_timeout=0.1).send(request_to(url))
    assert raised.value.too_large


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n[]", json_response(b"[]", length=10**6)])
def test_a_response_byte_by_byte_ends_at_the_deadline_even_if_the_bytes_so_far_are_json(
    head: bytes, new_transport: MakeTransport
) -> None:
    with (
        raw_server(drips(head, 0.05)) as url,
        pytest.raises(TransientError, match=r"deadline of 0\.3 s") as raised,
    ):
        new_transport(deadline=0.3).send(request_to(url))
    assert raised.value.too_large


def test_a_response_above_the_limit_is_not_read_to_its_end(new_transport: MakeTransport) -> None:
    transport = new_transport(max_response_bytes=2**20)
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 2**21
    with raw_server(drips(endless, 0.05)) as url, pytest.raises(VeaTooLargeError, match="limit of 1 MiB"):
        transport.send(request_to(url))


def test_a_response_that_unpacks_above_the_limit_is_not_read_to_its_end(new_transport: MakeTransport) -> None:
    bomb = gzip.compress(b"x" * (8 * 2**20))
    transport = new_transport(max_response_bytes=2**20)
    script = sends(json_response(bomb, "Content-Encoding: gzip"))
    with raw_server(script) as url, pytest.raises(VeaTooLargeError, match="limit of 1 MiB"):
        transport.send(request_to(url))


def test_a_response_at_the_limit_is_read(new_transport: MakeTransport) -> None:
    with raw_server(sends(json_response(b'"abc"'))) as url:
        assert new_transport(max_response_bytes=5).send(request_to(url)) == "abc"
