"""Which runs are this project's own. Other code locations may share the history."""

from __future__ import annotations

import re

from dagster import DagsterInstance, DagsterRun

from sensource_dagster.instance.retention import has_project_storage

COMMAND_TAG = "sensource/command"
"""Has a run that a command like `sensource backfill` started: the command as the user typed it."""
ACCOUNT_TAG = "sensource/account"
"""On each run of an account's jobs: the account's prefix."""
_DEFINITIONS = re.compile(r"(?<!\w)sensource_dagster[./]definitions\b")


def is_own_run(instance: DagsterInstance, run: DagsterRun, location: str | None = None) -> bool:
    """Whether the project made a run.

    A run without any sign, like a notebook's, is the project's if the history is in the project's own storage.

    Args:
        instance: whose history has the run.
        location: the name of the project's code location, where it is known.
    """
    signs = _signs(run, location)
    return has_project_storage(instance) if signs is None else signs


def may_be_own_run(run: DagsterRun, location: str | None = None) -> bool:
    """Whether nothing says that another project made a run."""
    return _signs(run, location) is not False


def _signs(run: DagsterRun, location: str | None) -> bool | None:
    """Whether the run has the signs of the project, or those of another; None where it has neither."""
    if COMMAND_TAG in run.tags:
        return True
    its_location = location_of(run)
    if location and its_location:
        return its_location == location
    if ACCOUNT_TAG in run.tags:
        return True
    if run.job_code_origin:  # of `dg launch`, and of all runs that the UI, a schedule or a sensor started
        return bool(_DEFINITIONS.search(run.job_code_origin.repository_origin.code_pointer.describe()))
    return False if its_location else None


def location_of(run: DagsterRun) -> str | None:
    """The name of the code location that a run belongs to; None of one from a script."""
    return run.remote_job_origin.location_name if run.remote_job_origin else None
