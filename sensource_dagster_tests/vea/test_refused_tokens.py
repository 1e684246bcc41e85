"""How many requests and tokens a 401 costs one client and several processes."""

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


def test_a_transient_401_costs_one_more_request_and_no_token(client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [Response("", 401)]
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

    vea.responses = [renewed_meanwhile]
    assert ours.entities("location") == vea.rows
    assert vea.minted == 2


def test_if_every_token_is_refused_the_error_says_so(client: VeaClient, vea: FakeVea) -> None:
    vea.responses = [Response("", 401)] * 100
    with pytest.raises(VeaCredentialsError, match=r"/api/location is refused with every token.*other deployment"):
        client.entities("location")
    assert vea.used == ["token-1", "token-1", "token-2"]


def test_the_limits_of_refused_tokens_and_of_failed_attempts_add_up_and_do_not_multiply(
    client: VeaClient, vea: FakeVea
) -> None:
    vea.responses = [response for _ in range(100) for response in (Response("", 401), Response("", 503))]
    with pytest.raises((VeaCredentialsError, VeaUnavailableError)):
        client.entities("location")
    assert len(vea.used) <= 3 + 3  # max_attempts, and three more after a 401
    assert vea.minted == 2


def test_a_client_whose_tokens_are_all_refused_does_not_mint_without_pause(
    client: VeaClient, vea: FakeVea, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens_module, "MINT_INTERVAL", 0.4)
    vea.responses = [Response("", 401)] * 100
    started = time.monotonic()
    for _ in range(3):
        with pytest.raises(VeaCredentialsError, match="refused with every token"):
            client.entities("location")
    assert vea.minted == 4  # the first, and one for each request
    assert time.monotonic() - started >= 2 * 0.4


def test_eight_processes_on_a_cold_cache_mint_one_token(
    account: VeaAccount, policy: HttpPolicy, vea: FakeVea
) -> None:
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(8)
    processes = [spawn.Process(target=_send_together, args=(account, policy, together)) for _ in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 8
    assert vea.minted == 1
    assert vea.used == ["token-1"] * 8


def _send_together(account: VeaAccount, policy: HttpPolicy, together: Barrier) -> None:
    with VeaClient(account, policy) as client:
        together.wait(60)
        assert client.entities("location") == [{"zoneId": "z1"}]
