"""The kinds of faults. Each function makes one fault, which is given to `Faults`."""

import asyncio
import gzip
import json
import random
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sensource_dagster.simulator.simulated_account import Row

Fault = Callable[[ASGIApp, Scope, Receive, Send], Awaitable[None]]
"""It is called instead of an app. It gets that app, and can call it for the good response."""

CHANGE_ROWS = "simulator.change_rows"
ENVELOPE = "simulator.envelope"
_BLOCK = 64 * 1024


def respond_with(body: bytes | str, status: int = 200, headers: Mapping[str, str] | None = None) -> Fault:
    """Respond with any body. It is sent as JSON, unless `headers` name another content type."""
    response = Response(body, status, {"content-type": "application/json", **(headers or {})})

    async def fault(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    return fault


def status(code: int, retry_after: str | None = None, body: str = '{"error":"simulated fault"}') -> Fault:
    """Respond with a status, and with any text as Retry-After. A 401 is the transient refusal of a good token."""
    return respond_with(
        b"" if code == 204 else body, code, None if retry_after is None else {"Retry-After": retry_after}
    )


def html() -> Fault:
    """Respond with 200 and an HTML page, as a proxy or a sign-in page does."""
    return respond_with("<!doctype html><title>Please wait</title>", headers={"content-type": "text/html"})


def redirect(url: str) -> Fault:
    """Respond with a redirect (302) to `url`."""

    async def fault(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await RedirectResponse(url, 302)(scope, receive, send)

    return fault


def reset() -> Fault:
    """Reset the connection without a response."""

    async def fault(_app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
        _reset(scope)
        await _disconnected(receive)

    return fault


def cut(*, gzipped: bool = False) -> Fault:
    """Send the head and half of the body of the good response, then close the connection."""

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        head, body = await _good_response(app, scope, receive)
        if gzipped:
            body = gzip.compress(body)
            head["headers"].append((b"content-encoding", b"gzip"))
        _set_length(head, len(body))
        await send(head)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        scope["transport"].close()
        await _disconnected(receive)

    return fault


def drip(seconds: float) -> Fault:
    """Send the good response byte by byte, `seconds` apart."""

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        head, body = await _good_response(app, scope, receive)
        await send(head)
        for byte in body:
            if scope["transport"].is_closing():
                return
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(seconds)
        await send({"type": "http.response.body", "body": b""})

    return fault


def delay(seconds: float) -> Fault:
    """Wait `seconds` before the good response."""

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(seconds)
        await app(scope, receive, send)

    return fault


def garbage(size: int) -> Fault:
    """Send `size` random bytes as JSON, without a Content-Length."""

    async def fault(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        block = random.Random(size).randbytes(_BLOCK)
        blocks = (block[: size - start] for start in range(0, size, _BLOCK))
        await StreamingResponse(blocks, media_type="application/json")(scope, receive, send)

    return fault


def rows(change: Callable[[list[Row]], list[Any]]) -> Fault:
    """Send the good response with changed rows: repeated, outside the window, with other names or types."""

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, CHANGE_ROWS: change}, receive, send)

    return fault


def envelope(keys: Mapping[str, Any]) -> Fault:
    """Send the good response with these keys beside the rows. A list is no bare array then."""

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, ENVELOPE: dict(keys)}, receive, send)

    return fault


def messages(texts: Sequence[Any]) -> Fault:
    """Send the good response with `messages`."""
    return envelope({"messages": list(texts)})


def head(code: int, headers: Mapping[str, str] | None = None) -> Fault:
    """Send the good response with another status and more headers: 206, or a link to the next page."""
    more = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "status": code, "headers": [*message["headers"], *more]}
            await send(message)

        await app(scope, receive, send_changed)

    return fault


def error_in_200(text: str) -> Fault:
    """Respond with 200 and an error instead of data, as clients in production have met it."""
    return respond_with(json.dumps({"error": text}))


def longer_than(days: float, meets: Fault) -> Fault:
    """Meet another fault if the request is for counts of more than `days` days. Otherwise the response is good."""

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        query = dict(parse_qsl(scope["query_string"].decode()))
        start, end = (
            datetime.fromisoformat(query[name].replace("Z", "+00:00")) for name in ("startDate", "endDate")
        )
        if end - start > timedelta(days=days):
            await meets(app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return fault


async def _good_response(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """Return the head and the whole body that the app would send, uncompressed."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await app({**scope, "headers": headers}, receive, keep)
    return sent[0], b"".join(message.get("body", b"") for message in sent[1:])


def _set_length(head: Message, length: int) -> None:
    head["headers"] = [pair for pair in head["headers"] if pair[0] != b"content-length"]
    head["headers"].append((b"content-length", str(length).encode()))


def _reset(scope: Scope) -> None:
    transport = scope["transport"]
    # Lingering for zero seconds makes the kernel send a reset instead of an orderly end.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _disconnected(receive: Receive) -> None:
    # If this returned before the server has seen the end, the server would send a response of its own.
    while (await receive())["type"] != "http.disconnect":
        pass
