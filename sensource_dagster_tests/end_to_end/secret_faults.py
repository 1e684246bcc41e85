"""Faults that send the secret and tokens back, and others whose errors could show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sensource_dagster.simulator import fault_kinds
from sensource_dagster.simulator.fault_kinds import Fault


def echo(status: int, shape: str = '{"error": %s}') -> Fault:
    """Responds with all that the client sent, as a debugging proxy does."""

    async def fault(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        sent = f"{request.headers.get('authorization', '')} {(await request.body()).decode()}"
        body = shape % json.dumps(sent)
        await Response(body, status, media_type="application/json")(scope, receive, send)

    return fault


async def redirect_with_the_token(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    token = Request(scope).headers["authorization"].removeprefix("Bearer ")
    place = f"https://elsewhere.invalid/{token}?token={token}"
    await Response("", 302, {"Location": place})(scope, receive, send)


@dataclass(frozen=True)
class Failing:
    """A fault, the requests that meet it, and what is typed into the Launchpad."""

    name: str
    fault: Fault | None
    path: str = "/api/"
    config: Mapping[str, Any] | None = None
    status: str = "FAILURE"


# In this order: with a token that lives, none is asked for.
FAILING = [
    Failing("wrong secret", echo(401), "/oauth/token"),
    Failing("wrong secret, in a 200", echo(200), "/oauth/token"),
    Failing("token endpoint down", echo(500), "/oauth/token"),
    Failing("token in an unknown place", echo(200, '{"data": {"access_token": %s}}'), "/oauth/token"),
    Failing("down", echo(500)),
    Failing("refused", echo(403)),
    Failing("error in a 200", echo(200)),
    Failing("unknown shape", echo(200, '{"response": [%s]}')),
    Failing("no JSON", echo(200, "<html>%s")),
    Failing("a remark", fault_kinds.messages([]), status="SUCCESS"),
    Failing("HTML", fault_kinds.html()),
    Failing("redirect", redirect_with_the_token),
    Failing("reset", fault_kinds.reset()),
    Failing("cut", fault_kinds.cut()),
    Failing("no such host", None, config={"api_url": "https://vea.invalid"}),
    Failing("plain http", None, config={"api_url": "http://vea.invalid"}),
    Failing("plain http, asked for", None, config={"api_url": "http://vea.invalid", "allow_plain_http": True}),
    Failing("refused for ever", echo(401)),
]
