"""Removes secrets from everything that a person or a log may read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"
EXCERPT_LENGTH = 200

# A truncated or unexpected response can hold a token that was never parsed. So its field is masked, and so is
# every text that is nearly as long as a token (64 hex digits).
_TOKEN_FIELD = re.compile(r"((?:access|refresh)_token\W{1,5})[^\s\"'&,}]+", re.IGNORECASE)
_TOKEN_LIKE = re.compile(r"[0-9A-Za-z_-]{40,}")


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` with each of the secrets, plain or URL-encoded, replaced by `***`."""
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    # The longest first: where one secret starts with another, masking the shorter one first would leave the rest.
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def excerpt(text: str, secrets: Iterable[str]) -> str:
    """At most 200 characters of a response, on one line, without secrets and without what looks like a token."""
    # Redacted before it is shortened: half a secret would not be recognised.
    text = redact(text, secrets)
    text = _TOKEN_LIKE.sub(MASK, _TOKEN_FIELD.sub(rf"\g<1>{MASK}", text))
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= EXCERPT_LENGTH else f"{text[: EXCERPT_LENGTH - 1]}…"
