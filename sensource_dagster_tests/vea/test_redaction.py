from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensource_dagster.vea.redaction import EXCERPT_LENGTH, excerpt, redact


def test_a_secret_is_masked_at_every_place_in_a_text() -> None:
    assert redact("id=hunter2&again=hunter2", ["hunter2"]) == "id=***&again=***"


@pytest.mark.parametrize("written", ["a/b+c d&e", "a%2Fb%2Bc%20d%26e", "a%2Fb%2Bc+d%26e"])
def test_a_secret_is_masked_plain_and_encoded_for_a_form_or_a_url(written: str) -> None:
    assert redact(f"client_secret={written}", ["a/b+c d&e"]) == "client_secret=***"


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
