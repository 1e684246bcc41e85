"""Turns the errors that a user can act on into Dagster failures, which show the text first; and back into text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import DagsterEvent, Failure

from sensource_dagster.errors import SenSourceError


@contextmanager
def errors_as_failures() -> Iterator[None]:
    """End the step with the text of any `SenSourceError`. Dagster does not retry it: retries live in `vea`."""
    try:
        yield
    except SenSourceError as error:
        raise Failure(description=str(error), allow_retries=False) from None


def failure_text(event: DagsterEvent) -> str:
    """What a failed step says: the text of its Failure, or else of its error."""
    data = event.step_failure_data
    failure, error = data.user_failure_data, data.error
    return str((failure and failure.description) or (error and error.message.strip()))
