"""What the client does about the keys beside the rows of a response."""

from __future__ import annotations

from typing import Any

import pytest

from sensource_dagster.errors import VeaRefusedError, VeaResponseError
from sensource_dagster.vea import VeaClient, redaction
from sensource_dagster_tests.vea.fake_vea import FakeVea, as_json
from sensource_dagster_tests.vea.test_client import WINDOW, logged


def test_messages_are_shortened_redacted_and_logged(
    client: VeaClient, vea: FakeVea, caplog: pytest.LogCaptureFixture
) -> None:
    vea.responses = [as_json({"messages": ["beware of token-1", "x" * 1000], "results": []})]
    assert client.counts("traffic", WINDOW, ["ins"]) == []
    (message,) = logged(caplog)
    assert "beware of ***" in message
    assert len(message) < 400


def test_an_empty_list_of_messages_is_not_logged(client: VeaClient, caplog: pytest.LogCaptureFixture) -> None:
    client.counts("traffic", WINDOW, ["ins"])
    assert logged(caplog) == []


def test_without_messages_no_pattern_of_a_secret_is_made(client: VeaClient) -> None:
    redaction._pattern.cache_clear()
    client.counts("traffic", WINDOW, ["ins"])
    assert redaction._pattern.cache_info().misses == 0


def test_an_error_in_a_200_is_refused_at_once(client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [as_json({"error": "no such metric", "results": []})]
    with pytest.raises(VeaRefusedError, match=r"for 2025-12-01 00:00 to .*no such metric"):
        client.counts("traffic", WINDOW, ["ins"])
    assert len(vea.requests) == 1


@pytest.mark.parametrize(
    ("beside", "shown"),
    [
        ({"errors": ["site 3 timed out"]}, r"site 3 timed out"),
        ({"success": False}, r"'success' is False"),
        ({"ok": False, "error": None}, r"'ok' is False"),
    ],
)
def test_rows_beside_a_failure_are_refused(
    beside: dict[str, Any], shown: str, client: VeaClient, vea: FakeVea
) -> None:
    vea.responses = [as_json({"results": [{"a": 1}], **beside})]
    with pytest.raises(VeaRefusedError, match=rf"/api/location returned an error .*{shown}"):
        client.entities("location")


def test_rows_beside_a_larger_total_are_an_error_that_names_it(client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [as_json({"results": [{"a": 1}], "total": 5})]
    with pytest.raises(VeaResponseError, match=r"only a part of its rows: 'total' is 5, and the response has 1"):
        client.entities("location")


@pytest.mark.parametrize("link", ['</page/2>; rel="next"', "</1>; rel=first, </2>; rel=next"])
def test_a_link_to_the_next_page_is_an_error(link: str, client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [as_json([{"a": 1}], headers={"Link": link})]
    with pytest.raises(VeaResponseError, match=r"only a part of its rows: its header Link names a next page"):
        client.entities("location")


@pytest.mark.parametrize("body", [[{"a": 1}], {"results": [{"a": 1}]}], ids=["array", "object"])
def test_a_header_with_a_larger_total_is_an_error_that_names_it(
    body: Any, client: VeaClient, vea: FakeVea
) -> None:
    vea.responses = [as_json(body, headers={"X-Total-Count": "5"})]
    with pytest.raises(VeaResponseError, match=r"its header X-Total-Count is '5', and the response has 1 rows"):
        client.entities("location")
    vea.responses = [as_json(body, headers={"X-Total-Count": "1"})]
    assert client.entities("location") == [{"a": 1}]


def test_a_secret_in_an_unexpected_key_is_masked(client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [as_json({"token-1": [], "data": []})]
    with pytest.raises(VeaResponseError, match=r"an object with the keys '\*\*\*', 'data'"):
        client.entities("location")


def test_unknown_keys_beside_the_rows_are_named_without_their_values(
    client: VeaClient, vea: FakeVea, caplog: pytest.LogCaptureFixture
) -> None:
    vea.responses = [as_json({"results": [], "generated": "hunter2", "token-1": 0, "total": 0, "success": True})]
    client.entities("location")
    (message,) = logged(caplog)
    assert "unknown keys beside its rows: 'generated', '***'" in message
    assert "hunter2" not in message
