"""The ranges that the nightly schedule reads keep the days that failed apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.automation.nightly_days import split
from sensource_dagster.contract.day_ranges import each_day
from sensource_dagster_tests.contract.days import DAY, START, days, held, numbers


@given(numbers, numbers, st.integers(1, 40))
def test_split_holds_exactly_the_days_given_and_no_range_has_failed_days_beside_others(
    wanted: set[int], failed: set[int], longest: int
) -> None:
    made, apart = split(days(wanted), set(days(failed)), longest), set(days(failed))
    assert held(made) == days(wanted)
    assert all((last - first).days < longest for first, last in made)
    assert all(len({day in apart for day in held([of_days])}) == 1 for of_days in made)


@given(numbers)
def test_up_to_32_days_that_failed_are_each_alone(failed: set[int]) -> None:
    few = set(days(failed)[:32])
    made = split(days({*range(401)}), few, 30)
    assert {of_days for of_days in made if of_days[0] in few} == {(day, day) for day in few}


@given(st.integers(1, 4000), st.integers(1, 60))
def test_however_many_failed_in_a_row_they_are_at_most_32_ranges_or_as_long_as_any(
    count: int, longest: int
) -> None:
    failed = each_day(START, START + (count - 1) * DAY)
    made = split(failed, set(failed), longest)
    assert len(made) <= max(32, -(-count // longest))
    assert all((last - first).days < min(longest, -(-count // 32)) for first, last in made)


@given(st.integers(1, 30), st.integers(1, 400), st.data())
def test_a_day_that_fails_is_alone_the_next_night_and_all_others_of_its_range_are_read(
    longest: int, count: int, data: st.DataObject
) -> None:
    to_read = each_day(START, START + (count - 1) * DAY)
    bad = data.draw(st.sampled_from(to_read))
    [range_of_bad] = [of_days for of_days in split(to_read, set(), longest) if bad in held([of_days])]
    failed = held([range_of_bad])
    assert split(failed, set(failed), longest) == [(day, day) for day in failed]
