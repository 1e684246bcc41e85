from collections import Counter

import pytest

from sensource_dagster.simulator import ManualClock, Options, serving
from sensource_dagster.simulator.options import Doors
from sensource_dagster_tests.simulator.client import Client

DAY = ("2025-12-01T07:00:00Z", "2025-12-02T06:59:00Z")


@pytest.mark.parametrize("doors", ["outer", "all"])
def test_a_location_has_the_ins_of_its_outer_doors_or_of_all_its_doors(clock: ManualClock, doors: Doors) -> None:
    with serving(Options(location_doors=doors), clock) as sim:
        client = Client(sim)
        rows = client.rows("traffic", *DAY, entityType="location")
        assert {tuple(row) for row in rows} == {("recordDate_hour_1", "locationId", "name", "sumins", "sumouts")}
        location_of_site = {row["siteId"]: row["locationId"] for row in sim.entities("site")}
        site_of_sensor = {row["sensorId"]: row["siteId"] for row in sim.entities("sensor")}
        zones = {
            row["zoneId"]: location_of_site[site_of_sensor[row["sensorId"]]]
            for row in sim.entities("zone")
            if row["sensorId"] in site_of_sensor and (doors == "all" or row["perimeter"])
        }
        expected: Counter[tuple[str, str]] = Counter()
        for row in client.rows("traffic", *DAY):
            if row["zoneId"] in zones:
                expected[row["recordDate_hour_1"], zones[row["zoneId"]]] += row["sumins"]
        assert {(row["recordDate_hour_1"], row["locationId"]): row["sumins"] for row in rows} == expected


def test_a_location_has_no_noise_of_closed_hours_if_they_are_excluded(clock: ManualClock) -> None:
    with serving(Options(closed_hours_noise=3), clock) as sim:
        night = ("2025-12-02T08:00:00Z", "2025-12-02T08:30:00Z")
        for exclude, ins in (("false", 3), ("true", 0)):
            rows = Client(sim).rows("traffic", *night, entityType="location", excludeClosedHours=exclude)
            assert {row["sumins"] for row in rows} == {ins}
