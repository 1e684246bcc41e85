"""One source for the rules of time zones: the package tzdata, which constraints.txt pins.

Python prefers the system's files. In many containers these are years old, and some days begin an hour too late.
"""

from __future__ import annotations

import zoneinfo


def use_packaged_rules() -> None:
    """From now on, every zone of this process has the rules of tzdata, also those that Dagster makes."""
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
