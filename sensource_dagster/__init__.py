"""Keeps a DuckDB warehouse in sync with one SenSource Vea account, with Dagster."""

from sensource_dagster.config.zone_rules import use_packaged_rules

use_packaged_rules()  # here, so that no process of the project makes a day by other rules
