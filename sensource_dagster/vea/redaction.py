"""Removes secrets from everything that a person or a log may read."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import html5
from urllib.parse import unquote
from urllib.request import getproxies

MASK = "***"
EXCERPT_LENGTH = 200

# A truncated or unexpected response can hold a token that was never parsed. So its field is masked, and so is
# every text that is nearly as long as a token (64 hex digits).
_TOKEN_FIELD = re.compile(r"((?:access|refresh)_token\W{1,5})[^\s\"'&,}]+", re.IGNORECASE)
_TOKEN_LIKE = re.compile(r"[0-9A-Za-z_-]{40,}")
_USER_INFO = re.compile(r"//[^\s/@]*(?:/[^\s/@]+)?@")
_LONGEST_ESCAPE = 20
"""No character's escape is longer, unless it is escaped many times over."""


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` with each of the secrets replaced by `***`, however its characters are escaped.

    A server that repeats a secret may write it as JSON (`\\/`, `\\u002b`), HTML (`&#x2F;`, `&quot;`) or for a URL
    (`%2f`), and more than once over.
    """
    # The longest first: where one secret starts with another, masking the shorter one first would leave the rest.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = _pattern(secret).sub(MASK, text)
    return text


def excerpt(text: str, secrets: Iterable[str], *, cut: bool = False) -> str:
    """At most 200 characters of a response, on one line, without secrets and without what looks like a token.

    Args:
        cut: the text may end within a secret, whose first half would not be recognised.
    """
    if not text:  # to make the patterns of the secrets takes longer than a request
        return text
    # Redacted before it is shortened, for the same reason.
    secrets = [*filter(None, secrets)]
    text = redact(text, secrets)
    if cut:
        text = text.rstrip("\ufffd")  # half a character
        text = text[: min((_start_of_half(text, secret) for secret in secrets), default=None)]
    text = _USER_INFO.sub(f"//{MASK}@", _TOKEN_LIKE.sub(MASK, _TOKEN_FIELD.sub(rf"\g<1>{MASK}", text)))
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= EXCERPT_LENGTH else f"{text[: EXCERPT_LENGTH - 1]}…"


def proxy_passwords() -> Iterator[str]:
    """The passwords of the proxies that the environment names. An error of the connection can repeat one."""
    for url in getproxies().values():
        user, colon, password = url.rpartition("@")[0].rpartition("//")[2].partition(":")
        if colon:
            yield from (password, unquote(password))
            yield b64encode(unquote(f"{user}:{password}").encode()).decode()
            # An unescaped / ends the password for a parser, whose error quotes the part before it.
            yield from (part for part in re.split(r"[/?#]", password) if len(part) > 2)


@lru_cache(maxsize=64)
def _pattern(secret: str) -> re.Pattern[str]:
    return re.compile("".join(map(_any_form, secret)))


@lru_cache(maxsize=512)
def _any_form(char: str) -> str:
    """A regular expression for a character and all of its escapes."""
    code = ord(char)
    raw = char.encode("utf-8", "surrogatepass")
    utf16 = char.encode("utf-16-be", "surrogatepass").hex()
    units = [utf16[at : at + 4] for at in range(0, len(utf16), 4)]
    forms = [
        "".join(rf"%(?:25)*(?i:{byte:02x})" for byte in raw),
        "".join(rf"\\+u(?i:{unit})" for unit in units),
        rf"&(?:amp;)*\#(?:0*{code}|[xX]0*(?i:{code:x}));",
    ]
    forms += [f"&(?:amp;)*{name}" for name, value in html5.items() if value == char and name.endswith(";")]
    if char == " ":
        forms.append(r"\+")
    # Last, since it is the beginning of some of the others.
    forms.append(r"\\*" + re.escape(char) if char in "\"'/" else r"\\+" if char == "\\" else re.escape(char))
    return f"(?:{'|'.join(forms)})"


def _start_of_half(text: str, secret: str) -> int:
    """Where a beginning of the secret starts that the end of the text cuts; the text's length if none does."""
    for start in range(max(0, len(text) - len(secret) * _LONGEST_ESCAPE), len(text)):
        at = start
        for char in secret:
            form = re.compile(_any_form(char)).match(text, at)
            if form is None:
                break
            at = form.end()
        # What is left is an escape that is cut itself.
        if at == len(text) or (len(text) - at < _LONGEST_ESCAPE and re.fullmatch(r"(?:&|\\|%)\S*", text[at:])):
            return start
    return len(text)
