"""Wiring only: the settings of this process make the definitions of the project."""

from __future__ import annotations

import gc
import logging
import os

from dagster import Definitions

from sensource_dagster import defs as own
from sensource_dagster.account_definitions import account_definitions
from sensource_dagster.automation.upkeep import upkeep_job
from sensource_dagster.config.env_file import restore_hidden, take_dotenv_of_home
from sensource_dagster.config.operating_system import refuse_windows
from sensource_dagster.config.project_folder import project_folder
from sensource_dagster.config.remarks import remarks
from sensource_dagster.config.settings import Settings, read_settings
from sensource_dagster.instance.watched_executor import watched_in_process_executor
from sensource_dagster.own_definitions import with_own


def build_definitions(settings: Settings) -> Definitions:
    """The assets, checks, jobs, schedules and sensors for one account and one warehouse.

    >>> from sensource_dagster.config.settings import read_settings
    >>> definitions = build_definitions(read_settings())
    >>> definitions.resolve_job_def("lists").execute_in_process().success
    True
    """
    # In one process: one for each step costs 4 s and gains nothing, because one step writes at a time.
    in_process = Definitions(executor=watched_in_process_executor)
    return Definitions.merge(account_definitions(settings, upkeep_job(settings)), in_process)


# By default the garbage collector starts after every 700 new objects, and at times it visits all objects. Nearly
# all of them are Dagster's and stay alive. One response of Vea makes tens of thousands of objects.
gc.set_threshold(50_000, 20, 20)

refuse_windows()
restore_hidden(os.environ)
_folder = project_folder()
take_dotenv_of_home(_folder, os.environ)
_settings = read_settings(folder=_folder)
for _remark in remarks(_settings):
    logging.getLogger("sensource_dagster").warning(_remark)
defs = with_own(build_definitions(_settings), own)
