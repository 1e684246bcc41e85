"""What a check says: one sentence, numbers to plot, and the first entities and days that it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dagster import AssetCheckResult, AssetCheckSeverity, AssetKey, MetadataValue, TableRecord

if TYPE_CHECKING:
    from sensource_dagster.checks.reading import Findings, Reading

ERROR, WARN = AssetCheckSeverity.ERROR, AssetCheckSeverity.WARN
_SHOWN = 50


@dataclass(frozen=True)
class Judgement:
    """The outcome of one check; green where there is no fault.

    Attributes:
        sentence: what was found, with counts.
        numbers: plotted by the UI over all runs of the check, so they are there when it is green as well.
        faults: what is wrong, or None.
        severity: of a red result.
    """

    sentence: str
    numbers: Mapping[str, int | float] = field(default_factory=dict)
    faults: Findings | None = None
    severity: AssetCheckSeverity = WARN

    def result(self, asset_key: AssetKey, check: str) -> AssetCheckResult:
        metadata: dict[str, Any] = dict(self.numbers)
        sentence = self.sentence
        if self.faults:
            shown = self.faults.rows[:_SHOWN]
            if len(shown) < self.faults.total:
                sentence += f" The first {len(shown)} are listed."
            records = [TableRecord({name: _shown(value) for name, value in row.items()}) for row in shown]
            metadata["found"] = MetadataValue.table(records)
        return AssetCheckResult(
            asset_key=asset_key,
            check_name=check,
            passed=not self.faults,
            severity=self.severity,
            description=sentence,
            metadata=metadata,
        )


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 hour`, `1,200 hours`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _shown(value: object) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


@dataclass(frozen=True)
class Check:
    """One check of one table.

    Attributes:
        description: what exactly is judged, shown in the UI.
        judge: reads the warehouse.
        blocking: a red result of severity ERROR fails the run.
    """

    name: str
    description: str
    judge: Callable[[Reading], Judgement]
    blocking: bool = False
