"""The rows of `entityType=location`: the rows of doors, summed up for each location."""

from collections.abc import Callable

from sensource_dagster.simulator.hourly_rows import HOUR_FIELD, NOISE
from sensource_dagster.simulator.options import Doors
from sensource_dagster.simulator.simulated_account import ListName, Row

LOCATION_ID = "locationId"
_SUMMED = ("sumins", "sumouts", NOISE)


def location_rows(rows: list[Row], entities: Callable[[ListName], list[Row]], doors: Doors) -> list[Row]:
    """Return one row for each hour and listed location: the sum of its outer doors, or of all its doors."""
    names = {row[LOCATION_ID]: row["name"] for row in entities("location")}
    location_of_site = {row["siteId"]: row[LOCATION_ID] for row in entities("site")}
    site_of_sensor = {row["sensorId"]: row["siteId"] for row in entities("sensor")}
    location_of_zone = {
        row["zoneId"]: location_of_site.get(site_of_sensor.get(row["sensorId"]))
        for row in entities("zone")
        if doors == "all" or row["perimeter"]
    }
    sums: dict[tuple[str, str], Row] = {}
    for row in rows:
        stamp, location = row[HOUR_FIELD], location_of_zone.get(row["zoneId"])
        if location is None or location not in names:
            continue
        start = {HOUR_FIELD: stamp, LOCATION_ID: location, "name": names[location], **dict.fromkeys(_SUMMED, 0)}
        whole = sums.setdefault((stamp, location), start)
        for field in _SUMMED:
            whole[field] += row.get(field, 0)
    return [sums[key] for key in sorted(sums)]
