"""Alerts by e-mail, to a mail server on a socket."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest

from sensource_dagster.automation import alert_email
from sensource_dagster.automation.alert_email import send_email
from sensource_dagster.automation.alerts import Alert
from sensource_dagster.config.alert_parsers import mail_server as parsed
from sensource_dagster.errors import AlertError
from sensource_dagster_tests.automation.mail_server import mail_server

ALERT = Alert("Check x of y failed", "Tür Süd: 3 > 2\nline 2", is_error=False, run_id="1a2b")
PASSWORD = "pa55/w+rd&secret"


def test_an_alert_arrives_with_its_text_and_its_run() -> None:
    with mail_server() as mailbox:
        send_email(parsed(f"smtp://127.0.0.1:{mailbox.port}"), None, "ops@library.org", ALERT)
    [email] = mailbox.taken
    assert (email["To"], email["From"]) == ("ops@library.org", "ops@library.org")
    assert email["Subject"] == "[sensource] Check x of y failed"
    assert email.get_content().splitlines() == ["Tür Süd: 3 > 2", "line 2", "", "In the Dagster UI: /runs/1a2b"]


def test_the_sender_is_the_one_that_is_set_or_the_user_of_the_server() -> None:
    with mail_server("vea@library.org", PASSWORD) as mailbox:
        server = parsed(f"smtp://vea%40library.org:pa55%2Fw%2Brd%26secret@127.0.0.1:{mailbox.port}")
        send_email(server, None, "ops@library.org", ALERT)
        send_email(server, "noreply@library.org", "ops@library.org", ALERT)
    assert [email["From"] for email in mailbox.taken] == ["vea@library.org", "noreply@library.org"]


def test_a_refused_password_is_an_error_that_does_not_show_it_even_if_the_server_does() -> None:
    with mail_server("vea", "another") as mailbox:
        server = parsed(f"smtp://vea:{PASSWORD.replace('/', '%2F')}@127.0.0.1:{mailbox.port}")
        with pytest.raises(AlertError) as caught:
            send_email(server, None, "ops@library.org", ALERT)
    assert "535" in str(caught.value)
    assert "SENSOURCE_ALERT_SMTP" in str(caught.value)
    assert "pa55" not in f"{caught.value} {caught.value.__context__} {server!r}"
    assert mailbox.taken == []


def test_a_refused_recipient_and_a_refused_text_are_errors_with_what_the_server_says() -> None:
    with mail_server() as mailbox:
        server = parsed(f"smtp://127.0.0.1:{mailbox.port}")
        mailbox.refuses = {"nobody@library.org"}
        with pytest.raises(AlertError, match=r"It refused nobody@library\.org"):
            send_email(server, None, "nobody@library.org", ALERT)
        mailbox.says = "452 the disk is full"
        with pytest.raises(AlertError, match="452: the disk is full"):
            send_email(server, None, "ops@library.org", ALERT)


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(AlertError, match=r"mail server 127\.0\.0\.1:9\."):
        send_email(parsed("smtp://127.0.0.1:9"), None, "ops@library.org", ALERT)


def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_email, "_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(AlertError, match="timed out"):
            send_email(parsed(f"smtp://127.0.0.1:{port}"), None, "ops@library.org", ALERT)


def test_a_server_that_replies_byte_by_byte_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_email, "_SECONDS", 0.3)

    def reply() -> None:
        connection, _ = slow.accept()
        with connection, suppress(OSError):
            for _ in range(100):
                connection.send(b"2")
                time.sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as slow:
        replying = threading.Thread(target=reply)
        replying.start()
        with pytest.raises(AlertError, match="timed out"):
            send_email(parsed(f"smtp://127.0.0.1:{slow.getsockname()[1]}"), None, "ops@library.org", ALERT)
        replying.join()


def test_a_password_is_not_sent_to_another_machine_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server("vea", PASSWORD) as mailbox:
        to_loopback = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", mailbox.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: to_loopback)
        with pytest.raises(AlertError, match="It offers no TLS, so the password was not sent"):
            send_email(parsed(f"smtp://vea:{PASSWORD.replace('/', '%2F')}@mail.example"), None, "a@b.org", ALERT)
    assert mailbox.taken == []
