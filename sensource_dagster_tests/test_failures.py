"""What a step ends with."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import duckdb
import pytest
from dagster import DagsterExecutionInterruptedError, Failure

from sensource_dagster.config.settings import read_settings
from sensource_dagster.errors import WarehouseError, WarehouseHeldError
from sensource_dagster.failures import errors_as_failures


def test_a_signal_during_a_query_stops_the_step_and_is_no_failure_of_it() -> None:
    def stop(_number: int, _frame: object) -> None:
        raise DagsterExecutionInterruptedError  # what Dagster's handler does during a step

    before = signal.signal(signal.SIGINT, stop)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with (
            duckdb.connect() as connection,
            pytest.raises(DagsterExecutionInterruptedError),
            errors_as_failures(),
        ):
            connection.execute(
                "SELECT count(*) FROM range(10_000_000) a, range(1_000_000) b WHERE a.range = -b.range"
            )
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)


def test_another_error_of_the_code_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match=r"^mine$"), errors_as_failures():
        raise RuntimeError("mine")


@pytest.mark.parametrize("error", [WarehouseError, partial(WarehouseHeldError, holder="process 7")])
def test_an_error_of_an_account_has_the_names_of_its_own_variables(error: Callable[[str], Exception]) -> None:
    west = replace(read_settings({}), variables={"SENSOURCE_WAREHOUSE_WAIT": "WEST_WAREHOUSE_WAIT"})
    with pytest.raises(Failure) as caught, errors_as_failures(spelled=west.spelled):
        raise error("Raise SENSOURCE_WAREHOUSE_WAIT. SENSOURCE_WAREHOUSE is shared.")
    assert caught.value.description == "Raise WEST_WAREHOUSE_WAIT. SENSOURCE_WAREHOUSE is shared."
