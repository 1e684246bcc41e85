"""Rejects the rows that do not fit their table. All other rows of the response are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pandas as pd

from sensource_dagster.contract.model import HOUR, Table
from sensource_dagster.contract.values import json_text, shown
from sensource_dagster.errors import ContractError

Row = dict[str, Any]
Reasons = Mapping[int, Sequence[str]]
"""By the position of a row, why it does not fit."""

_MOST: Final = 0.05  # of a response's rows; beyond that the contract is wrong, and not a row
_ATTRIBUTE: Final = "rejected"


@dataclass(frozen=True)
class RejectedRow:
    """A row of a response that does not fit its table.

    Attributes:
        entity_id: the zone, space ... of the row; None if the row has none that fits.
        hour: the hour of a count; None if the row has none that fits.
        day: the local day of that hour. Without an hour it is the last day that the response is about.
        reason: the column, the value and why it does not fit.
        row: the whole row, as JSON text.
    """

    entity_id: str | None
    hour: datetime | None
    day: date | None
    reason: str
    row: str


@dataclass(frozen=True)
class Rejections:
    """The rejected rows of one response.

    Attributes:
        rows: without repetitions.
        first: the first local day that the response is about; None for a list.
        last: the last one.
    """

    rows: Sequence[RejectedRow]
    first: date | None = None
    last: date | None = None


def attach(frame: pd.DataFrame, rejections: Rejections) -> pd.DataFrame:
    """Let a frame carry the rejected rows of its response to the merge."""
    frame.attrs[_ATTRIBUTE] = rejections
    return frame


def rejections_of(frame: pd.DataFrame) -> Rejections | None:
    """The rejected rows of the response that a frame comes from. None if it comes from no response."""
    found: Rejections | None = frame.attrs.get(_ATTRIBUTE)
    return found


def raise_if_too_many(
    table: Table, rows: Sequence[Row], frame: pd.DataFrame, reasons: Reasons, sources: Mapping[str, str]
) -> None:
    """Raise if so much does not fit that the fault is not a row's.

    Args:
        frame: the typed rows, with null where a value does not fit.
        sources: the field of each column.

    Raises:
        ContractError: a key fits in no row; or more than 5 % of the rows, and not only one, do not fit.
    """
    if not reasons:
        return
    keyless = [name for name in table.key if frame[name].isna().all()]
    if keyless:
        problem = f"no row of {len(rows)} has a {keyless[0]} that fits"
    elif len(reasons) > max(1, _MOST * len(rows)):
        problem = f"{len(reasons)} of {len(rows)} rows do not fit, and at most {_MOST:.0%} may be set aside"
    else:
        return
    position, (reason, *_) = min(reasons.items())
    key = ", ".join(f"{name}={shown(rows[position].get(sources.get(name, name)))}" for name in table.key)
    raise ContractError(
        f"{table.name}: {problem}. The first is the row with {key}: {table.name}.{reason}. Nothing was written. "
        "The API may have changed: update sensource_dagster."
    )


def rejected_rows(
    table: Table, rows: Sequence[Row], frame: pd.DataFrame, reasons: Reasons, days: Mapping[int, date]
) -> list[RejectedRow]:
    """The rows that do not fit, without repetitions. `days` has the local day of each; without one it is None."""
    entity, instant = frame[table.key[0]], None if table.is_list else frame[HOUR]
    found: dict[str, RejectedRow] = {}
    for position, why in sorted(reasons.items()):
        text = _json_of(rows[position])
        found[text] = RejectedRow(
            entity_id=_or_none(entity.iloc[position]),
            hour=None if instant is None else _or_none(instant.iloc[position]),
            day=days.get(position),
            reason="; ".join(why),
            row=text,
        )
    return [*found.values()]


def _or_none(value: Any) -> Any:
    return None if pd.isna(value) else value


def _json_of(row: Row) -> str:
    try:
        return json_text(row)
    except ValueError:  # a value is nested more deeply than JSON is written, or is a number beyond its limits
        return json_text({name: _shortened(value) for name, value in row.items()})


def _shortened(value: Any) -> Any:
    try:
        json_text(value)
    except ValueError:
        return shown(value)
    return value
