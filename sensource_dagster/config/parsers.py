"""Parsers of the text of one variable.

Each returns the value, or raises a ValueError that says what is allowed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

NO_LISTS = ("traffic", "occupancy", "corrections", "rejected", "vea", "published", "report", "door")
"""The assets, tables and views that are no lists. Two assets, or a table and a view, cannot have the same name."""


def host(url: str) -> str:
    return urlsplit(url).hostname or ""


def is_loopback(name: str) -> bool:
    """Whether a host name means this machine. Names are not resolved."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def parts_of_url(text: str, advice: str) -> SplitResult:
    """The parts of a URL, whose port is a number. An error ends with the advice."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises ValueError if the port is not a number
    except ValueError:  # whose text may quote a part of a password
        raise ValueError(f"it is not a valid URL; {advice}") from None
    return parts


def url(text: str) -> str:
    parts = parts_of_url(text, "use http(s)://host/path")
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", text):
        raise ValueError("it is not an http(s) URL; use http(s)://host/path")
    if parts.query or parts.fragment or "@" in text:
        raise ValueError("the URL must not have a user name, a ? or a #; use http(s)://host/path")
    return text.rstrip("/")


def libpq(text: str, what: str) -> str:
    """A libpq string without a password. `what` is what needs it, for the error."""
    try:
        # psycopg2 comes with an extra, which a deployment on one machine does not need.
        from sensource_dagster.postgresql.libpq import libpq_string  # noqa: PLC0415
    except ModuleNotFoundError:
        raise ValueError(
            f"{what} needs the Python package psycopg2; run: pip install 'sensource-dagster[scale]'"
        ) from None
    return libpq_string(text)


def time_zone(text: str) -> ZoneInfo:
    names = available_timezones()
    if text in names:
        return ZoneInfo(text)
    by_folded = {name.lower(): name for name in names}
    near = difflib.get_close_matches(text.lower().replace(" ", "_"), by_folded, n=1)
    hint = f" (did you mean {by_folded[near[0]]}?)" if near else ""
    raise ValueError(f"there is no such time zone{hint}; use an IANA name such as America/Denver")


def day(text: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) is None:
            raise ValueError
        first = date.fromisoformat(text)
    except ValueError:
        raise ValueError("it is not a date; use YYYY-MM-DD, such as 2022-01-01") from None
    if first.year < 1970:  # surely a typing error, and Dagster drops the leading zeros of a year
        raise ValueError("the day is too early; use YYYY-MM-DD from 1970-01-01 on")
    return first


def future(first: date, zone: ZoneInfo) -> str | None:
    """The error text for a first day in the future; None for any other day."""
    today = datetime.now(zone).date()
    return f"is in the future; use today ({today} in {zone.key}) or an earlier day" if first > today else None


def _names(text: str, pattern: str, advice: str) -> tuple[str, ...]:
    """The elements of a comma-separated list, each at most once."""
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if not re.fullmatch(pattern, name):
            raise ValueError(f"{name!r} is not allowed; use names such as {advice}, separated by commas")
    if len(set(names)) < len(names):
        raise ValueError("an element is there twice; name each one once")
    return names


def metrics(text: str) -> tuple[str, ...]:
    """Names of metrics. Whether there is such a metric, Vea says."""
    return _names(text, r"[a-z]+(\([a-z]+\))?", "ins and occupancy(max)")


def endpoints(text: str) -> tuple[str, ...]:
    """Names of lists. Whether there is such a list, Vea says."""
    names = _names(text, r"[a-z]+", "location and zone")
    for name in names:
        if name in NO_LISTS:
            raise ValueError(
                f"{name!r} is the name of another table or view of the warehouse, so it cannot be a list"
            )
    return names


def whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if re.fullmatch(r"\d{1,9}", text, re.ASCII) and least <= int(text) <= most:
            return int(text)
        raise ValueError(f"use a whole number from {least} to {most}")

    return parse


def true_false_or_none(text: str) -> bool | None:
    if text not in ("", "true", "false"):
        raise ValueError("use true or false, or leave it empty")
    return text == "true" if text else None


def owners(text: str) -> tuple[str, ...]:
    """E-mail addresses and teams, in Dagster's form. An empty text means no owners."""
    names = tuple(name.strip() for name in text.split(",")) if text else ()
    for name in names:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+|team:[A-Za-z0-9_]+", name):
            raise ValueError(f"{name!r} is not an owner; use e-mail addresses and team:name, separated by commas")
    return names


def tags(text: str) -> dict[str, str]:
    """Names and values, in Dagster's form. An empty text means no tags."""
    pairs = [part.partition("=") for part in text.split(",")] if text else []
    for name, equals, value in pairs:
        valid = all(re.fullmatch(r"[A-Za-z0-9_.-]{1,63}", part.strip()) for part in (name, value))
        if not equals or not valid:
            raise ValueError(
                f"{name + equals + value!r} is not a tag; use name=value, separated by commas. Names and values "
                "have 1 to 63 letters, digits, underscores, dots and dashes"
            )
    return {name.strip(): value.strip() for name, _, value in pairs}


def problem(name: str, text: str, reason: str, secret: str | None, default: str) -> str:
    """What is wrong with a variable, in one line, without the secret.

    The secret may stand in the wrong variable, and the reason may quote a part of it.
    """
    if secret and len(secret) > 5 and secret in text:
        text, reason = text.replace(secret, "***"), "the client secret is in this value"
    text = re.sub(r"(?s)//.*@", "//***@", text)  # a password in a URL
    text = re.sub(r"(?is)(password\s*=).*", r"\1***", text)  # one in a libpq string
    return f"{name}={text!r}: {reason}. The default is {default!r}."
