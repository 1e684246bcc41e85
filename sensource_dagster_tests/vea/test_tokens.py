"""When a token is minted, and when it is not. The clock is the test's; the sockets are real."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from werkzeug import Response

from sensource_dagster.vea import (
    HttpPolicy,
    VeaAccount,
    VeaAnswerError,
    VeaCredentialsError,
    VeaRefusedError,
    VeaUnavailableError,
)
from sensource_dagster.vea.tokens import TokenStore
from sensource_dagster.vea.transport import Transport
from sensource_dagster_tests.vea.conftest import SECRET
from sensource_dagster_tests.vea.fake_vea import FakeVea, as_json

LOG = logging.getLogger("test")


class Clock:
    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transport(policy: HttpPolicy) -> Iterator[Transport]:
    transport = Transport(policy, LOG)
    yield transport
    transport.close()


@pytest.fixture
def store(account: VeaAccount, transport: Transport, clock: Clock) -> TokenStore:
    return TokenStore(account, transport, LOG, clock)


@pytest.fixture
def other(account: VeaAccount, transport: Transport, clock: Clock) -> TokenStore:
    """Another process of the same deployment."""
    return TokenStore(account, transport, LOG, clock)


def first(store: TokenStore) -> str:
    return next(store.for_one_question())


def test_id_and_secret_are_sent_as_a_form_and_nothing_else_is(store: TokenStore, vea: FakeVea) -> None:
    assert first(store) == "token-1"
    assert vea.forms == [{"grant_type": "client_credentials", "client_id": "client-1", "client_secret": SECRET}]


def test_one_token_serves_every_process_until_a_minute_before_its_end(
    store: TokenStore, other: TokenStore, clock: Clock, vea: FakeVea
) -> None:
    assert first(store) == "token-1"
    clock.now += 3600 - 60 - 0.001
    assert first(other) == "token-1"
    clock.now += 0.001
    assert first(other) == "token-2"
    assert first(store) == "token-2"
    assert vea.minted == 2


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (3600, 3540),
        ("3600", 3540),
        (91, 31),
        (90, 30),
        (60, 30),
        (1, 30),
        (0, 30),
        (-5, 30),
        ("0", 30),
        (None, 3540),
        ("soon", 3540),
        ("inf", 3540),
        ([], 3540),
        ({}, 3540),
    ],
)
def test_whatever_expires_in_says_a_token_is_used_and_minted_at_most_each_30_seconds(
    expires_in: Any, seconds: float, store: TokenStore, clock: Clock, vea: FakeVea
) -> None:
    vea.expires_in = expires_in
    assert first(store) == "token-1"
    clock.now += seconds - 0.001
    assert first(store) == "token-1"
    clock.now += 0.001
    assert first(store) == "token-2"


def test_a_missing_expires_in_means_the_usual_hour(store: TokenStore, clock: Clock, vea: FakeVea) -> None:
    vea.token_answers = [as_json({"access_token": "given"})]
    assert first(store) == "given"
    clock.now += 3539
    assert first(store) == "given"


def test_a_changed_secret_or_address_has_its_own_token(
    account: VeaAccount, store: TokenStore, transport: Transport, clock: Clock, vea: FakeVea
) -> None:
    assert first(store) == "token-1"
    changed = replace(account, client_secret="another")
    assert first(TokenStore(changed, transport, LOG, clock)) == "token-2"
    assert first(store) == "token-1"


def test_neither_id_nor_secret_is_in_a_file_or_its_name(account: VeaAccount, store: TokenStore) -> None:
    first(store)
    for file in account.token_dir.iterdir():
        for private in ("client-1", SECRET):
            assert private not in file.name
            assert private not in file.read_text()


def test_a_refused_token_is_tried_again_before_one_is_minted(
    store: TokenStore, clock: Clock, vea: FakeVea
) -> None:
    first(store)
    clock.now += 30
    assert list(store.for_one_question()) == ["token-1", "token-1", "token-2"]
    assert vea.minted == 2


def test_a_token_that_another_process_renewed_is_taken_instead_of_minting(
    store: TokenStore, other: TokenStore, clock: Clock, vea: FakeVea
) -> None:
    tokens = store.for_one_question()
    assert [next(tokens), next(tokens)] == ["token-1", "token-1"]
    clock.now += 30
    list(other.for_one_question())
    clock.now += 30
    assert next(tokens) == "token-2"
    assert vea.minted == 2
    assert list(tokens) == ["token-3"]


def test_a_token_that_another_process_renews_while_we_wait_for_it_is_taken(
    store: TokenStore, other: TokenStore, clock: Clock, vea: FakeVea, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = store.for_one_question()
    assert [next(tokens), next(tokens)] == ["token-1", "token-1"]
    clock.now += 30
    locked = store._cache.locked

    def renewed_before_we_got_the_lock() -> Any:
        assert list(other.for_one_question())[-1] == "token-2"
        return locked()

    monkeypatch.setattr(store._cache, "locked", renewed_before_we_got_the_lock)
    assert list(tokens) == ["token-2"]
    assert vea.minted == 2


def test_a_token_refused_right_after_its_minting_is_an_error_that_names_a_second_deployment(
    store: TokenStore, clock: Clock, vea: FakeVea
) -> None:
    tokens = store.for_one_question()
    assert [next(tokens), next(tokens)] == ["token-1", "token-1"]
    clock.now += 29
    with pytest.raises(VeaCredentialsError, match=r"only 29 s ago.*another deployment or tool"):
        next(tokens)
    assert vea.minted == 1


def test_a_token_from_a_clock_that_was_ahead_is_replaced(store: TokenStore, clock: Clock) -> None:
    clock.now += 86_400
    first(store)
    clock.now -= 86_400
    assert first(store) == "token-2"


def test_a_clock_that_was_set_back_a_little_keeps_the_token(store: TokenStore, clock: Clock) -> None:
    first(store)
    clock.now -= 10
    assert first(store) == "token-1"


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("body", ['{"error": "invalid_client"}', "<html>no</html>", ""])
def test_wrong_credentials_are_tried_once_and_named(
    status: int, body: str, store: TokenStore, vea: FakeVea
) -> None:
    vea.token_answers = [Response(body, status)]
    with pytest.raises(VeaCredentialsError, match="SENSOURCE_CLIENT_ID and SENSOURCE_CLIENT_SECRET") as caught:
        first(store)
    assert f"HTTP {status}" in str(caught.value)
    assert vea.minted == 1


def test_an_error_in_a_200_is_about_the_credentials_too(store: TokenStore, vea: FakeVea) -> None:
    vea.token_answers = [as_json({"error": "invalid_client", "error_description": f"not {SECRET}"})]
    with pytest.raises(VeaCredentialsError, match="invalid_client not") as caught:
        first(store)
    assert vea.minted == 1
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("status", [404, 405, 422])
def test_any_other_4xx_points_to_the_address(status: int, store: TokenStore, vea: FakeVea) -> None:
    vea.token_answers = [Response("", status)]
    with pytest.raises(VeaRefusedError, match=f"HTTP {status}.*SENSOURCE_AUTH_URL"):
        first(store)


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
    with pytest.raises(VeaAnswerError, match="without a usable access_token") as caught:
        first(store)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("status", [429, 503])
def test_minting_waits_as_told(
    status: int, store: TokenStore, vea: FakeVea, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    vea.token_answers = [Response("", status, {"Retry-After": "11"}), Response("", status, {"Retry-After": "3"})]
    assert first(store) == "token-3"
    assert waits == [11, 3]


def test_a_minting_that_never_gets_through_is_for_now(store: TokenStore, vea: FakeVea) -> None:
    vea.token_answers = [Response("", 429)] * 3
    with pytest.raises(VeaUnavailableError, match=r"asking for a token.*3 tries.*HTTP 429"):
        first(store)


def test_a_cut_answer_with_a_token_in_it_does_not_show_the_token(store: TokenStore, vea: FakeVea) -> None:
    vea.token_answers = [Response('{"refresh_token": "hidden", "access_token": "hid')] * 3
    with pytest.raises(VeaAnswerError) as caught:
        first(store)
    assert "hid" not in str(caught.value)


def test_a_damaged_cache_is_replaced(account: VeaAccount, store: TokenStore) -> None:
    first(store)
    (file,) = account.token_dir.glob("*.json")
    file.write_text("garbage")
    assert first(store) == "token-2"
    assert orjson.loads(file.read_bytes())["token"] == "token-2"


def test_without_a_folder_to_write_the_clients_of_a_process_share_their_token(
    account: VeaAccount, transport: Transport, clock: Clock, tmp_path: Path, vea: FakeVea
) -> None:
    (tmp_path / "file").touch()
    homeless = replace(account, token_dir=tmp_path / "file" / "tokens")
    for _ in range(2):
        assert first(TokenStore(homeless, transport, LOG, clock)) == "token-1"
    assert vea.minted == 1


def test_every_token_is_known_as_a_secret_also_one_that_another_process_minted(
    store: TokenStore, account: VeaAccount, clock: Clock, transport: Transport, policy: HttpPolicy
) -> None:
    first(store)
    clock.now += 3600
    first(store)
    assert {"token-1", "token-2"} <= transport.secrets
    other_process = Transport(policy, LOG)
    first(TokenStore(account, other_process, LOG, clock))
    assert other_process.secrets == {"token-2", SECRET}
