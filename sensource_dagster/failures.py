"""Turns the errors that a user can act on into Dagster failures, which show the text first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import Failure


@contextmanager
def failing_on(*kinds: type[Exception]) -> Iterator[None]:
    """End the step with the text of any error of these kinds. Not retried by Dagster: retries live in `vea`."""
    try:
        yield
    except kinds as error:
        raise Failure(description=str(error), allow_retries=False) from None
