from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.vea.redaction import EXCERPT_LENGTH, excerpt, proxy_passwords, redact


def test_a_secret_is_masked_at_every_place_in_a_text() -> None:
    assert redact("id=hunter2&again=hunter2", ["hunter2"]) == "id=***&again=***"


@pytest.mark.parametrize("written", ["a/b+c d&e", "a%2Fb%2Bc%20d%26e", "a%2Fb%2Bc+d%26e"])
def test_a_secret_is_masked_plain_and_encoded_for_a_form_or_a_url(written: str) -> None:
    assert redact(f"client_secret={written}", ["a/b+c d&e"]) == "client_secret=***"


def _lower_percent(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


ESCAPES: dict[str, Callable[[str], str]] = {
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with escaped slashes": lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),
    "JSON in capitals": lambda text: re.sub("....", r"\\u\g<0>", text.encode("utf-16-be").hex().upper()),
    "JSON in small letters": lambda text: re.sub("....", r"\\u\g<0>", text.encode("utf-16-be").hex()),
    "JSON within JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "Python": lambda text: repr(text)[1:-1],
    "HTML": html.escape,
    "HTML in decimals": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "HTML in hexadecimals": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "HTML by name": lambda text: text.replace("&", "&amp;").replace("/", "&sol;").replace("+", "&plus;"),
    "HTML twice": lambda text: html.escape(html.escape(text)),
    "a URL": lambda text: quote(text, safe=""),
    "a URL in small letters": _lower_percent,
    "a URL twice": lambda text: quote(quote(text, safe=""), safe=""),
    "a form": quote_plus,
}


@pytest.mark.parametrize("escaped", ESCAPES.values(), ids=list(ESCAPES))
@pytest.mark.parametrize("secret", ["a/b+c d&e", "q\"uo\\te's", '\\\\"\\', "<tag>=100%", "sch\u00f6n\U0001f511"])
def test_a_secret_is_masked_in_every_escaped_form(escaped: Callable[[str], str], secret: str) -> None:
    assert redact(f"<{escaped(secret)}>", [secret]) == "<***>"


@pytest.mark.parametrize("escaped", ESCAPES.values(), ids=list(ESCAPES))
def test_the_first_half_of_a_secret_at_the_end_of_a_cut_text_is_masked_too(escaped: Callable[[str], str]) -> None:
    written = escaped('Zq9x"/K+v7')
    for length in range(1, len(written)):
        assert excerpt("the rest: " + written[:length], ['Zq9x"/K+v7'], cut=True) == "the rest:"


def test_only_a_text_that_is_cut_loses_its_end() -> None:
    assert excerpt("a body that ends with Zq", ["Zq9x"]) == "a body that ends with Zq"
    assert excerpt("a body without it", ["Zq9x"], cut=True) == "a body without it"


@pytest.mark.parametrize(
    "proxy", ["http://me:hunter2@proxy:8080", "http://me:hu%6Eter2@proxy", "me:hunter2@proxy"]
)
def test_the_password_of_a_proxy_is_known_and_masked(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    said = f"cannot connect to {proxy}: hunter2, Basic bWU6aHVudGVyMg=="
    assert "hu" not in redact(said, [*proxy_passwords()])
    assert "bWU6" not in redact(said, [*proxy_passwords()])


def test_a_password_in_any_url_is_masked() -> None:
    assert excerpt("Failed to parse: http://me:hunter2@proxy:x", []) == "Failed to parse: http://***@proxy:x"


def test_a_secret_that_begins_with_another_is_masked_whole() -> None:
    assert redact("abcdef", ["abc", "abcdef"]) == "***"


def test_an_empty_secret_masks_nothing() -> None:
    assert redact("text", [""]) == "text"


def test_an_excerpt_is_redacted_before_it_is_shortened() -> None:
    text = "a " * (EXCERPT_LENGTH // 2 - 2) + "hunter2"
    assert "hunt" not in excerpt(text, ["hunter2"])


@pytest.mark.parametrize(
    "body",
    [
        '{"access_token": "abcdef0123", "refresh_token": "abcdef0123"',
        '{"ACCESS_TOKEN":"abcdef0123',
        "access_token=abcdef0123&x=1",
        f"<html>{'abcdef0123' * 6}</html>",
    ],
)
def test_an_excerpt_masks_unknown_tokens(body: str) -> None:
    assert "abcdef0123" not in excerpt(body, [])


def test_an_excerpt_keeps_the_rest_of_the_text() -> None:
    assert excerpt("<h1>Bad\r\n\x00 Gateway</h1>", []) == "<h1>Bad Gateway</h1>"


@given(st.text(), st.text(min_size=4))
def test_an_excerpt_is_short_printable_and_without_the_secret(text: str, secret: str) -> None:
    got = excerpt(text + secret + text, [secret])
    assert len(got) <= EXCERPT_LENGTH
    assert got.isprintable()
    assert secret not in got.replace("***", "") or secret in "***"
