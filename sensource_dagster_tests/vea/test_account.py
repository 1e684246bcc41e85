from __future__ import annotations

from pathlib import Path

import pytest

from sensource_dagster.errors import VeaConfigurationError
from sensource_dagster.vea import VeaAccount

API = "https://vea.example.com"
AUTH = "https://auth.example.com/oauth/token"


def account(
    api_url: str = API, auth_url: str = AUTH, secret: str = "hunter2", allow_plain_http: bool = False
) -> VeaAccount:
    return VeaAccount(api_url, auth_url, "client-1", secret, Path("tokens"), allow_plain_http)


def test_the_secret_is_not_in_the_repr() -> None:
    assert "hunter2" not in repr(account())


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "127.8.8.8"])
def test_plain_http_is_allowed_on_loopback(host: str) -> None:
    assert account(f"http://{host}", f"http://{host}/token")


@pytest.mark.parametrize("host", ["vea.example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"])
def test_plain_http_to_another_machine_is_refused_unless_allowed(host: str) -> None:
    with pytest.raises(VeaConfigurationError, match=r"SENSOURCE_AUTH_URL .*plain http"):
        account(auth_url=f"http://{host}/token")
    assert account(auth_url=f"http://{host}/token", allow_plain_http=True)


@pytest.mark.parametrize(
    "url",
    ["", "vea.example.com", "ftp://vea.example.com", "https://", "https://vea.example.com?x=1", "https://h#f"],
)
def test_the_error_of_an_invalid_url_names_its_variable(url: str) -> None:
    with pytest.raises(VeaConfigurationError, match=r"SENSOURCE_API_URL is '.*': it must look like https://"):
        account(url)


@pytest.mark.parametrize("url", ["https://[::1", "https://host:99999", "https://host:port"])
def test_a_url_that_cannot_be_parsed_is_refused(url: str) -> None:
    with pytest.raises(VeaConfigurationError, match="SENSOURCE_API_URL is not a URL"):
        account(url)


@pytest.mark.parametrize("password", ["hunter2", "hunter2/x", "12/hunter2", "hunter2]["])
def test_a_password_in_a_url_is_refused_and_not_shown(password: str) -> None:
    with pytest.raises(VeaConfigurationError, match=r"must not hold a user name|is not a URL") as caught:
        account(f"https://me:{password}@vea.example.com")
    assert "hunter2" not in str(caught.value)


def test_the_error_of_an_empty_secret_names_both_variables() -> None:
    with pytest.raises(VeaConfigurationError, match="SENSOURCE_CLIENT_ID and SENSOURCE_CLIENT_SECRET"):
        account(secret="")
