"""A row has the values of the latest request, whichever response is merged last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sensource_dagster_tests.warehouse.samples import FIRST, Store, count

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
