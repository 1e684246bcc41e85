"""Ranges of days hold exactly the days that they are made of."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.contract.day_ranges import batches
from sensource_dagster_tests.contract.days import DAY, days, held, numbers


@given(numbers, st.integers(1, 40))
def test_batches_hold_exactly_the_days_given_without_gaps_and_none_is_too_long(
    wanted: set[int], longest: int
) -> None:
    made = list(batches(days(wanted), longest))
    assert held(made) == days(wanted)
    assert all((last - first).days < longest for first, last in made)
    for (first, last), (following, _) in pairwise(made):
        assert following - last > DAY or (last - first).days == longest - 1
