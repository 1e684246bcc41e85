from collections import Counter
from typing import Any

import pytest

from sensource_dagster.simulator import ManualClock, Options, RunningSimulator, serving
from sensource_dagster.simulator.simulator import Simulator
from sensource_dagster_tests.simulator.client import Client

STAMPS = {"createdAt", "updatedAt"}
FIELDS = {
    "zone": {
        *("zoneId", "orgId", "name", "sensorId", "deviceId", "countType", "scaleFactor", "countFilter"),
        *("countApplication", "perimeter", "disabled", "settings"),
        *STAMPS,
    },
    "location": {
        *("locationId", "orgId", "locationTypeId", "name", "description", "locationNumber", "street"),
        *("city", "state", "postalCode", "country", "latitude", "longitude", "openingHours"),
        *STAMPS,
    },
    "site": {"siteId", "locationId", "name"},
    "space": {"spaceId", "name", "locationId", "maxCapacity"},
    "sensor": {"sensorId", "siteId", "name", "serialNumber", "firmware", *STAMPS},
}


@pytest.fixture
def lists(client: Client) -> dict[str, list[dict[str, Any]]]:
    return {name: client.get(f"/api/{name}").json() for name in FIELDS}


def test_lists_are_bare_arrays_with_the_documented_fields(lists: dict[str, list[dict[str, Any]]]) -> None:
    for name, fields in FIELDS.items():
        assert {frozenset(row.keys() - {"timezone"}) for row in lists[name]} == {frozenset(fields)}


def test_lists_can_be_wrapped_in_results(clock: ManualClock) -> None:
    with serving(Options(wrap_lists=True), clock) as sim:
        assert Client(sim).get("/api/zone").json() == {"results": sim.entities("zone")}


def test_ids_do_not_repeat_and_zone_names_do(lists: dict[str, list[dict[str, Any]]]) -> None:
    for name, rows in lists.items():
        assert len({row[f"{name}Id"] for row in rows}) == len(rows)
    assert Counter(row["name"] for row in lists["zone"])["Person count in/out 1"] > 1


def test_zone_fields_have_the_recorded_types(lists: dict[str, list[dict[str, Any]]]) -> None:
    for zone in lists["zone"]:
        for field in ("countType", "scaleFactor", "countFilter", "countApplication"):
            assert type(zone[field]) is int
        assert type(zone["perimeter"]) is bool
        assert type(zone["disabled"]) is bool
        assert zone["settings"] is None
        assert "locationId" not in zone


def test_some_joins_miss_and_some_match(lists: dict[str, list[dict[str, Any]]]) -> None:
    joins = [("zone", "sensor"), ("site", "location")]
    for child, parent in joins:
        known = {row[f"{parent}Id"] for row in lists[parent]}
        assert {row[f"{parent}Id"] in known for row in lists[child]} == {True, False}


def test_a_third_space_has_a_location_that_is_not_listed() -> None:
    account = Simulator(Options(spaces=3))
    known = {row["locationId"] for row in account.entities("location")}
    assert [row["locationId"] in known for row in account.entities("space")] == [True, True, False]


def test_some_locations_have_a_timezone_and_some_have_none(lists: dict[str, list[dict[str, Any]]]) -> None:
    assert {row.get("timezone") for row in lists["location"]} == {"America/Denver", None}


def test_max_capacity_is_a_number_or_null(lists: dict[str, list[dict[str, Any]]]) -> None:
    assert {type(row["maxCapacity"]) for row in lists["space"]} == {int, type(None)}


def test_some_fields_are_nested(lists: dict[str, list[dict[str, Any]]]) -> None:
    assert isinstance(lists["sensor"][0]["firmware"], dict)
    assert isinstance(lists["location"][0]["openingHours"], dict)


def test_more_zones_leave_the_first_ones_as_they_were(account: Simulator, clock: ManualClock) -> None:
    larger = Simulator(Options(zones=12), clock)
    assert len(larger.entities("zone")) == 12
    assert larger.entities("zone")[:5] == account.entities("zone")


def test_a_list_can_return_other_rows_and_then_its_own_again(
    sim: RunningSimulator,
) -> None:
    client = Client(sim)
    own = sim.entities("zone")
    for rows in ([], [{"zoneId": 7}]):
        sim.override_list("zone", rows)
        assert client.get("/api/zone").json() == rows
    sim.override_list("zone", None)
    assert client.get("/api/zone").json() == own


def test_an_account_can_have_one_zone_and_no_space(clock: ManualClock) -> None:
    with serving(Options(zones=1, spaces=0), clock) as sim:
        client = Client(sim)
        assert len(client.get("/api/zone").json()) == 1
        assert client.get("/api/space").json() == []
        assert client.rows("occupancy", "2025-12-01", "2025-12-02") == []
