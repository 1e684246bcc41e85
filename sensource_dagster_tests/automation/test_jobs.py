"""What each job reads."""

from __future__ import annotations

from sensource_dagster.config.settings import read_settings
from sensource_dagster.definitions import build_definitions


def test_the_jobs_read_the_lists_the_counts_or_both_and_say_so() -> None:
    definitions = build_definitions(read_settings({"SENSOURCE_STATIC_ENDPOINTS": "zone"}))
    made = [definitions.resolve_job_def(name) for name in ("lists", "counts", "everything")]
    assert [{key.path[-1] for key in job.asset_layer.selected_asset_keys} for job in made] == [
        {"zone"},
        {"traffic", "occupancy"},
        {"zone", "traffic", "occupancy"},
    ]
    assert all(str(job.description).startswith("Reads ") for job in made)
