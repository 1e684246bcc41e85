"""The variables of the alerts. No text shows the webhook's URL or the mail server's password."""

from __future__ import annotations

import pytest

from sensource_dagster.config.alert_parsers import MailServer
from sensource_dagster.config.settings import read_settings
from sensource_dagster.errors import SettingsError

HOOK = "https://hooks.slack.com/services/T0/B0/sEcReT"


def test_they_are_parsed_and_what_is_secret_is_not_in_the_text_of_the_settings() -> None:
    settings = read_settings(
        {
            "SENSOURCE_ALERT_WEBHOOK": HOOK,
            "SENSOURCE_ALERT_EMAIL": "a@library.org, b@library.org",
            "SENSOURCE_ALERT_SMTP": "smtp://vea%40library.org:pa%2Fss@mail.library.org",
        }
    )
    assert settings.alert_webhook == HOOK
    assert settings.alert_email == ("a@library.org", "b@library.org")
    assert settings.alert_smtp == MailServer("mail.library.org", 587, False, "vea@library.org", "pa/ss")
    assert "sEcReT" not in repr(settings)
    assert "pa/ss" not in repr(settings) + repr(settings.alert_smtp)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("smtp://localhost", MailServer("localhost", 25, False)),
        ("smtp://relay:2525", MailServer("relay", 2525, False)),
        ("smtps://u:p@mail", MailServer("mail", 465, True, "u", "p")),
    ],
)
def test_a_mail_server_has_the_usual_port_of_its_kind(text: str, server: MailServer) -> None:
    assert read_settings({"SENSOURCE_ALERT_SMTP": text}).alert_smtp == server


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("WEBHOOK", "hooks.slack.com/services/sEcReT", "use the https:// URL"),
        ("WEBHOOK", f"{HOOK} {HOOK}", "in one piece"),
        ("WEBHOOK", "https://h:sEcReT/x", "it is not a valid URL"),
        ("SMTP", "mail.library.org:sEcReT", "use smtp://host"),
        ("SMTP", "smtp://vea:sEcReT@", "use smtp://host"),
        ("SMTP", "smtp://vea@mail", "a user needs a password"),
        ("SMTP", "smtp://vea:sEcReT@mail/path", "use smtp://host"),
        ("SMTP", "smtp://vea:sEcReT@mail:port", "it is not a valid URL"),
        ("EMAIL", HOOK, "a URL is not an e-mail address"),
        ("EMAIL", "library.org", "'library.org' is not an e-mail address; use name@host"),
        ("FROM", "a@b.org,c@d.org", "use one e-mail address"),
        ("FROM", HOOK, "a URL is not an e-mail address"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed_and_without_the_secret(
    name: str, text: str, advice: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({f"SENSOURCE_ALERT_{name}": text})
    assert f"SENSOURCE_ALERT_{name}=" in str(caught.value)
    assert advice in str(caught.value)
    assert "sEcReT" not in str(caught.value)


def test_a_folder_is_no_alarms_file(tmp_path: str) -> None:
    with pytest.raises(SettingsError, match=r"SENSOURCE_ALARMS=.*it is not a file"):
        read_settings({"SENSOURCE_ALARMS": str(tmp_path)})
