import re
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster_tests.simulator.client import NOW, Client, mint


def test_a_token_response_has_the_documented_fields(sim: RunningSimulator) -> None:
    response = mint(sim)
    body = response.json()
    assert response.status_code == 200
    assert body.keys() == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert re.fullmatch("[0-9a-f]{64}", body["access_token"])
    assert re.fullmatch("[0-9a-f]{64}", body["refresh_token"])
    assert (body["expires_in"], body["token_type"]) == (3600, "Bearer")


def test_credentials_in_a_form_are_accepted_too(sim: RunningSimulator) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": sim.client_id,
        "client_secret": sim.client_secret,
    }
    assert requests.post(sim.auth_url, data=form, timeout=10).status_code == 200


def test_minting_a_token_ends_the_one_before_it(sim: RunningSimulator) -> None:
    first, second = Client(sim), Client(sim)
    assert first.get("/api/zone").status_code == 401
    assert second.get("/api/zone").status_code == 200
    assert sim.mints == 2


def test_tokens_can_live_side_by_side(clock: ManualClock) -> None:
    with serving(Options(one_live_token=False), clock) as sim:
        clients = [Client(sim), Client(sim)]
        assert [client.get("/api/zone").status_code for client in clients] == [200, 200]
        sim.end_token()
        assert [client.get("/api/zone").status_code for client in clients] == [401, 401]


def test_a_token_ends_after_its_seconds_on_the_simulators_clock(clock: ManualClock) -> None:
    with serving(Options(token_seconds=60), clock) as sim:
        client = Client(sim)
        clock.advance(seconds=59)
        assert client.get("/api/zone").status_code == 200
        clock.advance(seconds=1)
        assert client.get("/api/zone").status_code == 401


def test_end_token_ends_the_live_token(sim: RunningSimulator) -> None:
    client = Client(sim)
    sim.end_token()
    assert client.get("/api/zone").status_code == 401
    assert Client(sim).get("/api/zone").status_code == 200


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer " + 64 * "0", "Basic abc"], ids=["missing", "bare", "unknown", "basic"]
)
@pytest.mark.parametrize("path", ["/api/zone", "/api/data/traffic"])
def test_without_the_live_token_every_endpoint_returns_401(
    still: RunningSimulator, client: Client, header: str | None, path: str
) -> None:
    headers = {} if header is None else {"Authorization": header}
    assert requests.get(still.api_url + path, headers=headers, timeout=10).status_code == 401


def test_repeated_minting_returns_429_and_keeps_the_live_token(clock: ManualClock) -> None:
    with serving(Options(mints_per_minute=2), clock) as sim:
        mint(sim)
        client = Client(sim)
        refused = mint(sim)
        assert refused.status_code == 429
        assert "Retry-After" not in refused.headers
        assert client.get("/api/zone").status_code == 200
        assert sim.mints == 2
        clock.advance(seconds=60)
        assert mint(sim).status_code == 200


def test_a_refused_mint_has_retry_after_in_seconds(clock: ManualClock) -> None:
    with serving(Options(mints_per_minute=1, retry_after="seconds"), clock) as sim:
        mint(sim)
        clock.advance(seconds=18)
        assert mint(sim).headers["Retry-After"] == "42"


def test_a_refused_mint_has_retry_after_as_a_date(clock: ManualClock) -> None:
    with serving(Options(mints_per_minute=1, retry_after="date"), clock) as sim:
        mint(sim)
        clock.advance(seconds=18)
        retry_after = parsedate_to_datetime(mint(sim).headers["Retry-After"])
        assert (retry_after - NOW).total_seconds() == 60


@pytest.mark.parametrize("changes", [{"client_id": "x"}, {"client_secret": "x"}, {"client_secret": None}])
def test_wrong_credentials_return_401_with_json(
    still: RunningSimulator, client: Client, changes: dict[str, Any]
) -> None:
    response = mint(still, **changes)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert client.get("/api/zone").status_code == 200


@pytest.mark.parametrize(
    ("options", "status", "text"),
    [
        (Options(bad_credentials_status=400, bad_credentials_body="text"), 400, "Unauthorized"),
        (Options(bad_credentials_status=403, bad_credentials_body="empty"), 403, ""),
    ],
)
def test_wrong_credentials_can_return_other_statuses_and_bodies(options: Options, status: int, text: str) -> None:
    with serving(options) as sim:
        response = mint(sim, client_secret="wrong")
        assert (response.status_code, response.text) == (status, text)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_not_a_token_request_returns_400(still: RunningSimulator, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert requests.post(still.auth_url, data=body, headers=headers, timeout=10).status_code == 400


def test_another_grant_type_returns_400(still: RunningSimulator) -> None:
    assert mint(still, grant_type="password").status_code == 400
