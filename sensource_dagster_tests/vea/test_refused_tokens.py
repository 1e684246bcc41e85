"""What a 401 costs: requests and tokens, by one client and by several processes."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.synchronize import Barrier

import pytest
from werkzeug import Request, Response

from sensource_dagster.errors import VeaCredentialsError, VeaUnavailableError
from sensource_dagster.vea import HttpPolicy, VeaAccount, VeaClient
from sensource_dagster.vea import tokens as tokens_module
from sensource_dagster_tests.vea.conftest import MakeClient
from sensource_dagster_tests.vea.fake_vea import FakeVea


def test_a_passing_401_costs_one_more_request_and_no_token(client: VeaClient, vea: FakeVea) -> None:
    vea.answers = [Response("", 401)]
    assert client.entities("location") == vea.rows
    assert vea.used == ["token-1", "token-1"]
    assert vea.minted == 1


def test_a_token_that_ended_is_renewed_once(client: VeaClient, vea: FakeVea) -> None:
    client.entities("location")
    vea.ended = {"token-1"}
    assert client.entities("location") == vea.rows
    assert vea.used[1:] == ["token-1", "token-1", "token-2"]
    assert vea.minted == 2


def test_a_token_that_another_run_renewed_is_used(new_client: MakeClient, vea: FakeVea) -> None:
    ours, theirs = new_client(), new_client()

    def renewed_meanwhile(_request: Request) -> Response:
        vea.ended = {"token-1"}
        theirs.entities("location")
        return Response("", 401)

    vea.answers = [renewed_meanwhile]
    assert ours.entities("location") == vea.rows
    assert vea.minted == 2


def test_no_token_helps_in_the_end(client: VeaClient, vea: FakeVea) -> None:
    vea.answers = [Response("", 401)] * 100
    with pytest.raises(VeaCredentialsError, match=r"/api/location is refused with every token.*other deployment"):
        client.entities("location")
    assert vea.used == ["token-1", "token-1", "token-2"]


def test_refused_tokens_and_failed_tries_add_up_and_do_not_multiply(client: VeaClient, vea: FakeVea) -> None:
    vea.answers = [answer for _ in range(100) for answer in (Response("", 401), Response("", 503))]
    with pytest.raises((VeaCredentialsError, VeaUnavailableError)):
        client.entities("location")
    assert len(vea.used) <= 3 + 3  # max_tries, and three more after a 401
    assert vea.minted == 2


def test_a_client_whose_tokens_are_all_refused_does_not_mint_without_pause(
    client: VeaClient, vea: FakeVea, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens_module, "MINT_INTERVAL", 0.4)
    vea.answers = [Response("", 401)] * 100
    started = time.monotonic()
    for _ in range(3):
        with pytest.raises(VeaCredentialsError, match="refused with every token"):
            client.entities("location")
    assert vea.minted == 4  # the first, and one for each question
    assert time.monotonic() - started >= 2 * 0.4


def test_eight_processes_on_a_cold_cache_mint_one_token(
    account: VeaAccount, policy: HttpPolicy, vea: FakeVea
) -> None:
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(8)
    processes = [spawn.Process(target=_ask_together, args=(account, policy, together)) for _ in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 8
    assert vea.minted == 1
    assert vea.used == ["token-1"] * 8


def _ask_together(account: VeaAccount, policy: HttpPolicy, together: Barrier) -> None:
    with VeaClient(account, policy) as client:
        together.wait(60)
        assert client.entities("location") == [{"zoneId": "z1"}]
