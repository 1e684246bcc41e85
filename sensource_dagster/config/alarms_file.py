"""The file `alarms.toml`: which checks are silent about which door or space, until when, and why.

[[quiet]]
zone = "North door"             # as the views name it, as Vea names it, or its id; also a space's
check = "hours_are_complete"
until = 2026-03-31              # the last silent day
reason = "The entrance is being rebuilt."
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sensource_dagster.config.parsers import day
from sensource_dagster.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_KEYS = ("zone", "check", "until", "reason")


@dataclass(frozen=True)
class Quiet:
    """One entry. `until` is the last day, in SENSOURCE_TIMEZONE, on which the check is silent about the zone."""

    zone: str
    check: str
    until: date
    reason: str


def read_alarms(file: Path, checks: Collection[str]) -> tuple[Quiet, ...]:
    """The entries of the file, also those that have ended. None where there is no such file.

    Args:
        checks: the names of the checks that can be silent about a zone.

    Raises:
        SettingsError: one line for each thing that is wrong. It has the file, the entry and what is allowed.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}. It must be a UTF-8 text file.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not valid TOML: {error}. docs/operations.md has an example.") from None
    entries = content.get("quiet", [])
    problems = [
        f"{file}: {name!r} is not known here. Each entry begins with [[quiet]]."
        for name in content
        if name != "quiet"
    ]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.append(f"{file}: begin each entry with [[quiet]], in double brackets.")
        entries = []
    for number, entry in enumerate(entries, 1):
        problems += [f"{file}, entry {number} of [[quiet]]: {problem}" for problem in _problems(entry, checks)]
    if problems:
        raise SettingsError("\n".join(problems))
    return tuple(
        Quiet(entry["zone"].strip(), entry["check"], _day(entry["until"]), entry["reason"].strip())
        for entry in entries
    )


def _problems(entry: Mapping[str, Any], checks: Collection[str]) -> Iterator[str]:
    for name in entry.keys() - set(_KEYS):
        yield f"{name!r} is not known. An entry has {', '.join(_KEYS)}."
    for name in _KEYS:
        if name not in entry:
            yield f"{name} is missing. An entry has {', '.join(_KEYS)}."
        elif name != "until" and (not isinstance(entry[name], str) or not entry[name].strip()):
            yield f"{name} = {entry[name]!r} is not a text. Put it in double quotes."
    check = entry.get("check")
    if isinstance(check, str) and check.strip() and check not in checks:
        near = difflib.get_close_matches(check, checks, n=1)
        meant = f"Did you mean {near[0]}?" if near else f"Use one of {', '.join(sorted(checks))}."
        yield f"there is no check {check!r} that names zones or spaces. {meant}"
    if "until" in entry:
        try:
            _day(entry["until"])
        except ValueError as error:
            yield f"until = {entry['until']!r}: {error}."


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return day(value)
    raise ValueError("it is not a date; use YYYY-MM-DD, such as 2026-03-31")
