"""Every error of this project, in one tree, sorted by what the reader can do about it.

    SenSourceError              anything below: catch this one
    ├── SettingsError           a SENSOURCE_* variable cannot be used: change it
    ├── ProjectFolderError      the project folder or DAGSTER_HOME cannot be used: name another one
    ├── UnsupportedSystemError  the operating system is Windows: use WSL
    ├── OwnDefinitionsError     a file of the user's own in `defs/` cannot be loaded: mend it
    ├── WarehouseError          the warehouse or a table in it cannot be used: free it, or mend it
    │   └── WarehouseHeldError      another process holds it: close it there, or wait
    ├── PostgresError           PostgreSQL cannot be used: check the server and PGPASSWORD
    │   └── PostgresHeldError       another session has the lock: wait, or end it there
    ├── AlertError              an alert cannot be sent: check the variables SENSOURCE_ALERT_*
    ├── ExportError             a file cannot be exported: sync first, or write elsewhere or less
    ├── ReportError             a report cannot be made: sync first, or name another location
    └── VeaError                the Vea API cannot be read
        ├── VeaConfigurationError   a URL or certificate can never work: change it
        ├── VeaCredentialsError     id and secret, or the tokens they get, are refused: check the API client
        ├── VeaUnavailableError     Vea does not respond as it should at the moment: run again later
        │   └── VeaUnreachableError     there is no connection to the host: check the URL, DNS and proxy
        ├── VeaTooLargeError        a response is too large for Vea or for us: request fewer days
        ├── VeaRefusedError         Vea refuses the request for good: change the request or the account
        └── VeaResponseError        the response cannot be read: the API changed, or something else responded
            └── ContractError       rows do not fit their table: the API changed

Each text is one paragraph: what was attempted, the cause, what to do. No text holds the client secret or a token.
The last two classes of this file never reach a caller: the package catches them itself.
"""

from __future__ import annotations


class SenSourceError(Exception):
    """Anything that this project raises for a user to read."""


class SettingsError(SenSourceError):
    """One or more SENSOURCE_* variables cannot be used. The text has one line for each."""


class ProjectFolderError(SenSourceError):
    """The project folder or DAGSTER_HOME cannot be used. Nothing was read or written."""


class UnsupportedSystemError(SenSourceError):
    """The operating system is not one that the project runs on."""


class OwnDefinitionsError(SenSourceError):
    """A file of the user's own in `defs/` cannot be loaded. The text names it, and what is wrong."""


class WarehouseError(SenSourceError):
    """The warehouse or a table in it cannot be used. Nothing was written."""


class WarehouseHeldError(WarehouseError):
    """Another process held the warehouse during the whole wait. `holder` says which, as far as it is known."""

    def __init__(self, text: str, holder: str) -> None:
        super().__init__(text)
        self.holder = holder


class PostgresError(SenSourceError):
    """PostgreSQL cannot be reached or refuses. The text names database and host, never a password."""


class PostgresHeldError(PostgresError):
    """Another session had a lock during the whole wait. `holder` says which."""

    def __init__(self, text: str, holder: str) -> None:
        super().__init__(text)
        self.holder = holder


class AlertError(SenSourceError):
    """An alert cannot be sent. The text names the host, never the secret."""


class ExportError(SenSourceError):
    """A file cannot be exported. An earlier file is as it was."""


class ReportError(SenSourceError):
    """A report cannot be made. An earlier page is as it was."""


class VeaError(SenSourceError):
    """Anything that keeps the Vea API from being read."""


class VeaConfigurationError(VeaError):
    """A setting can never work: change it."""


class VeaCredentialsError(VeaError):
    """The API client's id and secret, or the tokens it gets, are refused: check the API client."""


class VeaUnavailableError(VeaError):
    """Vea does not respond as it should. All retries that the policy allows have failed: run it again later."""


class VeaUnreachableError(VeaUnavailableError):
    """There is no connection to the host, after all retries: check the URL, DNS, firewall and proxy."""


class VeaTooLargeError(VeaError):
    """Vea cannot make a response of this size, or it is above the size limit: request fewer days."""


class VeaRefusedError(VeaError):
    """Vea refuses the request, and a retry will not help: change the request or the account."""


class VeaResponseError(VeaError):
    """This project cannot read the response: the API changed, or something else responded."""


class ContractError(VeaResponseError):
    """More rows than single ones do not fit. The text names table, column, value and key of the first."""


class TransientError(Exception):
    """An attempt failed, and a retry may succeed.

    After the last attempt the error is raised as `becomes`. `retry_after` is how many seconds the response asks to
    wait. `too_large` says that the request may be too much for Vea: it took too long.
    """

    def __init__(
        self,
        cause: str,
        becomes: type[VeaError] = VeaUnavailableError,
        retry_after: float | None = None,
        *,
        too_large: bool = False,
    ) -> None:
        super().__init__(cause)
        self.becomes = becomes
        self.retry_after = retry_after
        self.too_large = too_large


class StatusError(Exception):
    """An HTTP status that no retry will change (400, 401, 403, 404, ...)."""

    def __init__(self, status: int, cause: str) -> None:
        super().__init__(cause)
        self.status = status


def sentence(text: object) -> str:
    """A text of another library as a sentence: with one mark at its end, whatever it ends with."""
    said = str(text).strip()
    return said if said.endswith((".", "?", "!")) else f"{said}."
