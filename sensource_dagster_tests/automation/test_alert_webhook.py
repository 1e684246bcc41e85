"""Alerts to a webhook of Slack or Teams, on a socket. Its URL is a secret."""

from __future__ import annotations

import socket

import pytest
from pytest_httpserver import HTTPServer

from sensource_dagster.automation import alert_webhook
from sensource_dagster.automation.alert_webhook import send_to_webhook
from sensource_dagster.automation.alerts import Alert
from sensource_dagster.errors import AlertError

ALERT = Alert("Check x of y failed", "3 <b> & 2\nline 2", is_error=True, run_id="1a2b")
SECRET = "services/T0AAA/B0BBB/sEcReT0123456789"


def sent(server: HTTPServer, url: str, alert: Alert = ALERT) -> object:
    server.expect_request(f"/{SECRET}", method="POST").respond_with_data("ok")
    send_to_webhook(url, alert)
    [(request, _)] = server.log
    assert request.content_type == "application/json"
    return request.json


def test_slack_and_its_likes_get_a_text_in_which_nothing_is_markup(httpserver: HTTPServer) -> None:
    assert sent(httpserver, httpserver.url_for(SECRET)) == {
        "text": "*🔴 Check x of y failed*\n3 &lt;b&gt; &amp; 2\nline 2"
    }


def test_teams_gets_an_adaptive_card(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    to_loopback = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", httpserver.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: to_loopback)
    over = Alert("Check x of y back", "line 1\nline 2", is_error=False, run_id="", is_over=True)
    body = sent(httpserver, f"http://prod-1.logic.azure.com:{httpserver.port}/{SECRET}?sig=s", over)
    assert isinstance(body, dict)
    assert body["type"] == "message"
    [attachment] = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert card["type"] == "AdaptiveCard"
    assert [block["text"] for block in card["body"]] == ["✅ Check x of y back", "line 1", "line 2"]


def test_a_long_text_is_cut(httpserver: HTTPServer) -> None:
    body = sent(httpserver, httpserver.url_for(SECRET), Alert("t", "x" * 50_000, is_error=False, run_id=""))
    assert isinstance(body, dict)
    assert len(body["text"]) < 3_100
    assert body["text"].endswith("…")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, "oops", "HTTP 500"),
        (404, "no_service", "HTTP 404 (no_service)"),
        (302, "", "HTTP 302"),
        (403, f"no: /{SECRET}", "HTTP 403"),
        (400, "services", "HTTP 400"),
    ],
)
def test_a_refusal_is_an_error_with_its_status_and_without_the_url(
    httpserver: HTTPServer, status: int, body: str, said: str
) -> None:
    httpserver.expect_request(f"/{SECRET}").respond_with_data(body, status, {"Location": f"/{SECRET}/next"})
    assert_fails(httpserver.url_for(SECRET), said)
    assert len(httpserver.log) == 1


def test_a_host_that_is_not_there_is_an_error_without_the_url() -> None:
    assert_fails(f"http://127.0.0.1:9/{SECRET}", "It cannot be reached (ConnectionError)")


def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_webhook, "_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert_fails(f"http://127.0.0.1:{silent.getsockname()[1]}/{SECRET}", "No response within")


def assert_fails(url: str, said: str) -> None:
    with pytest.raises(AlertError) as caught:
        send_to_webhook(url, ALERT)
    text = f"{caught.value} {caught.value.__context__} {caught.value.__cause__}"
    assert said in text
    assert "SENSOURCE_ALERT_WEBHOOK" in text
    assert not [part for part in SECRET.split("/") if part in text]
