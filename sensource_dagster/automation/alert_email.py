"""Sends an alert as an e-mail."""

from __future__ import annotations

import smtplib
import ssl
from base64 import b64encode
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from sensource_dagster.automation.alerts import Alert
from sensource_dagster.config.alert_parsers import MailServer
from sensource_dagster.config.parsers import is_loopback
from sensource_dagster.errors import AlertError
from sensource_dagster.vea.deadline import cut_after
from sensource_dagster.vea.redaction import excerpt

_SECONDS = 5.0
"""For each step of the conversation, of which there are seven."""


class _Timed(smtplib.SMTP):
    """Waits so long for a whole reply. The socket's own timeout starts anew with each byte."""

    def getreply(self) -> tuple[int, bytes]:
        reply, connected = (-1, b""), self.sock
        with cut_after(_SECONDS, lambda: [connected] if connected else []) as passed:
            try:
                reply = super().getreply()
            except smtplib.SMTPServerDisconnected:
                if not passed.is_set():
                    raise
        if passed.is_set():  # the reply may be the part that came before
            self.close()
            raise TimeoutError("timed out")
        return reply


class _TimedTls(_Timed, smtplib.SMTP_SSL):
    pass


def send_email(server: MailServer, sender: str | None, recipient: str, alert: Alert) -> None:
    """Send an alert to a recipient, once.

    Raises:
        AlertError: the mail server did not take it. The text names the server and its reason, never the password.
    """
    sender = sender or (server.user if "@" in server.user else recipient)
    smtp: smtplib.SMTP | None = None
    try:
        smtp = _connected(server)
        smtp.send_message(_email(sender, recipient, alert), sender, [recipient])
    except (OSError, UnicodeError) as error:  # an SMTPException is an OSError; a host name may be no name
        cause = excerpt(_said(error), _secrets(server))
    else:
        cause = ""
    finally:
        if smtp:
            smtp.close()  # without QUIT: the e-mail is taken, whatever the server says to that
    if cause:
        raise AlertError(
            f"The alert could not be sent to {recipient} by the mail server {server.host}:{server.port}. {cause} "
            "Check SENSOURCE_ALERT_SMTP, SENSOURCE_ALERT_FROM and SENSOURCE_ALERT_EMAIL."
        )


def _connected(server: MailServer) -> smtplib.SMTP:
    tls = ssl.create_default_context()
    if server.tls:
        smtp: _Timed = _TimedTls(server.host, server.port, timeout=_SECONDS, context=tls)
    else:
        smtp = _Timed(server.host, server.port, timeout=_SECONDS)
    try:
        smtp.ehlo()
        local = is_loopback(server.host)
        if not server.tls and not local and smtp.has_extn("starttls"):
            smtp.starttls(context=tls)
            smtp.ehlo()
        elif server.user and not server.tls and not local:
            raise smtplib.SMTPNotSupportedError("It offers no TLS, so the password was not sent")
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _email(sender: str, recipient: str, alert: Alert) -> EmailMessage:
    email = EmailMessage()
    email["Subject"] = f"[sensource] {' '.join(alert.title.split())}"
    email["From"], email["To"] = sender, recipient
    email["Date"], email["Message-ID"] = formatdate(localtime=True), make_msgid(domain="sensource-dagster.local")
    run = f"\n\nIn the Dagster UI: /runs/{alert.run_id}" if alert.run_id else ""
    email.set_content(alert.text + run)
    return email


def _secrets(server: MailServer) -> list[str]:
    """The password in each form in which it is sent, which a server may repeat."""
    plain = f"\0{server.user}\0{server.password}"
    return [server.password, *(b64encode(text.encode()).decode() for text in (server.password, plain))]


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return f"It responded with {error.smtp_code}: {text}."
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"It refused {', '.join(error.recipients)}."
    return f"{str(error).rstrip('.') or type(error).__name__}."
