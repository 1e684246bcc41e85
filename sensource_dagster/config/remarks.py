"""What a start says about settings that can be used, and may still be wrong."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping

from sensource_dagster.config.settings import VARIABLES, Settings

_PREFIX = "SENSOURCE_"


def remarks(settings: Settings, environment: Mapping[str, str] | None = None) -> list[str]:
    """One line for each. The environment is the one that the settings were read from, by default the process's."""
    environment = os.environ if environment is None else environment
    unknown = [name for name in environment if name.startswith(_PREFIX) and name not in VARIABLES]
    return [*filter(None, [settings.advice]), *map(_unknown, sorted(unknown))]


def _unknown(name: str) -> str:
    # Compared without what all have in common.
    ends = [known.removeprefix(_PREFIX) for known in VARIABLES]
    near = difflib.get_close_matches(name.removeprefix(_PREFIX), ends, n=1, cutoff=0.7)
    advice = f"Did you mean {_PREFIX}{near[0]}?" if near else "docs/settings.md lists all variables."
    return f"{name} is not a variable of this project, so it has no effect. {advice}"
