"""The view `door`: a name for each door, and the location it belongs to."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster_tests.views.accounts import Account


@pytest.fixture
def account(place: WarehousePlace) -> Account:
    return Account(place)


def names(account: Account) -> dict[str, str]:
    return dict(account.rows("SELECT zone_id, door FROM sensource.door"))


def test_a_door_has_its_site_s_name_where_no_other_door_has_it(account: Account) -> None:
    account.door("a", site="1")
    account.door("b", site="2")
    assert names(account) == {"a": "Site 1", "b": "Site 2"}


def test_doors_of_one_site_have_the_zone_s_name_too(account: Account) -> None:
    account.door("a", name="North")
    account.door("b", name="South")
    assert names(account) == {"a": "Site s, North", "b": "Site s, South"}


def test_doors_of_one_site_and_one_zone_name_have_the_sensor_s(account: Account) -> None:
    account.door("a")
    account.door("b")
    assert names(account) == {"a": "Site s, Sensor a", "b": "Site s, Sensor b"}


def test_without_a_site_it_is_the_sensor_s_name_and_without_both_the_zone_s(account: Account) -> None:
    account.door("a", site=None, name="Side door")
    account.door("b", site=None, name="  ")
    account.put_list("sensor", {"sensorId": "sensor b", "siteId": None, "name": "Sensor of b"})
    assert names(account) == {"a": "Side door", "b": "Sensor of b"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """An account with the views, to be filled anew by each example."""
    account = Account(tmp_path_factory.mktemp("door") / "w.duckdb")
    account.door("a")
    with account.views() as connection:
        yield connection


@given(
    zones=st.lists(
        st.tuples(*[st.sampled_from([None, "", " ", "x", "y", "x, y", "Door", "é'\"\n"])] * 3), max_size=6
    )
)
def test_no_two_doors_have_the_same_name_and_none_is_empty_whatever_the_names(
    filled: duckdb.DuckDBPyConnection, zones: list[tuple[str | None, ...]]
) -> None:
    filled.execute("DELETE FROM zone; DELETE FROM sensor; DELETE FROM site")
    for n, (zone, sensor, site) in enumerate(zones):
        for table, row in (
            ("zone", {"zone_id": f"z{n}", "name": zone, "sensor_id": f"s{n}"}),
            ("sensor", {"sensor_id": f"s{n}", "name": sensor, "site_id": f"i{n}"}),
            ("site", {"site_id": f"i{n}", "name": site}),
        ):
            columns, values = ", ".join(row), ", ".join("?" * len(row))
            filled.execute(
                f"INSERT INTO {table} ({columns}, _synced_at, _deleted) VALUES ({values}, now(), false)",
                [*row.values()],
            )
    found = [name for (name,) in filled.execute("SELECT door FROM door").fetchall()]
    assert len(set(found)) == len(zones)
    assert all(name and name.strip() for name in found)


def test_a_door_that_leads_to_no_location_is_in_no_location(account: Account) -> None:
    account.door("a", site=None)
    assert account.rows("SELECT location_id, location FROM sensource.door") == [(None, "No location")]


def test_the_ins_of_outer_doors_alone_are_visits_or_of_all_where_none_is_marked(account: Account) -> None:
    account.door("outer", site="1", perimeter=True)
    account.door("inner", site="1", perimeter=False)
    account.door("unmarked", site="1")
    account.door("other", site="2", location="m")
    found = dict(account.rows("SELECT zone_id, counts_visits FROM sensource.door"))
    assert found == {"outer": True, "inner": False, "unmarked": False, "other": True}


def test_a_door_that_vea_no_longer_lists_is_marked_deleted_and_keeps_its_name(account: Account) -> None:
    account.door("a", site="1")
    account.door("b", site="2")
    account.put("zone", {"zoneId": "a", "name": "Person count 1", "sensorId": "sensor a"})
    assert account.rows("SELECT door, deleted FROM sensource.door ORDER BY 1") == [
        ("Site 1", False),
        ("Site 2", True),
    ]
