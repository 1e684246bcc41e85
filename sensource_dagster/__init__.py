"""Keeps a DuckDB warehouse in sync with one SenSource Vea account, with Dagster."""
