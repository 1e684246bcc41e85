"""What a response says beside its rows: that some are missing, or something that nobody here knows.

Vea pages nothing, as far as is known. If it begins to, a page must not pass for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

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
_KNOWN = {"results", "messages", "error", "errors", "success", "ok"}


def missing_rows(response: Mapping[str, Any], rows: int) -> str | None:
    """Which key says that the response is only a part, and its value. None if no key does."""
    for path, name, value in _keys(response, ""):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if (
            (name in _TOTALS and is_number and value > rows)
            or (name in _PAGES and is_number and value > 1)
            or (name in _MORE and value and str(value).lower() != "false")
            or (name in _WHOLE and str(value).lower() == "false")
            or (name == "rel" and value == "next")
        ):
            return f"{path!r} is {value!r}"
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


def _plain(key: str) -> str:
    return re.sub(r"[^a-z]", "", key.lower())
