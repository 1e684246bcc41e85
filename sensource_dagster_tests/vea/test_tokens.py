"""When a token is minted, and when it is not. The clock is fake, the sockets are real."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from sensource_dagster.vea import (
    HttpPolicy,
    VeaAccount,
)
from sensource_dagster.vea.tokens import LiveToken
from sensource_dagster.vea.transport import Transport
from sensource_dagster_tests.vea.conftest import LOG, SECRET, Clock, first_token
from sensource_dagster_tests.vea.fake_vea import FakeVea, as_json


@pytest.fixture
def other(account: VeaAccount, transport: Transport, clock: Clock) -> LiveToken:
    """Another process of the same deployment."""
    return LiveToken(account, transport, LOG, clock)


def test_one_token_serves_every_process_until_a_minute_before_its_end(
    store: LiveToken, other: LiveToken, clock: Clock, vea: FakeVea
) -> None:
    assert first_token(store) == "token-1"
    clock.now += 3600 - 60 - 0.001
    assert first_token(other) == "token-1"
    clock.now += 0.001
    assert first_token(other) == "token-2"
    assert first_token(store) == "token-2"
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
    expires_in: Any, seconds: float, store: LiveToken, clock: Clock, vea: FakeVea
) -> None:
    vea.expires_in = expires_in
    assert first_token(store) == "token-1"
    clock.now += seconds - 0.001
    assert first_token(store) == "token-1"
    clock.now += 0.001
    assert first_token(store) == "token-2"


def test_a_missing_expires_in_means_one_hour(store: LiveToken, clock: Clock, vea: FakeVea) -> None:
    vea.token_responses = [as_json({"access_token": "given"})]
    assert first_token(store) == "given"
    clock.now += 3539
    assert first_token(store) == "given"


def test_a_changed_secret_or_address_has_its_own_token(
    account: VeaAccount, store: LiveToken, transport: Transport, clock: Clock, vea: FakeVea
) -> None:
    assert first_token(store) == "token-1"
    changed = replace(account, client_secret="another")
    assert first_token(LiveToken(changed, transport, LOG, clock)) == "token-2"
    assert first_token(store) == "token-1"


def test_neither_id_nor_secret_is_in_a_file_or_its_name(account: VeaAccount, store: LiveToken) -> None:
    first_token(store)
    for file in account.token_dir.iterdir():
        for private in ("client-1", SECRET):
            assert private not in file.name
            assert private not in file.read_text()


def test_a_refused_token_is_used_once_more_before_another_is_minted(
    store: LiveToken, clock: Clock, vea: FakeVea
) -> None:
    first_token(store)
    clock.now += 30
    assert list(store.for_one_request()) == ["token-1", "token-1", "token-2"]
    assert vea.minted == 2


def test_a_token_that_another_process_renewed_is_taken_instead_of_minting(
    store: LiveToken, other: LiveToken, clock: Clock, vea: FakeVea
) -> None:
    tokens = store.for_one_request()
    assert [next(tokens), next(tokens)] == ["token-1", "token-1"]
    clock.now += 30
    list(other.for_one_request())
    clock.now += 30
    assert next(tokens) == "token-2"
    assert vea.minted == 2
    assert list(tokens) == ["token-3"]


def test_a_token_that_another_process_renews_while_we_wait_for_it_is_taken(
    store: LiveToken, other: LiveToken, clock: Clock, vea: FakeVea, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = store.for_one_request()
    assert [next(tokens), next(tokens)] == ["token-1", "token-1"]
    clock.now += 30
    locked = store._store.locked

    def renewed_before_we_got_the_lock() -> Any:
        assert list(other.for_one_request())[-1] == "token-2"
        return locked()

    monkeypatch.setattr(store._store, "locked", renewed_before_we_got_the_lock)
    assert list(tokens) == ["token-2"]
    assert vea.minted == 2


def test_a_good_token_is_taken_while_another_process_holds_the_lock(
    store: LiveToken, other: LiveToken, vea: FakeVea
) -> None:
    assert first_token(store) == "token-1"
    with other._store.locked():
        assert first_token(store) == "token-1"


def test_a_first_token_that_another_process_mints_while_we_wait_for_it_is_taken(
    store: LiveToken, other: LiveToken, vea: FakeVea, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = store._store.locked

    def minted_before_we_got_the_lock() -> Any:
        assert first_token(other) == "token-1"
        return locked()

    monkeypatch.setattr(store._store, "locked", minted_before_we_got_the_lock)
    assert first_token(store) == "token-1"
    assert vea.minted == 1


def test_a_token_refused_right_after_its_minting_is_renewed_at_once(store: LiveToken, vea: FakeVea) -> None:
    assert list(store.for_one_request()) == ["token-1", "token-1", "token-2"]
    assert vea.minted == 2


@pytest.mark.parametrize(("passed", "rest"), [(12, 18), (29.5, 0.5)])
def test_a_renewed_token_that_is_refused_too_is_renewed_when_30_s_have_passed(
    passed: float,
    rest: float,
    account: VeaAccount,
    transport: Transport,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    waits: list[float] = []
    store = LiveToken(account, transport, LOG, clock, sleep=waits.append)
    assert list(store.for_one_request())[-1] == "token-2"
    clock.now += passed
    assert list(store.for_one_request()) == ["token-2", "token-2", "token-3"]
    assert waits == [rest]
    assert f"The next token is requested in {rest:.0f} s." in caplog.text
    assert "another deployment or tool" in caplog.text
    clock.now += 30
    assert list(store.for_one_request())[-1] == "token-4"
    assert waits == [rest]


def test_a_token_that_was_minted_by_a_clock_ahead_of_time_is_replaced(store: LiveToken, clock: Clock) -> None:
    clock.now += 86_400
    first_token(store)
    clock.now -= 86_400
    assert first_token(store) == "token-2"


@pytest.mark.parametrize("seconds", [10, 60])
def test_a_clock_that_was_set_back_a_little_keeps_the_token(
    seconds: float, store: LiveToken, clock: Clock
) -> None:
    first_token(store)
    clock.now -= seconds
    assert first_token(store) == "token-1"


def test_a_damaged_cache_is_replaced(account: VeaAccount, store: LiveToken) -> None:
    first_token(store)
    (file,) = account.token_dir.glob("*.json")
    file.write_text("garbage")
    assert first_token(store) == "token-2"
    assert orjson.loads(file.read_bytes())["token"] == "token-2"


def test_if_the_folder_cannot_be_written_the_clients_of_a_process_share_their_token(
    account: VeaAccount, transport: Transport, clock: Clock, tmp_path: Path, vea: FakeVea
) -> None:
    (tmp_path / "file").touch()
    homeless = replace(account, token_dir=tmp_path / "file" / "tokens")
    for _ in range(2):
        assert first_token(LiveToken(homeless, transport, LOG, clock)) == "token-1"
    assert vea.minted == 1


def test_every_token_is_redacted_even_one_that_another_process_minted(
    store: LiveToken, account: VeaAccount, clock: Clock, transport: Transport, policy: HttpPolicy
) -> None:
    first_token(store)
    clock.now += 3600
    first_token(store)
    assert {"token-1", "token-2"} <= transport.secrets
    other_process = Transport(policy, LOG)
    first_token(LiveToken(account, other_process, LOG, clock))
    assert other_process.secrets == {"token-2", SECRET}
