"""The ways in which an answer can go wrong. Each function makes one fault, to be given to `Faults`."""

import asyncio
import gzip
import json
import random
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sensource_dagster.simulator.simulated_account import Row

Fault = Callable[[ASGIApp, Scope, Receive, Send], Awaitable[None]]
"""Called in the place of an app, with that app to ask for the good answer."""

CHANGE_ROWS = "simulator.change_rows"
MESSAGES = "simulator.messages"
_BLOCK = 64 * 1024


def answer(body: bytes | str, status: int = 200, headers: Mapping[str, str] | None = None) -> Fault:
    """Answer with any body; JSON unless `headers` name another content type."""
    response = Response(body, status, {"content-type": "application/json", **(headers or {})})

    async def fault(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    return fault


def status(code: int, retry_after: str | None = None, body: str = '{"error":"simulated fault"}') -> Fault:
    """Answer with a status, and any text as Retry-After. 401 is the passing rejection of a good token."""
    return answer(
        b"" if code == 204 else body, code, None if retry_after is None else {"Retry-After": retry_after}
    )


def html() -> Fault:
    """Answer 200 with a page, as a proxy or a login wall does."""
    return answer("<!doctype html><title>Please wait</title>", headers={"content-type": "text/html"})


def redirect(url: str) -> Fault:
    """Answer 302 to `url`."""

    async def fault(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await RedirectResponse(url, 302)(scope, receive, send)

    return fault


def reset() -> Fault:
    """Reset the connection without an answer."""

    async def fault(_app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
        _reset(scope)
        await _disconnected(receive)

    return fault


def cut(*, gzipped: bool = False) -> Fault:
    """Send the good answer's head and half of its body, then close the connection."""

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        head, body = await _good_answer(app, scope, receive)
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
    """Send the good answer a byte at a time, `seconds` apart."""

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        head, body = await _good_answer(app, scope, receive)
        await send(head)
        for byte in body:
            if scope["transport"].is_closing():
                return
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(seconds)
        await send({"type": "http.response.body", "body": b""})

    return fault


def delay(seconds: float) -> Fault:
    """Wait `seconds` before the good answer."""

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
    """Send the good answer with its rows changed: repeated, out of the window, renamed, retyped."""

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, CHANGE_ROWS: change}, receive, send)

    return fault


def messages(texts: Sequence[Any]) -> Fault:
    """Send the good answer of a count endpoint with `messages`."""

    async def fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, MESSAGES: list(texts)}, receive, send)

    return fault


def error_in_200(text: str) -> Fault:
    """Answer 200 with an error in the place of data, as clients in production have met it."""
    return answer(json.dumps({"error": text}))


async def _good_answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """Return head and whole body of what the app would send, never compressed."""
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
    # Lingering for zero seconds makes the kernel send a reset and not an orderly end.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _disconnected(receive: Receive) -> None:
    # Returning before the server has seen the end would make it send an answer of its own.
    while (await receive())["type"] != "http.disconnect":
        pass
