"""The resource that hands assets a client of the Vea API."""

from __future__ import annotations

import logging

from dagster import ConfigurableResource, EnvVar, Failure
from pydantic import Field

from sensource_dagster.config.settings import CREDENTIALS, NO_CREDENTIALS, VARIABLES, Settings, token_directory
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.client import VeaClient
from sensource_dagster.vea.policy import HttpPolicy

_POLICY = HttpPolicy()


class SenSourceResource(ConfigurableResource[VeaClient]):
    """The SenSource account to read, and how patiently."""

    client_id: str = Field(default="", description="API client id (SENSOURCE_CLIENT_ID).")
    client_secret: str = Field(
        default="",
        repr=False,
        description="API client secret (SENSOURCE_CLIENT_SECRET). Keep it an environment variable: what is typed "
        "here is stored with the run.",
    )
    api_url: str = Field(
        default=VARIABLES["SENSOURCE_API_URL"]["default"],
        description="Base URL of the API; `/api/...` is appended (SENSOURCE_API_URL).",
    )
    auth_url: str = Field(
        default=VARIABLES["SENSOURCE_AUTH_URL"]["default"],
        description="URL where tokens are minted (SENSOURCE_AUTH_URL).",
    )
    connect_timeout: float = Field(
        default=_POLICY.connect_timeout,
        gt=0,
        description=f"Seconds to wait for a connection. Default {_POLICY.connect_timeout:g}.",
    )
    read_timeout: float = Field(
        default=_POLICY.read_timeout,
        gt=0,
        description=f"Seconds to wait for the next bytes of an answer. Default {_POLICY.read_timeout:g}.",
    )
    max_tries: int = Field(
        default=_POLICY.max_tries,
        ge=1,
        description=f"Tries per request, the first one included. Default {_POLICY.max_tries}.",
    )
    allow_plain_http: bool = Field(
        default=False,
        description="Whether secret, token and counts may go unencrypted, by an http URL, to another machine. "
        "Default false; loopback is always allowed.",
    )

    def client(self, log: logging.Logger) -> VeaClient:
        """A client to use in a `with` block.

        Raises:
            Failure: there are no credentials.
        """
        if not (self.client_id and self.client_secret):
            raise Failure(description=NO_CREDENTIALS, allow_retries=False)
        account = VeaAccount(
            api_url=self.api_url,
            auth_url=self.auth_url,
            client_id=self.client_id,
            client_secret=self.client_secret,
            token_dir=token_directory(),
            allow_plain_http=self.allow_plain_http,
        )
        policy = HttpPolicy(
            connect_timeout=self.connect_timeout, read_timeout=self.read_timeout, max_tries=self.max_tries
        )
        return VeaClient(account, policy, log)


def sensource_resource(settings: Settings) -> SenSourceResource:
    # Only names of variables go into the definitions, which Dagster stores and shows; and only of those that
    # are set, since an unset EnvVar fails a run with an error that does not say what to do.
    client_id, client_secret = map(EnvVar, CREDENTIALS) if settings.has_credentials else ("", "")
    return SenSourceResource(
        client_id=client_id,
        client_secret=client_secret,
        api_url=settings.api_url,
        auth_url=settings.auth_url,
    )
