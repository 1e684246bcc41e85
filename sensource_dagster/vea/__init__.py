"""The SenSource Vea API: tokens, requests, retries, windows. Knows neither Dagster nor DuckDB."""

from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.client import VeaClient
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster.vea.windows import Window, day_windows, instant_text

__all__ = [
    "HttpPolicy",
    "VeaAccount",
    "VeaClient",
    "Window",
    "day_windows",
    "instant_text",
]
