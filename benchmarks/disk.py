"""How much disk space Dagster's history takes: 100 runs as `hourly` starts them, in a temporary folder.

.venv/bin/python benchmarks/disk.py
"""

from __future__ import annotations

import logging
import os
import tempfile
from datetime import date, timedelta
from pathlib import Path

import yaml

from sensource_dagster.simulator import serving

RUNS = 100
FIRST = date(2025, 3, 1)
DAGSTER_YAML = Path(__file__).resolve().parents[1] / "dagster.yaml"


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary, serving() as simulator:
        home = Path(temporary)
        config = yaml.safe_load(DAGSTER_YAML.read_text())
        keep = config["storage"]["custom"]["config"]["keep_runs_days"]
        config["storage"]["custom"]["config"]["base_dir"] = str(home / "history")
        del config["compute_logs"], config["local_artifact_storage"]
        (home / "dagster.yaml").write_text(yaml.safe_dump(config))
        os.environ.update(
            SENSOURCE_CLIENT_ID=simulator.client_id,
            SENSOURCE_CLIENT_SECRET=simulator.client_secret,
            SENSOURCE_API_URL=simulator.api_url,
            SENSOURCE_AUTH_URL=simulator.auth_url,
            SENSOURCE_WAREHOUSE=str(home / "w.duckdb"),
            XDG_CACHE_HOME=temporary,
            DAGSTER_HOME=temporary,
        )
        from dagster import DagsterInstance

        from sensource_dagster.definitions import defs

        logging.disable(logging.CRITICAL)
        job = defs.resolve_job_def("counts")
        with DagsterInstance.get() as instance:
            for number in range(RUNS):
                day = FIRST + timedelta(days=number % 30)
                tags = {
                    "dagster/asset_partition_range_start": str(day),
                    "dagster/asset_partition_range_end": str(day + timedelta(days=1)),
                }
                job.execute_in_process(instance=instance, tags=tags)
        (home / "w.duckdb").unlink()
        each = megabytes(home) / RUNS
    kept = keep * 25 + 365  # hourly and nightly runs, and one run for each day of a year
    print(f"{each * 1000:.0f} MB per 1,000 runs; a year of schedules: {each * 365 * 25:.0f} MB")
    print(f"with the upkeep, which keeps {keep} days and each day's newest run: about {each * kept:.0f} MB")


if __name__ == "__main__":
    main()
