"""Dagster's history, a deployment whose alerts are looked at, and a mail server that takes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance

from sensource_dagster_tests.automation.alert_deployment import Sensors
from sensource_dagster_tests.automation.mail_server import Mailbox, mail_server
from sensource_dagster_tests.instances import instance as project_instance


@pytest.fixture
def history(tmp_path: Path) -> Iterator[DagsterInstance]:
    """Dagster's history, as the project keeps it."""
    with project_instance(tmp_path / "history") as made:
        yield made


@pytest.fixture
def sensors(history: DagsterInstance) -> Sensors:
    ready = Sensors(history)
    ready.tick()
    return ready


@pytest.fixture
def mailbox(sensors: Sensors) -> Iterator[Mailbox]:
    with mail_server() as made:
        sensors.variables["SENSOURCE_ALERT_SMTP"] = f"smtp://127.0.0.1:{made.port}"
        sensors.variables["SENSOURCE_ALERT_EMAIL"] = "one@library.org"
        yield made
