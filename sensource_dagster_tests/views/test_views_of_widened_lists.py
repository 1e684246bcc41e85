"""The views keep the types of their columns, whatever Vea sends for an entry of a list."""

from __future__ import annotations

from sensource_dagster.config.warehouse_place import WarehousePlace
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster_tests.views.accounts import Account


def test_the_views_read_values_that_fit_from_columns_that_are_text_now(place: WarehousePlace) -> None:
    account = Account(place)
    account.door("a", perimeter=True, disabled=False)
    account.door("b", perimeter="maybe", disabled="no idea")
    account.door("c", perimeter=False, disabled=True)
    for space, capacity in (("s", 200), ("t", "many")):
        account.put_list("space", {"spaceId": space, "name": space, "locationId": "l", "maxCapacity": capacity})
    hours = [
        {"spaceId": space, "recordDate_hour_1": "2026-01-05T19:00:00Z", "maxoccupancy": 50} for space in ("s", "t")
    ]
    account.put("occupancy", *hours)
    account.hours("a", "2026-01-05T07:00", 24)

    with account.views() as connection:
        assert connection.execute(
            "SELECT zone_id, perimeter, disabled, counts_visits FROM sensource.door ORDER BY 1"
        ).fetchall() == [("a", True, False, True), ("b", None, None, False), ("c", False, True, False)]
        assert connection.execute(
            "SELECT space_id, capacity, utilisation FROM sensource.occupancy_hourly ORDER BY 1"
        ).fetchall() == [("s", 200, 0.25), ("t", None, None)]
        for view in VIEWS:
            described = connection.execute(f"DESCRIBE sensource.{view.name}").fetchall()
            types = [kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for _, kind, *_ in described]
            assert types == [column.type.value for column in view.columns]
