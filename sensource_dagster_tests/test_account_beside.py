"""A further account in the project's own folder `defs/`, beside the project's account."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from dagster import AssetKey

from sensource_dagster.account_definitions import account_definitions
from sensource_dagster.config.settings import read_settings
from sensource_dagster.definitions import build_definitions
from sensource_dagster.errors import OwnDefinitionsError
from sensource_dagster.own_definitions import with_own
from sensource_dagster_tests.own_folder import own_folder

pytestmark = pytest.mark.filterwarnings("ignore:`parse_obj_as` is deprecated")  # Dagster reads YAML with it

WEST = """
type: sensource_dagster.SenSourceAccount
attributes:
  prefix: {prefix}
  timezone: {zone}
  variables:
    SENSOURCE_CLIENT_ID: WEST_CLIENT_ID
    SENSOURCE_CLIENT_SECRET: WEST_CLIENT_SECRET
"""


def test_both_are_loaded_and_a_job_reads_the_assets_of_its_own_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = own_folder(
        tmp_path, monkeypatch, {"west/defs.yaml": WEST.format(prefix="west", zone="America/Denver")}
    )
    both = with_own(build_definitions(read_settings({})), folder)
    for prefix, job in (("sensource", "counts"), ("west", "west_counts")):
        keys = both.resolve_job_def(job).asset_layer.executable_asset_keys
        assert keys == {AssetKey([prefix, "traffic"]), AssetKey([prefix, "occupancy"])}


def test_the_columns_of_a_further_account_do_not_name_the_variable_of_another_time_zone() -> None:
    west = replace(read_settings({}), prefix="west")
    columns = [
        column
        for spec in account_definitions(west, None).resolve_all_asset_specs()
        for column in getattr(spec.metadata.get("dagster/column_schema"), "columns", ())
    ]
    assert {column.name for column in columns} > {"record_date", "record_hour", "timezone"}
    assert not [column for column in columns if "SENSOURCE_" in column.description]


def test_each_check_of_a_further_account_names_it_and_those_of_the_project_s_own_do_not() -> None:
    for prefix, is_named in (("west", True), ("sensource", False)):
        account = account_definitions(replace(read_settings({}), prefix=prefix), None)
        graph = account.resolve_asset_graph()
        said = [str(graph.get(key).description) for key in graph.asset_check_keys]
        assert {text.endswith(f" Account: {prefix}.") for text in said} == {is_named}


@pytest.mark.parametrize(
    ("prefix", "zone", "said"),
    [
        ("sensource", "UTC", "same key 'sensource'"),
        ("west", "Amerika/Denver", r"SenSourceAccount 'west': timezone='Amerika/Denver'"),
        ("we st", "UTC", "a prefix has small letters"),
    ],
)
def test_one_that_cannot_be_loaded_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str, zone: str, said: str
) -> None:
    folder = own_folder(tmp_path, monkeypatch, {"west/defs.yaml": WEST.format(prefix=prefix, zone=zone)})
    with pytest.raises(OwnDefinitionsError, match=said):
        with_own(build_definitions(read_settings({})), folder)
