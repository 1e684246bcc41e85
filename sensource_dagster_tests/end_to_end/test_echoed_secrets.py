"""A server that repeats the client secret in its error, escaped in one way or another."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sensource_dagster.errors import VeaError
from sensource_dagster.simulator import Options, serving
from sensource_dagster.simulator.fault_kinds import Fault
from sensource_dagster.vea import HttpPolicy, VeaAccount, VeaClient

HALVES = ("Zq9xKv7LmR2tQe5s", "W8yB4nHc6JpDf3Ga")


def echoing(escaped: Callable[[str], str], filler: int) -> Fault:
    """Responds with the secret behind as many blanks."""

    async def fault(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        [secret] = parse_qs((await Request(scope, receive).body()).decode())["client_secret"]
        await Response("sent:" + " " * filler + escaped(secret), 401)(scope, receive, send)

    return fault


@pytest.mark.parametrize("between", ["/", '"', "\\", "+", ' /"\\+&<%'])
@pytest.mark.parametrize("filler", [1, 4096 - 30])  # the second is where the client stops to read an error
def test_a_secret_that_comes_back_escaped_is_in_no_error(between: str, filler: int, tmp_path: Path) -> None:
    secret = between.join(HALVES)
    escapes: list[Callable[[str], str]] = [
        str,
        json.dumps,
        lambda text: json.dumps(text).replace("/", r"\/"),
        lambda text: json.dumps(json.dumps(text)),
        html.escape,
        lambda text: "".join(f"&#x{ord(char):x};" for char in text),
        lambda text: quote(text, safe=""),
        lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%5C", "%5c"),
    ]
    with serving(Options(client_secret=secret)) as simulator:
        account = VeaAccount(simulator.api_url, simulator.auth_url, simulator.client_id, secret, tmp_path)
        with VeaClient(account, HttpPolicy(max_attempts=1)) as vea:
            for escaped in escapes:
                simulator.faults.next(echoing(escaped, filler), path="/oauth/token")
                with pytest.raises(VeaError) as caught:
                    vea.authenticate()
                assert "sent:" in str(caught.value)
                assert not [half for half in HALVES if half[:8] in str(caught.value)]
