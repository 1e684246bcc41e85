from __future__ import annotations

import pytest
from werkzeug import Request, Response

from sensource_dagster.errors import VeaRefusedError
from sensource_dagster.vea import HttpPolicy, VeaAccount, VeaClient
from sensource_dagster.vea.second_token import MOST_REQUESTS, second_token_ends_first
from sensource_dagster_tests.vea.fake_vea import FakeVea, as_json


@pytest.fixture
def one_live_token(vea: FakeVea) -> None:
    """The second token ends the first."""

    def mint(_: Request) -> Response:
        vea.ended = {f"token-{number}" for number in range(1, vea.minted)}
        return as_json({"access_token": f"token-{vea.minted}", "expires_in": 3600})

    vea.token_responses = [mint, mint]


@pytest.mark.usefixtures("one_live_token")
def test_the_first_token_is_sent_again_after_a_second_one_and_the_second_one_is_then_the_shared_one(
    account: VeaAccount, policy: HttpPolicy, client: VeaClient, vea: FakeVea
) -> None:
    client.entities("location")
    assert second_token_ends_first(account, policy)
    assert client.entities("location")
    assert vea.used == ["token-1"] * 4 + ["token-2"]
    assert vea.minted == 2


def test_tokens_may_live_side_by_side(account: VeaAccount, policy: HttpPolicy, vea: FakeVea) -> None:
    assert not second_token_ends_first(account, policy)
    assert vea.used == ["token-1"] * 2
    assert vea.minted == 2


def test_one_refusal_of_the_first_token_does_not_say_that_it_has_ended(
    account: VeaAccount, policy: HttpPolicy, vea: FakeVea
) -> None:
    vea.responses = [as_json([]), Response("", 401), as_json([])]
    assert not second_token_ends_first(account, policy)
    assert len(vea.used) + vea.minted == MOST_REQUESTS


def test_no_second_token_is_minted_if_the_first_one_is_refused_already(
    account: VeaAccount, policy: HttpPolicy, vea: FakeVea
) -> None:
    vea.ended = {"token-1"}
    with pytest.raises(VeaRefusedError, match="before there is a second token"):
        second_token_ends_first(account, policy)
    assert vea.minted == 1
