"""By which names alarms.toml can name a door."""

from __future__ import annotations

from datetime import date

from sensource_dagster.checks.affected import Affected, Silence
from sensource_dagster.config.alarms_file import Quiet

DAY = date(2026, 3, 1)
DOORS = {
    "z1": Affected("Central Library, North door", name="CL North"),
    "z2": Affected("Central Library, South door"),
}


def silenced_by(name: str) -> set[str]:
    return {*Silence((Quiet(name, "any", DAY, "Rebuilt."),), DAY, "zone").of(DOORS, "any")}


def test_a_door_is_silenced_by_its_id_vea_s_name_and_the_name_in_the_views_with_or_without_its_location() -> None:
    for name in ("z1", "CL North", "Central Library, North door", "North door"):
        assert silenced_by(name) == {"z1"}


def test_the_name_of_a_location_silences_none_of_its_doors() -> None:
    assert silenced_by("Central Library") == set()
