"""Which runs are this project's own. Other code locations may share the history."""

from __future__ import annotations

import re

from dagster import DagsterInstance, DagsterRun

from sensource_dagster.instance.retention import has_project_storage

COMMAND_TAG = "sensource/command"
"""Has a run that a command like `sensource backfill` started: the command as the user typed it."""
_DEFINITIONS = re.compile(r"(?<!\w)sensource_dagster[./]definitions\b")


def is_own_run(instance: DagsterInstance, run: DagsterRun, location: str | None = None) -> bool:
    """Whether the project made a run. Without any sign it is the project's where the history is.

    Args:
        instance: whose history has the run. The project's own storage is taken to be the project's alone.
        location: the name of the project's code location, where it is known. A second copy of the project, for
            another account, has another name.
    """
    if COMMAND_TAG in run.tags:
        return True
    its_location = location_of(run)
    if location and its_location:
        return its_location == location
    if run.job_code_origin:  # of `dg launch`, and of all runs that the UI, a schedule or a sensor started
        return bool(_DEFINITIONS.search(run.job_code_origin.repository_origin.code_pointer.describe()))
    return its_location is None and has_project_storage(instance)


def location_of(run: DagsterRun) -> str | None:
    """The name of the code location that a run belongs to; None of one from a script."""
    return run.remote_job_origin.location_name if run.remote_job_origin else None
