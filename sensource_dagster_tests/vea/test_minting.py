"""Asking for a token: what is sent, and what each answer means."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug import Response

from sensource_dagster.errors import VeaCredentialsError, VeaRefusedError, VeaResponseError, VeaUnavailableError
from sensource_dagster.vea.tokens import TokenStore
from sensource_dagster_tests.vea.conftest import SECRET, first_token
from sensource_dagster_tests.vea.fake_vea import FakeVea, as_json


def test_id_and_secret_are_sent_as_a_form_and_nothing_else_is(store: TokenStore, vea: FakeVea) -> None:
    assert first_token(store) == "token-1"
    assert vea.forms == [{"grant_type": "client_credentials", "client_id": "client-1", "client_secret": SECRET}]


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("body", ['{"error": "invalid_client"}', "<html>no</html>", ""])
def test_wrong_credentials_are_tried_once_and_named(
    status: int, body: str, store: TokenStore, vea: FakeVea
) -> None:
    vea.token_answers = [Response(body, status)]
    with pytest.raises(VeaCredentialsError, match="SENSOURCE_CLIENT_ID and SENSOURCE_CLIENT_SECRET") as caught:
        first_token(store)
    assert f"HTTP {status}" in str(caught.value)
    assert vea.minted == 1


def test_an_error_in_a_200_is_about_the_credentials_too(store: TokenStore, vea: FakeVea) -> None:
    vea.token_answers = [as_json({"error": "invalid_client", "error_description": f"not {SECRET}"})]
    with pytest.raises(VeaCredentialsError, match="invalid_client not") as caught:
        first_token(store)
    assert vea.minted == 1
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("status", [404, 405, 422])
def test_any_other_4xx_points_to_the_address(status: int, store: TokenStore, vea: FakeVea) -> None:
    vea.token_answers = [Response("", status)]
    with pytest.raises(VeaRefusedError, match=f"HTTP {status}.*SENSOURCE_AUTH_URL"):
        first_token(store)


@pytest.mark.parametrize(
    "answer",
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
def test_an_answer_without_a_usable_token_is_not_understood_and_not_shown(
    answer: Any, store: TokenStore, vea: FakeVea
) -> None:
    vea.token_answers = [as_json(answer)]
    with pytest.raises(VeaResponseError, match="without a usable access_token") as caught:
        first_token(store)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("status", [429, 503])
def test_minting_waits_as_told(
    status: int, store: TokenStore, vea: FakeVea, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    vea.token_answers = [Response("", status, {"Retry-After": "11"}), Response("", status, {"Retry-After": "3"})]
    assert first_token(store) == "token-3"
    assert waits == [11, 3]


def test_a_minting_that_never_gets_through_is_for_now(store: TokenStore, vea: FakeVea) -> None:
    vea.token_answers = [Response("", 429)] * 3
    with pytest.raises(VeaUnavailableError, match=r"asking for a token.*3 tries.*HTTP 429"):
        first_token(store)


def test_a_cut_answer_with_a_token_in_it_does_not_show_the_token(store: TokenStore, vea: FakeVea) -> None:
    vea.token_answers = [Response('{"refresh_token": "hidden", "access_token": "hid')] * 3
    with pytest.raises(VeaResponseError) as caught:
        first_token(store)
    assert "hid" not in str(caught.value)
