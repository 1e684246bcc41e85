"""A fake Vea on a real socket that responds as a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

FakeResponse = Response | Callable[[Request], Response]


def as_json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(value), status, headers, content_type="application/json")


class FakeVea:
    """Mints token-1, token-2, ... Sends the `responses` and `token_responses` in turn, then normal ones.

    Attributes:
        rows: what a normal response holds.
        ended: tokens that are refused; every other token is good.
        used: the tokens of the API requests so far.
        forms: the forms of the token requests so far.
        requests: the API requests so far.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("").rstrip("/")
        self.responses: list[FakeResponse] = []
        self.token_responses: list[FakeResponse] = []
        self.rows: list[Any] = [{"zoneId": "z1"}]
        self.ended: set[str] = set()
        self.expires_in: Any = 3600
        self.used: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.requests: list[Request] = []
        server.expect_request("/oauth/token", method="POST").respond_with_handler(self._token)
        server.expect_request("/api/location").respond_with_handler(self._api)
        server.expect_request("/api/data/traffic").respond_with_handler(self._api)
        server.expect_request("/api/data/occupancy").respond_with_handler(self._api)

    @property
    def minted(self) -> int:
        return len(self.forms)

    def _token(self, request: Request) -> Response:
        self.forms.append(request.form.to_dict())
        if self.token_responses:
            return _respond(self.token_responses.pop(0), request)
        return as_json({"access_token": f"token-{len(self.forms)}", "expires_in": self.expires_in})

    def _api(self, request: Request) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.used.append(token)
        self.requests.append(request)
        if token in self.ended:
            return Response("", 401)
        if self.responses:
            return _respond(self.responses.pop(0), request)
        return as_json({"messages": [], "results": self.rows})


def _respond(response: FakeResponse, request: Request) -> Response:
    return response if isinstance(response, Response) else response(request)
