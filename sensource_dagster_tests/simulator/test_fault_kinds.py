import gzip
import math
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sensource_dagster.simulator import RunningSimulator
from sensource_dagster.simulator import fault_kinds as kinds
from sensource_dagster_tests.simulator.client import Client

DAY = ("2025-12-01", "2025-12-02")


@pytest.fixture(autouse=True)
def _no_fault_left(still: RunningSimulator) -> Iterator[None]:
    yield
    still.faults.clear()


@pytest.mark.parametrize("code", [401, 403, 404, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("retry_after", [None, "3", "-1", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_status_can_have_any_retry_after(
    still: RunningSimulator, client: Client, code: int, retry_after: str | None
) -> None:
    still.faults.next(kinds.status(code, retry_after))
    response = client.get("/api/zone")
    assert (response.status_code, response.headers.get("Retry-After")) == (code, retry_after)
    assert client.get("/api/zone").status_code == 200


def test_no_content_has_no_body(client: Client) -> None:
    client.sim.faults.next(kinds.status(204))
    response = client.get("/api/zone")
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("body", ["null", "{}", '{"results": null}', "", "[1, 2"])
def test_a_200_can_have_any_body(still: RunningSimulator, client: Client, body: str) -> None:
    still.faults.next(kinds.respond_with(body))
    response = client.get("/api/zone")
    assert (response.status_code, response.text) == (200, body)


def test_a_body_can_be_a_gzip_bomb(client: Client) -> None:
    bomb = gzip.compress(b" " * 5_000_000)
    client.sim.faults.next(kinds.respond_with(bomb, headers={"content-encoding": "gzip"}))
    response = client.get("/api/zone")
    assert int(response.headers["content-length"]) < 10_000
    assert len(response.content) == 5_000_000


def test_a_200_can_carry_an_error(client: Client) -> None:
    client.sim.faults.next(kinds.error_in_200("no such thing"))
    response = client.get("/api/zone")
    assert (response.status_code, response.json()) == (200, {"error": "no such thing"})


def test_a_200_can_be_an_html_page(client: Client) -> None:
    client.sim.faults.next(kinds.html())
    response = client.get("/api/zone")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html")
    assert response.text.startswith("<!doctype html>")


def test_a_redirect_names_any_url(client: Client) -> None:
    client.sim.faults.next(kinds.redirect("http://127.0.0.2:1/elsewhere"))
    response = client.get("/api/zone")
    assert (response.status_code, response.headers["location"]) == (302, "http://127.0.0.2:1/elsewhere")


def test_a_reset_ends_the_connection_without_a_response(client: Client) -> None:
    client.sim.faults.next(kinds.reset())
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        client.get("/api/zone")
    assert client.sim.requests[-1].status is None
    assert client.get("/api/zone").status_code == 200


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_cut_body_is_half_of_its_content_length(client: Client, gzipped: bool) -> None:
    client.sim.faults.next(kinds.cut(gzipped=gzipped))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        client.counts("traffic", *DAY)
    assert client.counts("traffic", *DAY).status_code == 200


def test_a_cut_gzip_body_says_that_it_is_gzip(client: Client) -> None:
    client.sim.faults.next(kinds.cut(gzipped=True), path="/api/")
    response = requests.get(
        f"{client.sim.api_url}/api/zone",
        headers={"Authorization": f"Bearer {client.token}"},
        stream=True,
        timeout=10,
    )
    with response:
        assert response.headers["content-encoding"] == "gzip"
        assert response.raw.read(2) == b"\x1f\x8b"


def test_a_drip_is_the_good_response_byte_by_byte(client: Client) -> None:
    good = client.get("/api/site").content
    client.sim.faults.next(kinds.drip(0))
    assert client.get("/api/site").content == good


def test_a_drip_keeps_a_read_timeout_from_ending_the_request(client: Client) -> None:
    client.sim.faults.next(kinds.drip(0.05), path="/api/")
    started = time.monotonic()
    response = requests.get(
        f"{client.sim.api_url}/api/site",
        headers={"Authorization": f"Bearer {client.token}"},
        stream=True,
        timeout=1,
    )
    with response:
        assert len(response.raw.read(10)) == 10
    assert time.monotonic() - started >= 0.4


def test_a_delay_comes_before_the_good_response(client: Client) -> None:
    client.sim.faults.next(kinds.delay(0.2))
    started = time.monotonic()
    assert client.get("/api/zone").status_code == 200
    assert time.monotonic() - started >= 0.2


def test_garbage_has_the_requested_size_and_no_content_length(client: Client) -> None:
    client.sim.faults.next(kinds.garbage(3_000_001))
    response = client.get("/api/zone")
    assert "content-length" not in response.headers
    assert len(response.content) == 3_000_001
    with pytest.raises(requests.JSONDecodeError):
        response.json()


def test_a_response_can_have_messages(client: Client) -> None:
    client.sim.faults.next(kinds.messages(["zone 3 is offline"]))
    document = client.counts("traffic", *DAY).json()
    assert document["messages"] == ["zone 3 is offline"]
    assert len(document["results"]) > 100


def test_a_list_can_have_messages_and_other_keys_beside_its_rows(client: Client) -> None:
    zones = client.get("/api/zone").json()
    client.sim.faults.next(kinds.envelope({"messages": ["Partial result"], "total": 9}))
    assert client.get("/api/zone").json() == {"messages": ["Partial result"], "total": 9, "results": zones}


def test_a_good_response_can_have_another_status_and_more_headers(client: Client) -> None:
    zones = client.get("/api/zone").json()
    client.sim.faults.next(kinds.head(206, {"Link": "</api/zone?page=2>; rel=next"}))
    response = client.get("/api/zone")
    assert (response.status_code, response.json()) == (206, zones)
    assert response.links["next"]["url"] == "/api/zone?page=2"


def test_a_fault_can_meet_only_requests_for_more_than_some_days(client: Client) -> None:
    client.sim.faults.next(kinds.longer_than(1, kinds.status(504)), times=2)
    assert client.counts("traffic", "2025-12-01", "2025-12-03").status_code == 504
    assert client.counts("traffic", *DAY).status_code == 200


def test_rows_can_be_changed_in_any_way(client: Client) -> None:
    def change(rows: list[dict[str, Any]]) -> list[Any]:
        first = rows[0]
        retyped = {**first, "sumins": "12", "extra": {"a": [1]}, "sumouts": math.nan}
        late = {**first, "recordDate_hour_1": "2031-01-01T00:00:00.000Z"}
        return [first, first, retyped, late, None, 2**70]

    first = client.rows("traffic", *DAY)[0]
    client.sim.faults.next(kinds.rows(change))
    rows: list[Any] = client.rows("traffic", *DAY)
    assert rows[:2] == [first, first]
    assert rows[2]["extra"] == {"a": [1]}
    assert rows[2]["sumins"] == "12"
    assert math.isnan(rows[2]["sumouts"])
    assert rows[3]["recordDate_hour_1"].startswith("2031")
    assert rows[4:] == [None, 2**70]
    assert client.rows("traffic", *DAY)[0] == first


def test_rows_of_a_list_can_be_changed_too(client: Client) -> None:
    client.sim.faults.next(kinds.rows(lambda rows: rows[:1] * 2))
    zones = client.get("/api/zone").json()
    assert len(zones) == 2
    assert zones[0] == zones[1]


def test_a_bug_in_a_row_change_shows_in_the_response(client: Client) -> None:
    def broken(rows: list[dict[str, Any]]) -> list[Any]:
        raise LookupError("a bug of the test")

    client.sim.faults.next(kinds.rows(broken))
    response = client.get("/api/zone")
    assert response.status_code == 500
    assert "a bug of the test" in response.text
