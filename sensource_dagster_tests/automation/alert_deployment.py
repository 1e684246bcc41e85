"""The two alert sensors of a deployment whose runs fail, for tests."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    DagsterInstance,
    JobDefinition,
    SensorDefinition,
    asset,
    asset_check,
    build_sensor_context,
    job,
    materialize,
    op,
)

from sensource_dagster.automation.alert_sensors import alert_sensors
from sensource_dagster.config.settings import read_settings
from sensource_dagster_tests.automation.mail_server import Mailbox


@asset
def doors() -> None: ...


@asset_check(asset=doors)
def none_is_silent() -> AssetCheckResult:
    return AssetCheckResult(passed=False, severity=AssetCheckSeverity.WARN, description="Silent: north.")


@op
def fail() -> None:
    raise ValueError(f"as always, but {''.join(random.choices('ghjkmnpqrs', k=9))}")  # new words


@job
def failing() -> None:
    fail()


@dataclass
class Sensors:
    """The two sensors of a deployment, and what they remember between ticks."""

    instance: DagsterInstance
    variables: dict[str, str] = field(default_factory=dict)
    cursors: dict[str, str | None] = field(default_factory=dict)

    def made(self) -> list[SensorDefinition]:
        return alert_sensors(read_settings(self.variables))

    def tick(self) -> dict[str, str]:
        """Each sensor once; what its tick says."""
        said = {}
        for sensor in self.made():
            context = build_sensor_context(self.instance, self.cursors.get(sensor.name))
            result = sensor.evaluate_tick(context)
            self.cursors[sensor.name] = result.cursor
            said[sensor.name] = str(result.skip_message)
        return said

    def run(self, what: JobDefinition | None = None, **tags: str) -> str:
        if what:
            return what.execute_in_process(instance=self.instance, raise_on_error=False, tags=tags).run_id
        return materialize([doors, none_is_silent], instance=self.instance, tags=tags).run_id


def subjects(mailbox: Mailbox) -> list[str]:
    return [email["Subject"].strip().removeprefix("[sensource] ") for email in mailbox.taken]
