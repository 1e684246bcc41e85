from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from werkzeug import Response

from sensource_dagster.errors import (
    VeaCredentialsError,
    VeaRefusedError,
    VeaResponseError,
    VeaTooLargeError,
    VeaUnavailableError,
)
from sensource_dagster.vea import HttpPolicy, VeaAccount, VeaClient, Window
from sensource_dagster_tests.vea.conftest import SECRET
from sensource_dagster_tests.vea.fake_vea import FakeVea, as_json

WINDOW = Window(datetime(2025, 12, 1, tzinfo=timezone.utc), datetime(2025, 12, 2, tzinfo=timezone.utc))


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The log lines of the client, without those of the server."""
    return [record.getMessage() for record in caplog.records if record.name != "werkzeug"]


@pytest.mark.parametrize("body", [[{"a": 1}], {"results": [{"a": 1}]}])
def test_a_list_is_read_in_both_shapes(body: Any, client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [as_json(body)]
    assert client.entities("location") == [{"a": 1}]
    assert vea.requests[0].args.to_dict() == {}


@pytest.mark.parametrize(
    ("kind", "metrics", "entity_type"),
    [
        ("traffic", ["ins", "outs"], "zone"),
        ("occupancy", ["occupancy(max)", "occupancy(avg)"], "space"),
    ],
)
def test_a_request_for_counts_has_instants_as_bounds_and_groups_by_hour(
    kind: Any, metrics: list[str], entity_type: str, client: VeaClient, vea: FakeVea
) -> None:
    assert client.counts(kind, WINDOW, metrics) == [{"zoneId": "z1"}]
    assert vea.requests[0].path == f"/api/data/{kind}"
    assert vea.requests[0].args.to_dict() == {
        "relativeDate": "custom",
        "startDate": "2025-12-01T00:00:00.000Z",
        "endDate": "2025-12-02T00:00:00.000Z",
        "dateGroupings": "hour",
        "entityType": entity_type,
        "metrics": ",".join(metrics),
    }


def test_rows_outside_the_window_are_not_dropped_by_the_client(client: VeaClient, vea: FakeVea) -> None:
    vea.rows = [{"recordDate_hour_1": "2025-12-02T00:00:00.000Z"}]
    assert client.counts("traffic", WINDOW, ["ins"]) == vea.rows


def test_the_name_of_an_endpoint_cannot_lead_outside_the_api(client: VeaClient, vea: FakeVea) -> None:
    with pytest.raises(VeaUnavailableError, match=r"/api/\.\.%2Foauth%2Ftoken%3Fx"):
        client.entities("../oauth/token?x")
    assert vea.minted == 1


def test_half_a_character_in_a_text_becomes_ufffd_with_a_warning_and_without_a_retry(
    client: VeaClient, vea: FakeVea, caplog: pytest.LogCaptureFixture
) -> None:
    sent = r'[{"name": "Door \ud83d"}, {"name": "\uDC00\\ud83d \ud83d\uDEAA \n"}]'
    vea.responses = [Response(sent, content_type="application/json")]
    assert client.entities("location") == [{"name": "Door \ufffd"}, {"name": "\ufffd\\ud83d \U0001f6aa \n"}]
    assert client.retries == 0
    (message,) = logged(caplog)
    assert "/api/location: Vea sent half a character in a text, 2 times" in message


@pytest.mark.parametrize("body", [None, {}, {"results": None}, [1], {"results": [None]}, "text"])
def test_any_other_shape_of_a_response_is_an_error(body: Any, client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [as_json(body)]
    with pytest.raises(VeaResponseError, match="/api/location returned"):
        client.entities("location")


def test_html_instead_of_json_is_retried_and_then_a_response_error(client: VeaClient, vea: FakeVea) -> None:
    page = Response("<html>Sign in</html>", content_type="text/html")
    vea.responses = [page]
    assert client.entities("location") == vea.rows
    vea.responses = [page] * 3
    with pytest.raises(VeaResponseError, match=r"3 attempts.*text/html\), body '<html>Sign in"):
        client.entities("location")


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_not_retried_and_says_what_to_do(status: int, client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [Response("no", status)]
    with pytest.raises(VeaRefusedError, match=rf"/api/location is refused: HTTP {status}, body 'no'\. \w"):
        client.entities("location")
    assert (client.requests, client.retries) == (2, 0)


def test_the_error_after_all_attempts_names_endpoint_window_attempts_and_cause(
    client: VeaClient, vea: FakeVea
) -> None:
    vea.responses = [Response("", 500), Response("", 502), Response("busy", 503)]
    with pytest.raises(VeaUnavailableError) as caught:
        client.counts("traffic", WINDOW, ["ins"])
    text = str(caught.value)
    for part in (
        "/api/data/traffic for 2025-12-01 00:00 to 2025-12-02 00:00 UTC",
        "3 attempts",
        "HTTP 503, body 'busy'",
        "later",
    ):
        assert part in text
    assert "\n" not in text
    assert (client.requests, client.retries) == (4, 2)


def test_a_window_that_can_be_halved_has_two_attempts_that_take_too_long(client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [Response("", 504), Response("", 504)]
    with pytest.raises(VeaTooLargeError, match=r"for 2025-12-01 00:00 to .* takes too long: HTTP 504"):
        client.counts("traffic", WINDOW, ["ins"], halve_after=2)
    vea.responses = [Response("", 504), Response("", 504)]
    assert client.counts("traffic", WINDOW, ["ins"]) == vea.rows
    vea.responses = [Response("", 503), Response("", 504)]
    assert client.counts("traffic", WINDOW, ["ins"], halve_after=2) == vea.rows


def test_an_http_504_that_comes_at_once_says_nothing_about_the_window(account: VeaAccount, vea: FakeVea) -> None:
    vea.responses = [Response("", 504)] * 3
    with (
        VeaClient(account, HttpPolicy(max_attempts=3, first_wait=0.01)) as client,
        pytest.raises(VeaUnavailableError, match=r"failed after 3 attempts .*HTTP 504"),
    ):
        client.counts("traffic", WINDOW, ["ins"], halve_after=2)
    assert len(vea.requests) == 3


@pytest.mark.parametrize("halve_after", [2, 0])
def test_a_413_is_not_retried(halve_after: int, client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [Response("", 413)]
    with pytest.raises(
        VeaTooLargeError, match=r"for 2025-12-01 00:00 to .* is too much for Vea at once: HTTP 413"
    ):
        client.counts("traffic", WINDOW, ["ins"], halve_after=halve_after)
    assert len(vea.requests) == 1


def test_the_time_of_a_failed_request_is_counted_too(client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [Response("", 404)]
    with pytest.raises(VeaRefusedError):
        client.entities("location")
    spent = client.seconds
    assert spent > 0
    client.entities("location")
    assert client.seconds > spent


def test_no_secret_is_in_any_error_log_or_repr(
    account: VeaAccount, policy: HttpPolicy, vea: FakeVea, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    leaked = f"{SECRET} token-1"
    seen = [repr(account)]
    with VeaClient(account, policy) as client:
        client.entities("location")
        seen.append(repr(client))
        for responses in (
            [Response(leaked, 500)] * 3,
            [Response(leaked)] * 3,
            [Response(leaked, 404)],
            [as_json({"error": leaked})],
            [as_json({"messages": [leaked], "results": None})],
            [Response("", 302, {"Location": "http://elsewhere.invalid/token-1"})],
        ):
            vea.responses = list(responses)
            with pytest.raises(Exception, match="location") as caught:
                client.entities("location")
            seen += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
    vea.token_responses = [Response(SECRET, 401)]
    with VeaClient(replace(account, client_id="other"), policy) as client:
        with pytest.raises(VeaCredentialsError) as refused:
            client.entities("location")
        seen.append(str(refused.value))
    everything = "\n".join([*seen, *logged(caplog)])
    assert SECRET not in everything
    assert "token-1" not in everything


def test_the_client_logs_to_the_given_log(
    account: VeaAccount, policy: HttpPolicy, vea: FakeVea, caplog: pytest.LogCaptureFixture
) -> None:
    vea.responses = [Response("", 500)]
    log = logging.LoggerAdapter(logging.getLogger("a_run"), {})
    with VeaClient(account, policy, log) as client:
        client.entities("location")
    assert "a_run" in {record.name for record in caplog.records}
    assert len(logged(caplog)) == 1


def test_the_session_is_closed_after_use(
    account: VeaAccount, policy: HttpPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[object] = []

    def close(session: object) -> None:
        closed.append(session)

    monkeypatch.setattr("sensource_dagster.vea.transport._Session.close", close)
    with VeaClient(account, policy):
        assert closed == []
    assert len(closed) == 1
