"""What an evaluation of a check says that the evaluations before it did not say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    DagsterInstance,
    EventLogEntry,
    JsonMetadataValue,
    TableMetadataValue,
)

from sensource_dagster.automation.rest_queries import rest_query
from sensource_dagster.checks.affected import AFFECTED, OUTAGES, SILENCED
from sensource_dagster.instance.private import AssetCheckExecutionRecordStatus

_REMEMBERED = 50
"""How many evaluations of a check are read. Hourly, they are those of two days, two nightly ones among them."""
_EVALUATED = (AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED)
_NAMED = 10

Entities = Mapping[str, Mapping[str, Any]]
"""What `affected` and `outages` hold: by id the name, the days and more."""


@dataclass(frozen=True)
class News:
    """`title` is what follows the name of the check."""

    title: str
    text: str
    is_over: bool = False


def news_of(instance: DagsterInstance, event: EventLogEntry) -> Iterator[News]:
    """What is new in an evaluation; nothing if it only repeats what was said before.

    A check of hours tells each outage twice: when it is known, and when it is over. Any other check tells of a
    door or space when it names it, and once more only after it has not named it. Numbers and days may change.
    """
    logged = event.get_dagster_event()
    now = logged.asset_check_evaluation_data
    outages = _entities(now, OUTAGES)
    if outages is None and (now.passed or OUTAGES in now.metadata):
        return
    before = _before(instance, event)
    if outages is not None:
        others = (_entities(other.asset_check_evaluation_data, OUTAGES) for other in before)
        last = next((index for index, other in enumerate(others) if other is not None), None)
        known = before[last].asset_check_evaluation_data if last is not None else None
        yield from _of_outages(now, outages, known)
        return
    in_this_job = [other for other in before if other.job_name == logged.job_name]
    known_ones = [other.asset_check_evaluation_data for other in (*before[:1], *in_this_job[:1])]
    entities = _entities(now, AFFECTED)
    if entities is None:
        if not _said(now) <= set().union(*map(_said, known_ones)):
            yield News(" failed", now.description or "It gives no reason.")
        return
    told = set().union(*((_entities(other, AFFECTED) or {}).keys() for other in known_ones if not other.passed))
    new = {key: one for key, one in entities.items() if key not in told}
    if new:
        yield News(" failed", "\n".join(filter(None, [now.description, *_list(now, new)])))


def _before(instance: DagsterInstance, event: EventLogEntry) -> list[Any]:
    """The events of the evaluations before this one, the newest first."""
    evaluation = event.get_dagster_event().asset_check_evaluation_data
    key = AssetCheckKey(evaluation.asset_key, evaluation.check_name)
    return [
        record.event.get_dagster_event()
        for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=_REMEMBERED)
        if record.status in _EVALUATED and record.event and record.event.timestamp < event.timestamp
    ]


def _of_outages(
    now: AssetCheckEvaluation, outages: Entities, known: AssetCheckEvaluation | None
) -> Iterator[News]:
    before = (_entities(known, OUTAGES) or {}) if known else {}
    silent = _entities(now, SILENCED) or {}
    first_time = known is None  # what was over before is history
    begun = {
        key: one
        for key, one in outages.items()
        if not _is_same(one, before.get(key)) and not (first_time and "back" in one)
    }
    if begun:
        yield News(_title(begun, now, "offline"), "\n".join([str(now.description), *_list(now, begun)]))
    ended = {key: one for key, one in before.items() if "back" not in one and key not in {*begun, *silent}}
    over = {
        key: {**one, **outages.get(key, {})}
        for key, one in ended.items()
        if key not in outages or "back" in outages[key]
    }
    if over:
        yield News(_title(over, now, "back"), "\n".join(_list(now, over, _back)), is_over=True)


def _is_same(outage: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    """Whether the outage was known: one that was over before it began is another one."""
    return before is not None and not ("back" in before and outage.get("first_day", "") >= before["back"])


def _title(entities: Entities, now: AssetCheckEvaluation, what: str) -> str:
    noun = _noun(now)
    return f": {len(entities):,} {noun if len(entities) == 1 else noun + 's'} {what}"


def _noun(now: AssetCheckEvaluation) -> str:
    return "space" if now.asset_key.path[-1] == "occupancy" else "zone"


def _list(
    now: AssetCheckEvaluation, entities: Entities, line: Callable[[str, Mapping[str, Any]], str] | None = None
) -> Iterator[str]:
    """The worst ten by name. The others as a number and, where there is one, a query.

    What has no id beside its name is the table itself, of which the check has said all.
    """
    worst = sorted(entities.items(), key=lambda item: (-item[1]["rows"], item[1]["name"]))
    yield from ((line or _days)(key, one) for key, one in worst[:_NAMED] if key != one["name"])
    more = len(worst) - _NAMED
    if more > 0:
        days = [str(one[day]) for one in entities.values() for day in ("first_day", "last_day") if day in one]
        query = rest_query(
            now.check_name,
            now.asset_key.path,
            min(days, default=""),
            max(days, default=""),
        )
        yield f"and {more:,} more: {query or 'all of them are in the metadata of the check, in the UI'}"


def _days(key: str, one: Mapping[str, Any]) -> str:
    first, last, back = (one.get(name) for name in ("first_day", "last_day", "back"))
    begin = "up to " if not first else "" if first == last else f"{first} to "
    return f"- {one['name']} ({key}){f': {begin}{last}' if last else ''}{f', back since {back}' if back else ''}"


def _back(key: str, one: Mapping[str, Any]) -> str:
    back, last = one.get("back"), one.get("last_day")
    if back:
        return f"- {one['name']} ({key}): offline up to {last}, back since {back}"
    return f"- {one['name']} ({key}): its hours up to {last} have come, or it is disabled or deleted in Vea"


def _entities(evaluation: AssetCheckEvaluation, name: str) -> Entities | None:
    value = evaluation.metadata.get(name)
    return value.data if isinstance(value, JsonMetadataValue) and isinstance(value.data, dict) else None


def _said(evaluation: AssetCheckEvaluation) -> set[str]:
    """The ids, names and days in the table of a check; without one, what it says. Numbers may move each hour."""
    if evaluation.passed:
        return set()
    tables = [value for value in evaluation.metadata.values() if isinstance(value, TableMetadataValue)]
    if not tables:
        return {evaluation.description or ""}
    texts = ([value for value in record.data.values() if isinstance(value, str)] for record in tables[0].records)
    return {" ".join(text) for text in texts}
