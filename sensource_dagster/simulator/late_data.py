"""What the account knows about an hour at a moment: gaps, growth, late rows, corrections and the lost hour.

Hours are whole numbers: hours since 1970-01-01T00:00Z. Moments are seconds since then.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sensource_dagster.simulator.draws import draws

SETTLED = timedelta(hours=72)
"""Time after which an hour no longer changes."""

_BLOCK_HOURS = 12
_SILENT = 0.02  # share of blocks in which a sensor loses hours for good
_BUFFERED = 0.03  # share of blocks in which it sends hours late


def known_share(key: bytes, hour: int, now: float, corrected: float) -> float | None:
    """Return which share of an hour's final counts is known at `now`; None where there is no row.

    The share is 1 for a settled hour and grows from 0 to 1 while the hour runs. Before a correction it differs
    from 1. It is above 1 if the correction lowers the count. `corrected` is the share of hours that have one.
    """
    elapsed = (now - hour * 3600) / 3600
    if elapsed < 0:
        return None
    first, last, arrival = _gap(key, hour // _BLOCK_HOURS)
    if first <= hour < last and (arrival is None or now < arrival * 3600):
        return None
    share = min(elapsed, 1.0)
    chance, part, wait, is_long = draws(key, hour, b"correction")[:4]
    if chance < corrected:
        # Most corrections come within hours; sensors that were offline deliver up to two days late.
        hours_late = 1 + (wait * 47 if is_long < 0.2 else wait * 6)
        if elapsed < 1 + hours_late:
            share *= 0.5 + 0.45 * part if part < 0.85 else 1.05 + part - 0.85
    return share


@lru_cache(maxsize=20_000)
def _gap(key: bytes, block: int) -> tuple[int, int, float | None]:
    """Return first and last (exclusive) hour without a row in a block, and the hour in which they arrive."""
    chance, start, length, wait = draws(key, block, b"gap")[:4]
    if chance >= _SILENT + _BUFFERED:
        return 0, 0, None
    first = block * _BLOCK_HOURS + int(start * (_BLOCK_HOURS - 1))
    last = min(first + 1 + int(length * 5), (block + 1) * _BLOCK_HOURS)
    return first, last, None if chance < _SILENT else last + 1 + wait * 46


def is_lost(zone: ZoneInfo, hour: int) -> bool:
    """Return whether the hour is the first of the two that a fall-back day repeats.

    Measured in recorded responses: 2025-11-02T07:00Z, the first 01:00 in Denver, has no row in any zone.
    """
    local = datetime.fromtimestamp(hour * 3600, zone)
    return local.fold == 0 and local.replace(fold=1).utcoffset() != local.utcoffset()
