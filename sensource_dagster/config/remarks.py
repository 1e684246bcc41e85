"""What a start says about settings that can be used, and may still be wrong."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence

from sensource_dagster.config.settings import VARIABLES, Settings

_PREFIX = "SENSOURCE_"


def remarks(settings: Settings, environment: Mapping[str, str] | None = None) -> list[str]:
    """One line for each. The environment is the one that the settings were read from, by default the process's."""
    environment = os.environ if environment is None else environment
    lines = [*filter(None, [settings.advice])]
    unknown = [name for name in environment if name.startswith(_PREFIX) and name not in VARIABLES]
    lines += map(_unknown, sorted(unknown))
    requested = {
        "SENSOURCE_TRAFFIC_METRICS": settings.traffic_metrics,
        "SENSOURCE_OCCUPANCY_METRICS": settings.occupancy_metrics,
        "SENSOURCE_STATIC_ENDPOINTS": settings.static_endpoints,
    }
    for variable, names in requested.items():
        known = VARIABLES[variable]["default"].split(",")  # the default has all that the contract describes
        lines += [_new(variable, name, known) for name in names if name not in known]
    return lines


def _unknown(name: str) -> str:
    # Compared without what all have in common.
    ends = [known.removeprefix(_PREFIX) for known in VARIABLES]
    near = difflib.get_close_matches(name.removeprefix(_PREFIX), ends, n=1, cutoff=0.7)
    advice = f"Did you mean {_PREFIX}{near[0]}?" if near else "docs/settings.md lists all variables."
    return f"{name} is not a variable of this project, so it has no effect. {advice}"


def _new(variable: str, name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    what = (
        f"It is read from /api/{name}, and its key is {name}_id. The types of its other columns follow"
        if variable == "SENSOURCE_STATIC_ENDPOINTS"
        else "Vea is asked for it even so. The type of its column follows"
    )
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"{variable} has {name}, which this project does not know. {what} from the values.{meant}"
