"""Checks of one variable's text. Each returns the value, or raises ValueError with what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones


def host(url: str) -> str:
    return urlsplit(url).hostname or ""


def is_loopback(name: str) -> bool:
    """Whether a host is this machine by its name alone."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def url(text: str) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises ValueError for a port that is no number
    except ValueError as error:
        raise ValueError(f"no usable URL ({error}); allowed is http(s)://host/path") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", text):
        raise ValueError("no http(s) URL; allowed is http(s)://host/path")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("a URL without user name, ? and # is needed: http(s)://host/path")
    return text.rstrip("/")


def time_zone(text: str) -> ZoneInfo:
    names = available_timezones()
    if text in names:
        return ZoneInfo(text)
    by_folded = {name.lower(): name for name in names}
    near = difflib.get_close_matches(text.lower().replace(" ", "_"), by_folded, n=1)
    hint = f"; did you mean {by_folded[near[0]]}?" if near else ""
    raise ValueError(f"no such time zone; allowed is an IANA name such as America/Denver{hint}")


def day(text: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) is None:
            raise ValueError
        first = date.fromisoformat(text)
    except ValueError:
        raise ValueError("no date; allowed is YYYY-MM-DD, such as 2022-01-01") from None
    if first.year < 1970:  # Dagster cuts the leading zeros of a year, and a day before counting is a slip
        raise ValueError("too early; allowed is YYYY-MM-DD from 1970-01-01 on")
    return first


def future(first: date, zone: ZoneInfo) -> str | None:
    """What is wrong with a first day that has not come yet, or None."""
    today = datetime.now(zone).date()
    return f"lies in the future; allowed is today ({today} in {zone.key}) or earlier" if first > today else None


def some_of(*allowed: str) -> Callable[[str], tuple[str, ...]]:
    """A check of a comma-separated list whose elements are among `allowed`, each at most once."""

    def parse(text: str) -> tuple[str, ...]:
        names = tuple(name.strip() for name in text.split(","))
        for name in names:
            if name not in allowed:
                raise ValueError(
                    f"{name!r} is not one of them; allowed is one or more of {', '.join(allowed)}, with commas"
                )
        if len(set(names)) < len(names):
            raise ValueError("an element is named twice")
        return names

    return parse


def whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if re.fullmatch(r"\d{1,9}", text, re.ASCII) and least <= int(text) <= most:
            return int(text)
        raise ValueError(f"allowed is a whole number from {least} to {most}")

    return parse


def database_file(text: str) -> Path:
    if not text or text.startswith(":") or "://" in text:
        raise ValueError("allowed is the path of a DuckDB file, such as data/sensource.duckdb")
    path = Path(text).expanduser()
    if path.is_dir():
        raise ValueError("is a folder; allowed is the path of a DuckDB file, such as data/sensource.duckdb")
    return path


def owners(text: str) -> tuple[str, ...]:
    """E-mail addresses and teams, as Dagster takes them; an empty text is none."""
    names = tuple(name.strip() for name in text.split(",")) if text else ()
    for name in names:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+|team:[A-Za-z0-9_]+", name):
            raise ValueError(f"{name!r} is no owner; allowed are e-mail addresses and team:name, with commas")
    return names


def tags(text: str) -> dict[str, str]:
    """Names and values, as Dagster takes them; an empty text is none."""
    pairs = [part.partition("=") for part in text.split(",")] if text else []
    for name, equals, value in pairs:
        usable = all(re.fullmatch(r"[A-Za-z0-9_.-]{1,63}", part.strip()) for part in (name, value))
        if not equals or not usable:
            raise ValueError(
                f"{name + equals + value!r} is no tag; allowed is name=value, with commas, of at most 63 letters, "
                "digits, underscores, dots and dashes each"
            )
    return {name.strip(): value.strip() for name, _, value in pairs}
