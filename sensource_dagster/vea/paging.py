"""What a response says beside its rows: that some are missing, or something that nobody here knows.

Vea pages nothing, as far as is known. If it begins to, a page must not pass for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import orjson

# Spelling varies: totalCount, total_count and @odata.count are compared without case and without other signs.
_TOTALS = {
    *("total", "totalcount", "totalresults", "totalrows", "totalrecords", "totalitems", "totalelements"),
    *("count", "rowcount", "resultcount", "recordcount", "odatacount"),
}
_PAGES = {"pages", "totalpages", "pagecount", "numpages"}
_MORE = {
    *("next", "nextpage", "nextlink", "nexturl", "nexttoken", "nextpagetoken", "nextcursor", "nextoffset"),
    *("continuation", "continuationtoken", "odatanextlink", "hasmore", "hasmoreresults", "hasnext", "hasnextpage"),
    *("more", "truncated", "istruncated", "partial", "ispartial", "incomplete", "isincomplete"),
}
_WHOLE = {"complete", "iscomplete", "last", "islast", "islastpage"}
_NESTED = {"meta", "metadata", "page", "pageinfo", "paging", "pagination", "links"}
_DEEPEST = 3
_HARMLESS = {"previous", "prev"}
_NO = {"", "0", "false", "no", "none", "null"}
_KNOWN = {"results", "messages", "error", "errors", "success", "ok"}


def missing_rows(response: Mapping[str, Any], headers: Mapping[str, str], rows: int) -> str | None:
    """Which key or header says that the response is only a part, and its value. None if nothing does.

    Args:
        response: the response if it is an object. A bare array has no keys.
        rows: how many rows it has.
    """
    for path, name, value in _keys(response, ""):
        if _says_more(name, value, rows) or (name == "rel" and value == "next"):
            return f"{path!r} is {value!r}"
    for header, text in headers.items():
        if any(_says_more(name, value, rows) for name, value in _said_by(header, text)):
            return f"its header {header} is {text!r}"
    return None


def unknown_keys(response: Mapping[str, Any]) -> list[str]:
    """The keys beside the rows whose meaning is not known."""
    known = _TOTALS | _PAGES | _MORE | _WHOLE | _HARMLESS | _KNOWN
    return [key for key in response if _plain(key) not in known]


def _keys(level: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, Any]]:
    """The path, the plain name and the value of each key, with those of nested objects about pages."""
    for key, value in level.items():
        yield f"{path}{key}", _plain(key), value
        if _plain(key) in _NESTED and path.count(".") < _DEEPEST:
            for inner in value if isinstance(value, list) else [value]:
                if isinstance(inner, dict):
                    yield from _keys(inner, f"{path}{key}.")


def _said_by(header: str, text: str) -> Iterator[tuple[str, Any]]:
    """The plain names and values in a header: X-Total-Count, Content-Range, or X-Pagination with its JSON."""
    if header.lower() == "content-range":  # "rows 0-99/5000"
        yield "total", text.rpartition("/")[2]
    yield _plain(re.sub(r"^x-(wp-)?", "", header.lower())), text
    with suppress(orjson.JSONDecodeError):
        inner = orjson.loads(text)
        if isinstance(inner, dict):
            yield from ((name, value) for _, name, value in _keys(inner, ""))


def _says_more(name: str, value: Any, rows: int) -> bool:
    """Whether a key of this plain name, with this value, says that there is more than these rows."""
    if name in _TOTALS:
        return _number(value) > rows
    if name in _PAGES:
        return _number(value) > 1
    return (name in _MORE and bool(value) and str(value).strip().lower() not in _NO) or (
        name in _WHOLE and str(value).strip().lower() == "false"
    )


def _number(value: Any) -> float:
    """A number, which may be a text; else 0."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,18}\s*", value, re.ASCII):
        return int(value)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0


def _plain(key: str) -> str:
    return re.sub(r"[^a-z]", "", key.lower())
