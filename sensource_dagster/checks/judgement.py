"""The outcome of a check: a sentence, numbers to plot, and the first rows that it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dagster import AssetCheckResult, AssetCheckSeverity, AssetKey, MetadataValue, TableRecord

from sensource_dagster.checks.affected import AFFECTED, NOT_KNOWN, OUTAGES, SILENCED, Affected, Silence
from sensource_dagster.checks.reading import SHOWN, Findings, Reading

ERROR, WARN = AssetCheckSeverity.ERROR, AssetCheckSeverity.WARN


@dataclass(frozen=True)
class Judgement:
    """The outcome of one check. It passes if there are no findings.

    Attributes:
        sentence: what was found, with counts.
        numbers: metadata that the UI plots over all runs, so a check that passes has them too.
        findings: the rows that are wrong, if any.
        severity: how severe a failed check is.
        outages: the entities that are offline, by id; None where that is not known.
        judges_outages: whether the check looks for outages. Then alerts are made of these, not of the findings.
    """

    sentence: str
    numbers: Mapping[str, int | float] = field(default_factory=dict)
    findings: Findings | None = None
    severity: AssetCheckSeverity = WARN
    outages: Mapping[str, Affected] | None = None
    judges_outages: bool = False

    def result(self, asset_key: AssetKey, check: str, silence: Silence) -> AssetCheckResult:
        """As Dagster shows it. Findings of what is silenced are shown, and do not let the check fail."""
        metadata: dict[str, Any] = dict(self.numbers)
        affected = self.findings.affected if self.findings else {}
        silent = silence.of({**affected, **(self.outages or {})}, check)
        sentence = self.sentence + silence.sentence(silent)
        found = self.findings.total if self.findings else 0
        fails = found > sum(affected[key].rows for key in silent if key in affected)
        if self.findings:
            shown = self.findings.rows[:SHOWN]
            if len(shown) < self.findings.total:
                sentence += f" The first {len(shown)} are listed."
            records = [TableRecord({name: _shown(value) for name, value in row.items()}) for row in shown]
            metadata["found"] = MetadataValue.table(records)
        name, entities = (OUTAGES, self.outages) if self.judges_outages else (AFFECTED, affected or None)
        if entities is not None:
            loud = {key: one.as_json() for key, one in entities.items() if key not in silent}
            metadata[name] = MetadataValue.json(loud)
        elif self.judges_outages:
            metadata[OUTAGES] = MetadataValue.text(NOT_KNOWN)
        if silent:
            metadata[SILENCED] = MetadataValue.json({key: str(entry.until) for key, entry in silent.items()})
        return AssetCheckResult(
            asset_key=asset_key,
            check_name=check,
            passed=not fails,
            severity=self.severity,
            description=sentence,
            metadata=metadata,
        )


def _shown(value: object) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


@dataclass(frozen=True)
class Check:
    """One check of one table.

    Attributes:
        description: what exactly is judged. The UI shows it.
        judge: reads the warehouse and returns the outcome.
        blocking: whether a failed check of severity ERROR fails the run.
        aggregates: what it needs of each entity and day in `Reading.daily`: the name and the SQL aggregate.
        days_before: how many days before the judged ones it needs there.
    """

    name: str
    description: str
    judge: Callable[[Reading], Judgement]
    blocking: bool = False
    aggregates: Mapping[str, str] = field(default_factory=dict)
    days_before: int = 0
