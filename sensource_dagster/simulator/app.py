"""The simulator's HTTP surface: the token endpoint, the lists and the counts."""

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sensource_dagster.simulator.bounds import parse_query
from sensource_dagster.simulator.fault_kinds import CHANGE_ROWS, ENVELOPE
from sensource_dagster.simulator.faults import FaultMiddleware
from sensource_dagster.simulator.hourly_rows import ID_FIELDS, CountName
from sensource_dagster.simulator.request_log import LogMiddleware
from sensource_dagster.simulator.simulated_account import LIST_NAMES
from sensource_dagster.simulator.simulator import Simulator


def make_app(simulator: Simulator) -> Starlette:
    """Return the ASGI app of a simulator."""
    return Starlette(
        debug=True,  # a bug of the simulator, or of a test's row change, shows as a traceback in the response
        routes=[
            Route("/", _front_page),
            Route("/oauth/token", _token_endpoint(simulator), methods=["POST"]),
            *(
                Route(f"/api/{name}", _list_endpoint(simulator, partial(simulator.entities, name)))
                for name in LIST_NAMES
            ),
            *(
                Route(f"/api/{name}", _list_endpoint(simulator, partial(_further_list, simulator, name)))
                for name in simulator.options.further_lists
            ),
            *(Route(f"/api/data/{name}", _count_endpoint(simulator, name)) for name in ID_FIELDS),
        ],
        middleware=[
            Middleware(LogMiddleware, simulator.log, simulator.clock),
            Middleware(_Latency, simulator.options.latency_seconds),
            Middleware(FaultMiddleware, simulator.faults),
            Middleware(GZipMiddleware, compresslevel=1),
        ],
    )


def _front_page(_: Request) -> Response:
    """Where the link to the API in the UI leads, in place of the account's dashboard."""
    return PlainTextResponse("This is a stand-in for the Vea API. Its locations and counts are simulated.")


class _Latency:
    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._seconds)
        await self._app(scope, receive, send)


def _token_endpoint(simulator: Simulator) -> Any:
    async def endpoint(request: Request) -> Response:
        fields = _fields(await request.body(), request.headers.get("content-type", ""))
        response = simulator.tokens.respond(fields)
        return Response(response.body, response.status, response.headers, response.media_type)

    return endpoint


def _fields(body: bytes, content_type: str) -> dict[str, str]:
    """Read the body of a token request. The vendor accepts JSON and forms."""
    try:
        if content_type.startswith("application/json"):
            fields = json.loads(body)
            return fields if isinstance(fields, dict) else {}
        return dict(parse_qsl(body.decode()))
    except ValueError:
        return {}


def _list_endpoint(simulator: Simulator, entities: Callable[[], list[Any]]) -> Any:
    def endpoint(request: Request) -> Response:
        if not _authorized(simulator, request):
            return _unauthorized()
        rows, headers = _page(simulator, _changed(request, entities()))
        beside = request.scope.get(ENVELOPE)
        if beside is None and not simulator.options.wrap_lists:
            return _json(rows, headers)
        return _json({"results": rows, **(beside or {})}, headers)

    return endpoint


def _further_list(simulator: Simulator, name: str) -> list[Any]:
    return list(simulator.options.further_lists[name])


def _count_endpoint(simulator: Simulator, name: CountName) -> Any:
    # Not async: starlette then runs it in a thread, so a large response does not delay the others.
    def endpoint(request: Request) -> Response:
        if not _authorized(simulator, request):
            return _unauthorized()
        try:
            query = parse_query(name, request.query_params, simulator.options)
        except ValueError as error:
            return JSONResponse({"message": str(error)}, 400)
        rows, headers = _page(simulator, _changed(request, simulator.response(name, query)))
        beside = request.scope.get(ENVELOPE, {})
        return _json({"messages": [], "results": rows, **beside}, headers)

    return endpoint


def _authorized(simulator: Simulator, request: Request) -> bool:
    return simulator.tokens.accepts(request.headers.get("authorization", ""))


def _unauthorized() -> Response:
    return JSONResponse({"message": "Unauthorized"}, 401)


def _changed(request: Request, rows: list[Any]) -> list[Any]:
    change = request.scope.get(CHANGE_ROWS)
    return rows if change is None else change(rows)


def _page(simulator: Simulator, rows: list[Any]) -> tuple[list[Any], dict[str, str]]:
    """The rows that are sent, and the header that tells of the others."""
    most = simulator.options.most_rows
    return (rows[:most], {"X-Total-Count": str(len(rows))}) if most else (rows, {})


def _json(document: Any, headers: Mapping[str, str]) -> Response:
    # Not starlette's JSONResponse: it refuses NaN, which a test may want to send.
    return Response(json.dumps(document, separators=(",", ":")), headers=headers, media_type="application/json")
