"""Sends alerts to people. To send them elsewhere as well, add a way to `ways`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from logging import Logger

from sensource_dagster.automation.alert_email import send_email
from sensource_dagster.automation.alert_webhook import send_to_webhook
from sensource_dagster.automation.alerts import Alert
from sensource_dagster.config.settings import Settings

Way = Callable[[Alert], None]
"""Sends an alert. It raises if it could not; then it is called again at a later tick."""


def ways(settings: Settings) -> Mapping[str, Way]:
    """The ways that the settings choose, by a name for people. An alert is a line in the sensor's log besides."""
    found: dict[str, Way] = {}
    if settings.alert_webhook:
        found["webhook"] = partial(send_to_webhook, settings.alert_webhook)
    for recipient in settings.alert_email:  # one e-mail each, so that one refused address keeps no other back
        found[f"e-mail to {recipient}"] = partial(send_email, settings.alert_smtp, settings.alert_from, recipient)
    return found


def notify(alert: Alert, log: Logger) -> None:
    """A line in the sensor's log, in the UI under Automation."""
    write = log.error if alert.is_error else log.info if alert.is_over else log.warning
    write("%s: %s", alert.title, alert.text)
