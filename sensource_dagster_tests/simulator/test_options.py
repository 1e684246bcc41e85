import re
from typing import Any

import pytest

from sensource_dagster.simulator import Door, Options


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("zones", 0, "1 or more"),
        ("spaces", -1, "0 or more"),
        ("most_rows", -1, "0 or more"),
        ("latency_seconds", -0.5, "0 or more"),
        ("token_seconds", 0, "1 or more"),
        ("mints_per_minute", 0, "1 or more"),
        ("port", 65536, "from 0 to 65535"),
        ("corrected", -0.1, "from 0 to 1"),
        ("fault_rate", 1.1, "from 0 to 1"),
        ("bad_credentials_status", 500, "from 400 to 403"),
        ("retry_after", "soon", "none, seconds, date"),
        ("bad_credentials_body", "xml", "json, text, empty"),
        ("day_groups", "utc", "eastern, account"),
        ("location_doors", "inner", "outer, all"),
        ("timezone", "America/Denvar", "IANA"),
        ("timezone", "../etc", "IANA"),
        ("timezone", "", "IANA"),
    ],
)
def test_a_bad_option_is_refused_with_its_name_its_value_and_what_is_allowed(
    option: str, value: Any, allowed: str
) -> None:
    with pytest.raises(ValueError, match=f"^{option}={re.escape(repr(value))}: .*{allowed}"):
        Options(**{option: value})


@pytest.mark.parametrize("option", ["client_id", "client_secret"])
def test_empty_credentials_are_refused(option: str) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Options(**{option: ""})  # type: ignore[arg-type]


@pytest.mark.parametrize(("field", "value"), [("location", 2), ("size", -1)])
def test_a_door_that_cannot_be_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{field}={value}: must be"):
        Options(doors=[Door("Main Entrance", **{field: value})])
