"""Whether it makes a difference what was counted while the locations were closed."""

from __future__ import annotations

from datetime import date

from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.frames import counts_frame
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.vea.client import VeaClient
from sensource_dagster.vea.windows import day_windows


def closed_hours(vea: VeaClient, day: date, settings: Settings, remarks: list[str]) -> str:
    """The ins of a day with and without closed hours.

    Args:
        remarks: gets one if the two differ and the settings leave the choice to Vea.
    """
    window = day_windows(day, day, settings.timezone)[0]
    traffic = TABLES["traffic"]

    def ins(exclude: bool | None) -> int:
        rows = vea.counts("traffic", window, ["ins"], exclude)
        frame = counts_frame(traffic, rows, window.start, window.end, settings.timezone).frame
        return int(frame["sumins"].sum()) if "sumins" in frame else 0

    with_them, without = ins(False), ins(True)
    if with_them == without:
        return f"{day} has {without:,} ins with and without them"
    both = f"{day} has {with_them:,} ins with them and {without:,} without"
    chosen = settings.exclude_closed_hours
    if chosen is not None:
        return f"{both}. SENSOURCE_EXCLUDE_CLOSED_HOURS={str(chosen).lower()} is set"
    remarks.append(
        f"SENSOURCE_EXCLUDE_CLOSED_HOURS is not set, so Vea decides: it gives {ins(None):,}. Compare the figures "
        "with the dashboard in Vea, and set the variable to true or false."
    )
    return both
