"""What could not be sent is sent again, by the way that failed alone, and not for ever."""

from __future__ import annotations

import time

import pytest
import time_machine
from pytest_httpserver import HTTPServer

from sensource_dagster.automation import outbox
from sensource_dagster_tests.automation.alert_deployment import Sensors, failing, subjects
from sensource_dagster_tests.automation.mail_server import Mailbox


def test_what_one_way_could_not_send_is_sent_at_a_later_tick_and_by_this_way_alone(
    sensors: Sensors, mailbox: Mailbox, httpserver: HTTPServer
) -> None:
    sensors.variables["SENSOURCE_ALERT_WEBHOOK"] = httpserver.url_for("services/T0/B0/secret")
    httpserver.expect_oneshot_request("/services/T0/B0/secret").respond_with_data("", 500)
    httpserver.expect_request("/services/T0/B0/secret").respond_with_data("ok")
    failed = sensors.run(failing)

    said = sensors.tick()["failed_runs"]
    assert said.startswith("1 new alert. 1 wait to be sent. The alert could not be sent to the webhook at ")
    assert "HTTP 500" in said
    assert "secret" not in said + str(sensors.cursors)
    assert sensors.tick()["failed_runs"] == "No new alerts."
    sensors.tick()

    assert subjects(mailbox) == [f"Run {failed} of failing failed"]
    assert len(httpserver.log) == 2


def test_one_refused_recipient_keeps_no_other_back_and_none_gets_an_alert_twice(
    sensors: Sensors, mailbox: Mailbox
) -> None:
    sensors.variables["SENSOURCE_ALERT_EMAIL"] = "one@library.org, two@library.org"
    mailbox.refuses = {"one@library.org"}
    sensors.run(failing)
    assert "two" not in sensors.tick()["failed_runs"].replace("two@", "")
    assert [email["To"] for email in mailbox.taken] == ["two@library.org"]
    mailbox.refuses = set()
    sensors.tick()
    assert [email["To"] for email in mailbox.taken] == ["two@library.org", "one@library.org"]


def test_a_server_that_is_down_gets_one_attempt_a_tick_and_after_a_day_its_alerts_are_given_up(
    sensors: Sensors, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/hook").respond_with_data("", 503)
    sensors.variables["SENSOURCE_ALERT_WEBHOOK"] = httpserver.url_for("hook")
    for _ in range(3):
        sensors.run(failing)
    assert sensors.tick()["failed_runs"].startswith("3 new alerts. 3 wait to be sent.")
    assert len(httpserver.log) == 1
    assert sensors.tick()["failed_runs"].startswith("No new alerts. 3 wait to be sent.")
    assert len(httpserver.log) == 2
    with time_machine.travel(86_401 + time.time()):
        assert sensors.tick()["failed_runs"] == "No new alerts."
    assert len(httpserver.log) == 2


def test_no_more_than_a_hundred_alerts_wait(
    sensors: Sensors, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_MOST", 2)
    httpserver.expect_request("/hook").respond_with_data("", 503)
    sensors.variables["SENSOURCE_ALERT_WEBHOOK"] = httpserver.url_for("hook")
    for _ in range(3):
        sensors.run(failing)
    assert sensors.tick()["failed_runs"].startswith("3 new alerts. 2 wait to be sent.")


def test_a_way_of_a_user_that_raises_is_named_without_its_text(
    sensors: Sensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pager(_alert: object) -> None:
        raise ConnectionError("https://pager/secret")

    monkeypatch.setattr("sensource_dagster.automation.alert_sensors.ways", lambda _settings: {"pager": pager})
    sensors.run(failing)
    assert sensors.tick()["failed_runs"] == "1 new alert. 1 wait to be sent. pager failed with ConnectionError."
