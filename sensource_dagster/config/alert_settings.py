"""The variables of the alerts: to whom they go, and where the file is that silences some of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sensource_dagster.config import alert_parsers as check
from sensource_dagster.config.variable import variable


@dataclass(frozen=True)
class AlertSettings:
    """A part of `Settings`."""

    alert_webhook: str | None = variable(
        "SENSOURCE_ALERT_WEBHOOK",
        "",
        "URL of an incoming webhook of Slack or Teams that alerts are sent to; it is a secret",
        check.webhook_or_none,
        secret=True,
    )
    alert_email: tuple[str, ...] = variable(
        "SENSOURCE_ALERT_EMAIL",
        "",
        "e-mail addresses that alerts are sent to, separated by commas",
        check.addresses,
    )
    alert_smtp: check.MailServer = variable(
        "SENSOURCE_ALERT_SMTP",
        "smtp://localhost",
        "the mail server: smtp://user:password@host:587, or smtps:// for TLS from the first byte; it is a secret",
        check.mail_server,
        secret=True,
    )
    alert_from: str | None = variable(
        "SENSOURCE_ALERT_FROM",
        "",
        "the sender of these e-mails; empty: the user of the mail server if it is an address, else the recipient",
        check.address_or_none,
    )
    alarms: Path = variable(
        "SENSOURCE_ALARMS",
        "alarms.toml",
        "the file that silences checks of single doors or spaces for a time; it need not exist",
        check.toml_file,
    )
