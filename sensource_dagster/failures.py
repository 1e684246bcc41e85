"""Turns the errors that a user can act on into Dagster failures, and a failure back into its text.

Dagster shows the text of a Failure first, before any traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from dagster import (
    AssetExecutionContext,
    DagsterEvent,
    DagsterExecutionInterruptedError,
    DagsterInvariantViolationError,
    Failure,
    InputContext,
    OutputContext,
)

from sensource_dagster.errors import SenSourceError, WarehouseHeldError
from sensource_dagster.instance.held import HELD_BY, HELD_TAG

_INTERRUPTED = "Query interrupted"  # DuckDB's text in place of what a handler of a signal raises during a query


@contextmanager
def errors_as_failures(
    context: AssetExecutionContext | InputContext | OutputContext | None = None,
    spelled: Callable[[str], str] = str,
) -> Iterator[None]:
    """End the step with the text of any `SenSourceError`.

    Dagster does not retry the step: `vea` has retried already.

    Args:
        context: of a step that opens the warehouse. If another process holds the file, the step's run is marked
            and started again later: see automation/held_runs.py.
        spelled: puts an account's own names of variables into the text.
    """
    try:
        yield
    except WarehouseHeldError as error:
        if context:
            _mark_run(context)
        raise Failure(
            description=spelled(str(error)), metadata={HELD_BY: error.holder}, allow_retries=False
        ) from None
    except SenSourceError as error:
        raise Failure(description=spelled(str(error)), allow_retries=False) from None
    except RuntimeError as error:
        if str(error) == _INTERRUPTED:
            raise DagsterExecutionInterruptedError from None
        raise


def _mark_run(context: AssetExecutionContext | InputContext | OutputContext) -> None:
    if isinstance(context, AssetExecutionContext):
        context.instance.add_run_tags(context.run.run_id, HELD_TAG)
        return
    with suppress(DagsterInvariantViolationError):  # a table is loaded outside of a run
        step = context.step_context
        step.instance.add_run_tags(step.run_id, HELD_TAG)


def failure_text(event: DagsterEvent) -> str:
    """The text of a failed step: that of its Failure or, if it has none, of the error that began it."""
    data = event.step_failure_data
    failure, error = data.user_failure_data, data.error
    while error and error.cause:
        error = error.cause
    return str((failure and failure.description) or (error and error.message.strip()))
