"""For the tests of the whole."""

from __future__ import annotations

import pytest

from sensource_dagster_tests.end_to_end.sync import Where
from sensource_dagster_tests.lakes import LAKE, LAKE_PARAMETER, NewLake


@pytest.fixture(params=[pytest.param("file", id="file"), LAKE_PARAMETER])
def where(request: pytest.FixtureRequest) -> Where:
    """Where the warehouse is: the usual file, and a lake where there can be one."""
    if request.param != LAKE:
        return {}
    new_lake: NewLake = request.getfixturevalue("new_lake")
    lake = new_lake()
    return {"SENSOURCE_WAREHOUSE": str(lake), "SENSOURCE_WAREHOUSE_DATA": str(lake.data)}
