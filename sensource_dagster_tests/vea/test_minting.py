"""The token request: what is sent, and what each response means."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug import Response

from sensource_dagster.errors import VeaCredentialsError, VeaRefusedError, VeaResponseError, VeaUnavailableError
from sensource_dagster.vea.tokens import LiveToken
from sensource_dagster_tests.vea.conftest import SECRET, first_token
from sensource_dagster_tests.vea.fake_vea import FakeVea, as_json


def test_id_and_secret_are_sent_as_a_form_and_nothing_else_is(store: LiveToken, vea: FakeVea) -> None:
    assert first_token(store) == "token-1"
    assert vea.forms == [{"grant_type": "client_credentials", "client_id": "client-1", "client_secret": SECRET}]


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("body", ['{"error": "invalid_client"}', "<html>no</html>", ""])
def test_wrong_credentials_are_not_retried_and_the_error_names_them(
    status: int, body: str, store: LiveToken, vea: FakeVea
) -> None:
    vea.token_responses = [Response(body, status)]
    with pytest.raises(VeaCredentialsError, match="SENSOURCE_CLIENT_ID and SENSOURCE_CLIENT_SECRET") as caught:
        first_token(store)
    assert f"HTTP {status}" in str(caught.value)
    assert vea.minted == 1


def test_an_error_in_a_200_means_wrong_credentials_too(store: LiveToken, vea: FakeVea) -> None:
    vea.token_responses = [as_json({"error": "invalid_client", "error_description": f"not {SECRET}"})]
    with pytest.raises(VeaCredentialsError, match="invalid_client not") as caught:
        first_token(store)
    assert vea.minted == 1
    assert SECRET not in str(caught.value)


def test_an_error_without_a_description_is_named_alone(store: LiveToken, vea: FakeVea) -> None:
    vea.token_responses = [as_json({"error": "invalid_client"})]
    with pytest.raises(VeaCredentialsError, match=r"returned HTTP 200 with the error 'invalid_client'\. Compare"):
        first_token(store)


@pytest.mark.parametrize("status", [404, 405, 422])
def test_the_error_of_any_other_4xx_names_the_variable_of_the_url(
    status: int, store: LiveToken, vea: FakeVea
) -> None:
    vea.token_responses = [Response("", status)]
    with pytest.raises(VeaRefusedError, match=f"HTTP {status}.*SENSOURCE_AUTH_URL"):
        first_token(store)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        "token",
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 5.5e300, "expires_in": []},
        {"access_token": "two words"},
        {"access_token": "a\r\nX-Header: b"},
        {"access_token": {"value": "hidden"}},
        {"token": "hidden"},
    ],
)
def test_a_response_without_a_usable_token_is_an_error_that_does_not_show_it(
    body: Any, store: LiveToken, vea: FakeVea
) -> None:
    vea.token_responses = [as_json(body)]
    with pytest.raises(VeaResponseError, match="no usable access_token") as caught:
        first_token(store)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("status", [429, 503])
def test_minting_waits_as_long_as_retry_after_says(
    status: int, store: LiveToken, vea: FakeVea, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    vea.token_responses = [Response("", status, {"Retry-After": "11"}), Response("", status, {"Retry-After": "3"})]
    assert first_token(store) == "token-3"
    assert waits == [11, 3]


def test_minting_that_fails_in_every_attempt_is_an_unavailable_error(store: LiveToken, vea: FakeVea) -> None:
    vea.token_responses = [Response("", 429)] * 3
    with pytest.raises(VeaUnavailableError, match=r"token request.*3 attempts.*HTTP 429"):
        first_token(store)


def test_the_error_of_a_truncated_response_does_not_show_the_token_in_it(store: LiveToken, vea: FakeVea) -> None:
    vea.token_responses = [Response('{"refresh_token": "hidden", "access_token": "hid')] * 3
    with pytest.raises(VeaResponseError) as caught:
        first_token(store)
    assert "hid" not in str(caught.value)
