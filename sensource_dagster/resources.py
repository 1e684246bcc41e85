"""The resource that gives assets a client of the Vea API."""

from __future__ import annotations

import logging

from dagster import ConfigurableResource, EnvVar, Failure
from pydantic import Field

from sensource_dagster.config.settings import NO_CREDENTIALS, VARIABLES, Settings
from sensource_dagster.config.token_place import token_database, token_directory, token_place_or_none
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.client import VeaClient
from sensource_dagster.vea.policy import HttpPolicy

_POLICY = HttpPolicy()


class SenSourceResource(ConfigurableResource[VeaClient]):
    """The SenSource account to read, with timeouts and retries.

    An asset that takes the resource opens a client with it:

    >>> from dagster import AssetExecutionContext, EnvVar, asset, materialize
    >>> from sensource_dagster.config.settings import read_settings
    >>> @asset
    ... def zone_names(context: AssetExecutionContext, sensource: SenSourceResource) -> list[str]:
    ...     with sensource.client(context.log) as vea:
    ...         return [zone["name"] for zone in vea.entities("zone")]
    >>> settings = read_settings()
    >>> sensource = SenSourceResource(
    ...     client_id=EnvVar("SENSOURCE_CLIENT_ID"),
    ...     client_secret=EnvVar("SENSOURCE_CLIENT_SECRET"),
    ...     api_url=settings.api_url,
    ...     auth_url=settings.auth_url,
    ... )
    >>> result = materialize([zone_names], resources={"sensource": sensource})
    >>> len(result.output_for_node("zone_names"))
    5
    """

    client_id: str = Field(default="", description="API client id (SENSOURCE_CLIENT_ID).")
    client_secret: str = Field(
        default="",
        repr=False,
        description="API client secret (SENSOURCE_CLIENT_SECRET). Set it as an environment variable: Dagster "
        "stores a value that is typed here with the run.",
    )
    api_url: str = Field(
        default=VARIABLES["SENSOURCE_API_URL"]["default"],
        description="Base URL of the API; `/api/...` is appended (SENSOURCE_API_URL).",
    )
    auth_url: str = Field(
        default=VARIABLES["SENSOURCE_AUTH_URL"]["default"],
        description="URL of the token endpoint (SENSOURCE_AUTH_URL).",
    )
    token_cache: str = Field(
        default="",
        description="Folder of the token that all processes share, or `postgres:` and a libpq string without a "
        "password (SENSOURCE_TOKEN_CACHE). Default: in the user's cache folder.",
    )
    connect_timeout: float = Field(
        default=_POLICY.connect_timeout,
        gt=0,
        description=f"Seconds to wait for a connection. Default {_POLICY.connect_timeout:g}.",
    )
    read_timeout: float = Field(
        default=_POLICY.read_timeout,
        gt=0,
        description=f"Seconds to wait for the next bytes of a response. Default {_POLICY.read_timeout:g}.",
    )
    max_tries: int = Field(
        default=_POLICY.max_attempts,
        ge=1,
        description=f"Attempts per request, the first one included. Default {_POLICY.max_attempts}.",
    )
    allow_plain_http: bool = Field(
        default=False,
        description="Whether an http URL may send the secret, the token and the counts unencrypted to another "
        "machine. Default false. Loopback is always allowed.",
    )

    def client(self, log: logging.Logger, no_credentials: str = NO_CREDENTIALS) -> VeaClient:
        """A client to use in a `with` block.

        Args:
            no_credentials: what is said if there are none.

        Raises:
            Failure: there are no credentials.
        """
        if not (self.client_id and self.client_secret):
            raise Failure(description=no_credentials, allow_retries=False)
        place = token_place_or_none(self.token_cache)
        account = VeaAccount(
            api_url=self.api_url,
            auth_url=self.auth_url,
            client_id=self.client_id,
            client_secret=self.client_secret,
            token_dir=token_directory(place),
            token_database=token_database(place),
            allow_plain_http=self.allow_plain_http,
        )
        policy = HttpPolicy(
            connect_timeout=self.connect_timeout, read_timeout=self.read_timeout, max_attempts=self.max_tries
        )
        return VeaClient(account, policy, log)


def sensource_resource(settings: Settings) -> SenSourceResource:
    # Dagster stores and shows the definitions, so they hold the names of the credentials' variables, not the
    # values. If the variables are not set, they hold empty texts: an unset EnvVar fails a run without saying what
    # to do.
    client_id, client_secret = map(EnvVar, settings.credentials) if settings.has_credentials else ("", "")
    return SenSourceResource(
        client_id=client_id,
        client_secret=client_secret,
        api_url=settings.api_url,
        auth_url=settings.auth_url,
        token_cache=str(settings.token_cache or ""),
    )
