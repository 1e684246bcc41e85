"""Keeps a DuckDB warehouse true to one SenSource Vea account, with Dagster."""
