"""Judges the shape of what the API sends, and what it does with tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sensource_dagster.cli.deep_check_counts import Row, key_of
from sensource_dagster.cli.deep_check_requests import Facts, Received
from sensource_dagster.cli.deep_check_seen import NotKnownError, Seen
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.vea.paging import missing_rows, unknown_keys

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,39}(_\d{1,2})?")


def keys(facts: Facts) -> Seen:
    wrong = {}
    for name, received in _known(facts).items():
        id_field = f"{TABLES[name].entity}Id"
        found: list[object] = [
            row.get(id_field) if TABLES[name].is_list else key_of(row, id_field) for row in received.rows
        ]
        present = [key for key in found if key]
        if len(set(present)) < len(found):
            wrong[name] = f"{len(found) - len(present)} without a key, {len(present) - len(set(present))} repeated"
    if wrong:
        words = "; ".join(f"{name}: {what}" for name, what in wrong.items())
        return Seen(False, words, f"rows without a key of their own in {', '.join(wrong)}")
    return Seen(True, "each row has one")


def whole(facts: Facts) -> Seen:
    """A response that says that rows are missing."""
    known = _known(facts)
    found = {
        name: missing_rows(received.beside or {}, received.headers, len(received.rows))
        for name, received in known.items()
    }
    words = [f"{name}: {what}" for name, what in found.items() if what]
    names = ", ".join(name for name, what in found.items() if what)
    if words:
        return Seen(False, "; ".join(words), f"responses of {names} say that rows are missing")
    return Seen(True, "no response says that rows are missing")


def beside(facts: Facts) -> Seen:
    found = {}
    for name, received in _known(facts).items():
        more = unknown_keys(received.beside or {})
        found[name] = [*more, *(["messages"] if (received.beside or {}).get("messages") else [])]
    return _named(facts, found, "nothing else")


def fields(facts: Facts) -> Seen:
    found = {
        name: sorted(set().union(*received.rows) - TABLES[name].fields) for name, received in _known(facts).items()
    }
    return _named(facts, found, "no other field")


def bare_lists(facts: Facts) -> Seen:
    known = {name: received for name, received in _known(facts).items() if TABLES[name].is_list}
    wrapped = [name for name, received in known.items() if received.beside is not None]
    if not known:
        raise NotKnownError("no list was received")
    return Seen(not wrapped, f"objects with results: {', '.join(wrapped)}" if wrapped else "bare arrays")


def further_lists(facts: Facts) -> Seen:
    found = [name for name, received in facts.further_lists.items() if not received.failure]
    if found:
        return Seen(False, f"there is a list at {', '.join(f'/api/{name}' for name in found)}")
    for name, received in facts.further_lists.items():
        if received.failure and "HTTP 404" not in received.failure.public:
            raise NotKnownError(f"/api/{name}: {received.failure}", f"/api/{name}: {received.failure.public}")
    return Seen(True, f"no list at {', '.join(f'/api/{name}' for name in facts.further_lists)}")


def second_token(facts: Facts) -> Seen:
    ends = facts.second_token_ends_first
    if isinstance(ends, NotKnownError):
        raise ends
    return Seen(ends, "the first token is refused" if ends else "the first token is still accepted")


def _known(facts: Facts) -> Mapping[str, Received]:
    """What was received of each table.

    Raises:
        NotKnownError: of no table anything was.
    """
    everything = {"traffic": facts.long, "occupancy": facts.occupancy, **facts.lists}
    known = {name: received for name, received in everything.items() if not received.failure}
    if not known:
        return {"traffic": Received(facts.long.rows)}  # raises
    return known


def _named(facts: Facts, found: Mapping[str, Iterable[str]], nothing: str) -> Seen:
    """The names of fields or keys that were found in each table."""
    some = {name: list(names) for name, names in found.items() if names}
    words = "; ".join(f"{name}: {', '.join(names)}" for name, names in some.items())
    texts = _texts(facts.lists.values())
    public = "; ".join(f"{name}: {', '.join(_public(field, texts) for field in some[name])}" for name in some)
    return Seen(not some, words or nothing, public or nothing)


def _texts(received: Iterable[Received]) -> set[str]:
    """The texts of all lists: ids and names among them."""
    rows: Iterable[Row] = (row for one in received for row in one.received)
    return {value.casefold() for row in rows for value in row.values() if isinstance(value, str)}


def _public(field: str, texts: set[str]) -> str:
    """A field's name, unless it may be the name or the id of something in the account."""
    return field if _FIELD_NAME.fullmatch(field) and field.casefold() not in texts else "(not shown)"
