"""Keeps a DuckDB warehouse in sync with one SenSource Vea account, with Dagster."""

import zoneinfo

# One source for the rules of time zones, in every process of the project and in what Dagster makes there: the
# package tzdata, which constraints.txt pins. Python prefers the files of the system, which are often years old.
zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()
