"""The daily sums of the doors, for the checks that compare a door with its own past."""

from __future__ import annotations

from sensource_dagster.checks.reading import Reading
from sensource_dagster.contract.model import DELETED

OF_EACH_DAY = {
    "sumins": "sum(sumins)",
    "sumouts": "sum(sumouts)",
    "hours_of_ins": "sum(sumins * hour(record_hour))",
    "hours_of_outs": "sum(sumouts * hour(record_hour))",
}
"""What these checks need in `Reading.daily`."""


def read_door_days(reading: Reading) -> None:
    """Make the temporary tables `traffic_daily` and `door` of the judged days and of the days before them.

    They have what the view `door_unusual` reads from the views of these names. A temporary table hides a view of
    its name. So the rule of the view serves before there are views, and reads only these days.
    """
    connection = reading.connection
    # Once for all checks: a reading has a connection of its own.
    connection.execute(
        f"""CREATE TEMP TABLE IF NOT EXISTS traffic_daily AS
        SELECT zone_id, day, any_value(name) AS name, sum(sumins) AS ins, sum(sumouts) AS outs,
               sum(rows) AS hours_counted, true AS complete,
               sum(hours_of_ins) AS hours_of_ins, sum(hours_of_outs) AS hours_of_outs
        FROM {reading.daily} GROUP BY zone_id, day"""
    )
    connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS door AS {_doors(reading)}")


def _doors(reading: Reading) -> str:
    joined, location, disabled, deleted = "", "NULL", "false", "false"
    if "zone" in reading.lists:
        joined = f" LEFT JOIN {reading.name('zone')} z USING (zone_id)"
        disabled, deleted = "TRY_CAST(z.disabled AS BOOLEAN)", f"z.{DELETED}"
        if "sensor" in reading.lists and "site" in reading.lists:
            joined += f" LEFT JOIN {reading.name('sensor')} s ON s.sensor_id = z.sensor_id"
            joined += f" LEFT JOIN {reading.name('site')} p ON p.site_id = s.site_id"
            location = "p.location_id"
    return (
        f"SELECT zone_id, d.name AS door, {location}::VARCHAR AS location_id, location_id AS location, "
        f"{disabled} AS disabled, {deleted} AS deleted "
        f"FROM (SELECT zone_id, any_value(name) AS name FROM temp.traffic_daily GROUP BY zone_id) d{joined}"
    )
