"""Posts an alert to an incoming webhook of Slack or Teams."""

from __future__ import annotations

import re
from typing import Any

import requests
from requests import RequestException

from sensource_dagster.automation.alerts import Alert
from sensource_dagster.config.parsers import host
from sensource_dagster.errors import AlertError
from sensource_dagster.vea.deadline import DeadlineAdapter

_SECONDS = 15.0
_TEAMS = (".logic.azure.com", ".webhook.office.com", ".api.powerplatform.com")
_LONGEST = 3_000
"""Characters of a text. Slack shows the beginning of a longer one, and Teams refuses 28 KB."""


def send_to_webhook(url: str, alert: Alert) -> None:
    """Send an alert, once.

    Raises:
        AlertError: it was not taken. The text has the host of the webhook, not its path: that is the secret.
    """
    where, cause = host(url), ""
    adapter = DeadlineAdapter()
    with requests.Session() as session:
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        with adapter.deadline(_SECONDS) as passed:
            try:
                response = session.post(
                    url, json=message(url, alert), timeout=(5, 10), allow_redirects=False, stream=True
                )
                if response.status_code in (200, 201, 202, 204):
                    return
                cause = f"It responded with HTTP {response.status_code}{_reason(response, url)}."
            except RequestException as error:  # whose text has the whole URL
                cause = (
                    f"No response within {_SECONDS:.0f} seconds."
                    if passed.is_set() or isinstance(error, requests.Timeout)
                    else f"It cannot be reached ({type(error).__name__})."
                )
    raise AlertError(
        f"The alert could not be sent to the webhook at {where}. {cause} Compare SENSOURCE_ALERT_WEBHOOK with the "
        "URL that Slack or Teams shows."
    )


def message(url: str, alert: Alert) -> dict[str, Any]:
    """The body, in the form that the host takes: an adaptive card for Teams, `text` for Slack and its likes."""
    title, text = f"{_sign(alert)} {alert.title}", shortened(alert.text)
    if not host(url).endswith(_TEAMS):
        escaped = [part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for part in (title, text)]
        return {"text": f"*{escaped[0]}*\n{escaped[1]}"}
    blocks = [{"type": "TextBlock", "text": title, "weight": "Bolder", "wrap": True}]
    blocks += [{"type": "TextBlock", "text": line, "wrap": True} for line in text.splitlines()]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _sign(alert: Alert) -> str:
    return "✅" if alert.is_over else "🔴" if alert.is_error else "🟡"


def _reason(response: requests.Response, url: str) -> str:
    """Slack names the reason in a word, such as `no_service`. Anything longer may repeat the URL."""
    try:
        said = response.raw.read(60, decode_content=True).decode("ascii", "replace").strip()
    except Exception:  # noqa: BLE001 # the status says enough
        return ""
    return f" ({said})" if re.fullmatch(r"[a-z]+(_[a-z]+)*", said) and said not in url else ""
