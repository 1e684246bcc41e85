"""Turns the errors that a user can act on into Dagster failures, and a failure back into its text.

Dagster shows the text of a Failure first, before any traceback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import DagsterEvent, Failure

from sensource_dagster.errors import SenSourceError


@contextmanager
def errors_as_failures() -> Iterator[None]:
    """End the step with the text of any `SenSourceError`.

    Dagster does not retry the step: `vea` has retried already.
    """
    try:
        yield
    except SenSourceError as error:
        raise Failure(description=str(error), allow_retries=False) from None


def failure_text(event: DagsterEvent) -> str:
    """The text of a failed step: that of its Failure or, if it has none, of its error."""
    data = event.step_failure_data
    failure, error = data.user_failure_data, data.error
    return str((failure and failure.description) or (error and error.message.strip()))
