"""Dagster's own switch that writes the events of a run's days in batches, which Dagster leaves off."""

from __future__ import annotations

import os


def write_in_batches() -> None:
    """Each process that writes events makes its storage first, so a storage calls this."""
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")
