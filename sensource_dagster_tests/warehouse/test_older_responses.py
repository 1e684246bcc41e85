"""A row has the values of the latest request, whichever response is merged last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sensource_dagster.contract.frames import list_frame
from sensource_dagster.contract.model import MESSAGES
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.warehouse.merge import merge
from sensource_dagster_tests.warehouse.samples import FIRST, KEEP, Store, count

HOUR = timedelta(hours=1)


def test_the_response_of_an_earlier_request_does_not_overwrite_a_row(store: Store) -> None:
    store.merges = 5
    store.put(count("a", ins=7, outs=7))
    before = store.rows()
    store.merges = 4

    [day] = store.put(count("a", ins=5, name="Old"), count("b", ins=5)).days.values()

    assert store.rows()[:1] == before
    assert [(row["zone_id"], row["_synced_at"]) for row in store.rows()] == [
        ("a", FIRST + 5 * HOUR),
        ("b", FIRST + 4 * HOUR),
    ]
    assert (day.inserted, day.unchanged, day.corrected, day.updated) == (1, 1, 0, 0)
    assert store.sql("SELECT * FROM {s}.corrections") == []


def test_the_list_of_an_earlier_request_neither_overwrites_nor_deletes_an_entry(store: Store) -> None:
    store.merges = 5
    store.put({"siteId": "a", "name": "New"}, {"siteId": "b", "name": "New"}, table="site")
    before = store.rows("site")
    store.merges = 4

    assert store.put({"siteId": "a", "name": "Old"}, table="site").deleted == 0

    assert store.rows("site") == before


def test_a_row_that_a_wrong_clock_has_stamped_days_ahead_is_not_locked(store: Store) -> None:
    store.merges = 48
    store.put(count("a", ins=7))
    store.merges = 0

    store.put(count("a", ins=8))

    assert [(row["sumins"], row["_synced_at"]) for row in store.rows()] == [(8, FIRST)]


@pytest.mark.parametrize("merges", [0, 1])
def test_a_request_at_the_same_time_or_later_writes(store: Store, merges: int) -> None:
    store.put(count("a", ins=7))
    store.merges = merges

    store.put(count("a", ins=8))

    assert [row["sumins"] for row in store.rows()] == [8]


def test_a_list_with_messages_confirms_no_entry_that_it_lacks(store: Store) -> None:
    site = TABLES["site"]
    for requested, messages, names in (
        (0, "", {"a": "old", "b": "old"}),
        (2, "1 of 2 sites", {"a": "old"}),
        (1, "", {"a": "new", "b": "new"}),
    ):
        frame, _ = list_frame(site, [{"siteId": key, "name": name} for key, name in names.items()])
        frame.attrs[MESSAGES] = messages
        with store.warehouse.open() as connection:
            merge(connection, site, frame, FIRST + requested * HOUR, KEEP)
    assert {row["site_id"]: row["name"] for row in store.rows("site")} == {"a": "old", "b": "new"}
