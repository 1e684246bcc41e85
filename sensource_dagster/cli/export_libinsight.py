"""The gate counts of one location or door, as the import of Springshare's LibInsight takes them.

The columns are those of LibInsight's template. With its count method Manual, `gate_start` is the number of
visitors and `gate_end` is empty. The other methods want the readings of a counter that runs on. Vea has no such
readings, and a row with a number of its own stays right when other hours are missing or corrected.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import click
import duckdb

from sensource_dagster.cli.export_selection import Selection
from sensource_dagster.cli.published_days import Days
from sensource_dagster.contract.model import Column, Type

_COLUMNS = (
    Column("date", Type.VARCHAR, "The local hour or day"),
    Column("gate_start", Type.BIGINT, "How many people entered"),
    Column("gate_end", Type.BIGINT, "Always empty"),
)
# By view: the column that a row is made for, and how LibInsight writes it.
_PERIODS = {"traffic_hourly": ("local_hour", "%Y-%m-%d %H:%M"), "traffic_daily": ("day", "%Y-%m-%d")}
# A traffic of which Vea lists no door has the location that the views give it.
_LOCATIONS = """
    SELECT DISTINCT coalesce(d.location, t.location) AS name, d.location_id
    FROM door d FULL JOIN (SELECT DISTINCT zone_id, location FROM traffic_hourly) t ON t.zone_id = d.zone_id
    ORDER BY ALL
"""
_DOORS = """
    SELECT DISTINCT coalesce(d.door, t.door) AS name, coalesce(d.zone_id, t.zone_id)
    FROM door d FULL JOIN (SELECT DISTINCT zone_id, door FROM traffic_hourly) t ON t.zone_id = d.zone_id
    ORDER BY ALL
"""


def gate_counts(
    connection: duckdb.DuckDBPyConnection, view: str | None, days: Days, location: str | None, door: str | None
) -> Selection:
    """The visits of a location, which are the ins of its outer doors, or the ins of a door.

    Args:
        view: traffic_hourly (the same as None) or traffic_daily.
        location: name or id; may be left out if there is only one.
        door: name or id, in place of the location.

    Raises:
        UsageError: it is not said clearly which gate is meant, or the view is another one.
    """
    period = _PERIODS.get(view or "traffic_hourly")
    if period is None:
        raise click.UsageError(f"--libinsight takes --view {' or '.join(_PERIODS)}, not {view}.")
    if location is not None and door is not None:
        raise click.UsageError("--libinsight writes one gate: give --location or --door, not both.")
    if door is not None:
        name, wanted = _chosen("--door", door, connection.execute(_DOORS).fetchall())
        gate = "t.zone_id = ?"
    else:
        name, wanted = _chosen("--location", location, connection.execute(_LOCATIONS).fetchall())
        gate = "d.location_id IS NOT DISTINCT FROM ? AND coalesce(d.counts_visits, true)"
    column, written = period
    in_file_name = re.sub(r"[^\w-]+", "_", name)[:40]
    limit, limits = days.condition("t.day")
    return Selection(
        name=f"libinsight_{in_file_name}",
        what=f"{name!r} for LibInsight",
        query=f"""
            SELECT strftime(t.{column}, '{written}') AS date, CAST(sum(t.ins) AS BIGINT) AS gate_start,
                CAST(NULL AS BIGINT) AS gate_end
            FROM {view or "traffic_hourly"} t LEFT JOIN door d ON d.zone_id = t.zone_id
            WHERE {gate} AND {limit}
            GROUP BY t.{column} HAVING sum(t.ins) IS NOT NULL ORDER BY t.{column}
        """,
        parameters=(wanted, *limits),
        columns=_COLUMNS,
        day="CAST(left(date, 10) AS DATE)",
    )


def _chosen(option: str, wanted: str | None, gates: Sequence[tuple[str, str | None]]) -> tuple[str, str | None]:
    """The gate with this name or id; without either, the only one."""
    found = [gate for gate in gates if wanted is None or wanted in gate]
    if len(found) == 1:
        return found[0]
    if not gates:
        raise click.UsageError("The file has no doors yet. Read the lists, then try --libinsight again.")
    if wanted is not None and found:
        ids = ", ".join(str(identity) for _, identity in found)
        raise click.BadParameter(
            f"{len(found)} are called {wanted!r}. Give the id of one: {ids}.", param_hint=option
        )
    names = ", ".join(repr(name) for name, _ in gates)
    if wanted is None:
        raise click.UsageError(f"--libinsight writes one gate: add {option} (or --door) with one of {names}.")
    raise click.BadParameter(f"there is none called {wanted!r}. There are {names}.", param_hint=option)
