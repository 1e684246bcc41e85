"""Which class of error each failure of one attempt is raised as."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest
import trustme
from pytest_httpserver import HTTPServer
from werkzeug import Response

from sensource_dagster.errors import (
    StatusError,
    TransientError,
    VeaConfigurationError,
    VeaError,
    VeaRefusedError,
    VeaResponseError,
    VeaUnavailableError,
    VeaUnreachableError,
)
from sensource_dagster.vea.transport import Transport
from sensource_dagster_tests.vea.conftest import request_to
from sensource_dagster_tests.vea.raw_server import drips, json_response, raw_server, resets, sends


def send(transport: Transport, server: HTTPServer, response: Response) -> object:
    server.expect_request("/it").respond_with_response(response)
    return transport.send(request_to(server.url_for("/it")), "token-1")


def test_a_response_is_parsed_and_the_request_has_token_and_user_agent(
    transport: Transport, server: HTTPServer
) -> None:
    assert send(transport, server, Response('{"a": [1]}')) == {"a": [1]}
    headers = server.log[0][0].headers
    assert headers["Authorization"] == "Bearer token-1"
    assert headers["User-Agent"].startswith("sensource_dagster/")
    assert transport.requests == 1


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://vea.invalid/it", ""),
        ("http://127.0.0.1:9/it", ""),
        ("https://127.0.0.1:9/it", ""),
        ("http://vea.invalid/it", "http://127.0.0.1:9"),
        ("https://vea.invalid/it", "http://127.0.0.1:9"),
    ],
)
def test_an_address_without_a_connection_says_what_to_check_and_not_that_it_is_transient(
    url: str, proxy: str, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    request = request_to(url)
    with pytest.raises(VeaUnreachableError, match=r"no connection to the host\. Check the URL .*DNS.*proxy"):
        transport.with_retries(request.label, lambda: transport.send(request))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 520])
def test_a_transient_status_is_a_transient_error(status: int, transport: Transport, server: HTTPServer) -> None:
    with pytest.raises(TransientError, match=f"^HTTP {status}, body 'not now'$") as caught:
        send(transport, server, Response("not now", status))
    assert caught.value.becomes is VeaUnavailableError


@pytest.mark.parametrize("status", [429, 503])
def test_a_transient_error_has_the_seconds_of_retry_after(
    status: int, transport: Transport, server: HTTPServer
) -> None:
    with pytest.raises(TransientError) as caught:
        send(transport, server, Response("", status, {"Retry-After": "7"}))
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 422, 451])
def test_any_other_4xx_is_a_status_error(status: int, transport: Transport, server: HTTPServer) -> None:
    with pytest.raises(StatusError, match=f"^HTTP {status}, empty body$") as caught:
        send(transport, server, Response("", status))
    assert caught.value.status == status


@pytest.mark.parametrize("body", ["", "<html>Sign in</html>", '{"results": [', '{"a": NaN}', '{"a": "\\ud800"'])
def test_a_200_that_is_not_json_is_a_transient_error(body: str, transport: Transport, server: HTTPServer) -> None:
    with pytest.raises(TransientError, match=r"^HTTP 200 that is not JSON \(text/html\), (empty )?body") as caught:
        send(transport, server, Response(body, content_type="text/html"))
    assert caught.value.becomes is VeaResponseError
    assert caught.value.__context__ is None


def test_a_204_is_a_transient_error(transport: Transport, server: HTTPServer) -> None:
    with pytest.raises(TransientError, match="HTTP 204 without content"):
        send(transport, server, Response(status=204))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_with_its_target_and_never_followed(
    status: int, transport: Transport, server: HTTPServer
) -> None:
    server.expect_request("/elsewhere").respond_with_json([])
    target = server.url_for("/elsewhere") + "?token=hunter2"
    with pytest.raises(VeaRefusedError, match=r"to 'http://127\.0\.0\.1:\d+/elsewhere'\. Redirects") as caught:
        send(transport, server, Response("", status, {"Location": target}))
    assert "hunter2" not in str(caught.value)
    assert len(server.log) == 1


@pytest.mark.parametrize(
    "location", ["http://[::1", "https://\x80\udc00".encode("utf-8", "ignore").decode("latin-1"), ""]
)
def test_a_redirect_to_an_invalid_url_is_refused_too(location: str, transport: Transport) -> None:
    response = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n".encode("latin-1")
    with raw_server(sends(response)) as url, pytest.raises(VeaRefusedError, match="redirect"):
        transport.send(request_to(url))


def test_the_body_of_a_redirect_is_not_read_to_its_end(transport: Transport) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n" + b"x" * 100_000
    with raw_server(drips(head, 0.05)) as url, pytest.raises(VeaRefusedError, match="redirect"):
        transport.send(request_to(url))


def test_an_untrusted_certificate_is_a_configuration_error(transport: Transport) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        server.expect_request("/it").respond_with_json([])
        with pytest.raises(VeaConfigurationError, match="certificate is not trusted"):
            transport.send(request_to(server.url_for("/it")), "token-1")
        assert server.log == []


def test_a_missing_ca_file_is_a_configuration_error(
    transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with pytest.raises(VeaConfigurationError, match=r"missing\.pem.*REQUESTS_CA_BUNDLE"):
        transport.send(request_to("https://127.0.0.1:1/"))


def test_the_body_in_an_error_is_shortened_and_redacted(transport: Transport, server: HTTPServer) -> None:
    transport.secrets.add("hunter2")
    with pytest.raises(StatusError) as caught:
        send(transport, server, Response("hunter2 " * 100_000, 400))
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_a_secret_that_the_limit_of_an_error_body_cuts_is_not_shown_by_half(
    transport: Transport, server: HTTPServer
) -> None:
    transport.secrets.add("hunter2-and-more")
    with pytest.raises(StatusError) as caught:
        send(transport, server, Response(" " * (4096 - 7) + "hunter2-and-more", 400))
    assert "hunter2" not in str(caught.value)


def test_a_redirect_that_repeats_a_secret_with_a_question_mark_shows_no_half(
    transport: Transport, server: HTTPServer
) -> None:
    transport.secrets.add("hunter?2-and-more")
    with pytest.raises(VeaRefusedError) as caught:
        send(transport, server, Response("", 302, {"Location": "https://x.invalid/hunter?2-and-more"}))
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize(
    "proxy", ["http://me:pa55w/ord@proxy.invalid:8080", "http://me:pa55word@[::1", "pa55://me:pa55word@x"]
)
def test_the_password_of_a_proxy_is_in_no_error(
    proxy: str, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises((VeaError, TransientError)) as caught:
        transport.send(request_to("http://vea.invalid/it"))
    assert "pa55w" not in str(caught.value)


def test_a_password_in_netrc_does_not_replace_the_token(
    transport: Transport, server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    send(transport, server, Response("[]"))
    transport.send(request_to(server.url_for("/it")))
    sent = [request.headers.get("Authorization") for request, _ in server.log]
    assert sent == ["Bearer token-1", None]


def test_loopback_is_reached_without_the_environments_proxy(
    transport: Transport, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://nowhere.invalid:1")
    assert send(transport, server, Response("[]")) == []


def test_another_host_is_reached_by_the_environments_proxy(
    transport: Transport, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url_for(""))
    server.expect_request("/it").respond_with_json([])
    assert transport.send(request_to("http://vea.invalid/it")) == []


def test_the_connection_is_kept_for_the_next_request(transport: Transport) -> None:
    def responds_twice(connection: socket.socket) -> None:
        connection.sendall(json_response(b"[1]"))
        connection.recv(65536)
        connection.sendall(json_response(b"[2]"))

    with raw_server(responds_twice, resets) as url:
        assert [transport.send(request_to(url)) for _ in range(2)] == [[1], [2]]


def test_attempts_are_counted_and_logged(
    transport: Transport, server: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.expect_ordered_request("/it").respond_with_data("", 502)
    server.expect_ordered_request("/it").respond_with_json([])
    assert transport.with_retries("GET it", lambda: transport.send(request_to(server.url_for("/it")))) == []
    assert (transport.requests, transport.retries) == (2, 1)
    assert "GET it: attempt 1 of 3 failed (HTTP 502, empty body)" in caplog.text


@pytest.mark.parametrize("url", ["http://exa mple.invalid/", "http://*.invalid/", "nonsense", "ftp://127.0.0.1/"])
def test_every_invalid_url_ends_in_an_error_of_this_project(url: str, transport: Transport) -> None:
    with pytest.raises((VeaError, TransientError)):
        transport.send(request_to(url))
