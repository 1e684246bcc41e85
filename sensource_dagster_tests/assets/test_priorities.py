"""Where steps wait for the one slot of the pool, the lists come first: checks of the counts look up their rows."""

from __future__ import annotations

from sensource_dagster.config.settings import read_settings
from sensource_dagster.contract.tables import COUNTS, LISTS
from sensource_dagster.definitions import build_definitions


def test_each_list_has_the_slot_before_any_count() -> None:
    graph = build_definitions(read_settings({})).resolve_job_def("everything").graph
    priorities = {
        name: int(graph.node_named(name).definition.tags.get("dagster/priority", 0)) for name in graph.node_names()
    }
    of_lists = {priorities[f"sensource__{table.name}"] for table in LISTS}
    of_counts = {priorities[f"sensource__{table.name}"] for table in COUNTS}
    assert min(of_lists) > max(of_counts)
