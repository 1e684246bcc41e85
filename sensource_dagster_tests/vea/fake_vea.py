"""A Vea on a real socket that answers as a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Answer = Response | Callable[[Request], Response]


def as_json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(value), status, headers, content_type="application/json")


class FakeVea:
    """Gives out token-1, token-2, ...; answers from `answers` and `token_answers` in turn, then normally.

    `used` are the tokens that questions came with, `forms` what was sent for a token, `questions` the requests.
    A token is good unless it stands in `ended`; `rows` is what a normal answer holds.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("").rstrip("/")
        self.answers: list[Answer] = []
        self.token_answers: list[Answer] = []
        self.rows: list[Any] = [{"zoneId": "z1"}]
        self.ended: set[str] = set()
        self.expires_in: Any = 3600
        self.used: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.questions: list[Request] = []
        server.expect_request("/oauth/token", method="POST").respond_with_handler(self._token)
        server.expect_request("/api/location").respond_with_handler(self._question)
        server.expect_request("/api/data/traffic").respond_with_handler(self._question)
        server.expect_request("/api/data/occupancy").respond_with_handler(self._question)

    @property
    def minted(self) -> int:
        return len(self.forms)

    def _token(self, request: Request) -> Response:
        self.forms.append(request.form.to_dict())
        if self.token_answers:
            return _given(self.token_answers.pop(0), request)
        return as_json({"access_token": f"token-{len(self.forms)}", "expires_in": self.expires_in})

    def _question(self, request: Request) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.used.append(token)
        self.questions.append(request)
        if token in self.ended:
            return Response("", 401)
        if self.answers:
            return _given(self.answers.pop(0), request)
        return as_json({"messages": [], "results": self.rows})


def _given(answer: Answer, request: Request) -> Response:
    return answer if isinstance(answer, Response) else answer(request)
