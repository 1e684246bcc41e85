"""The questions that the sync asks a Vea account."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

from sensource_dagster.errors import StatusError, VeaCredentialsError, VeaRefusedError
from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.envelope import rows_of
from sensource_dagster.vea.policy import HttpPolicy
from sensource_dagster.vea.redaction import excerpt
from sensource_dagster.vea.tokens import TokenStore
from sensource_dagster.vea.transport import Question, Transport
from sensource_dagster.vea.windows import Window, instant_text

_ENTITY_TYPES = {"traffic": "zone", "occupancy": "space"}
_ADVICE = {
    400: "Vea does not accept the question: check the metrics and the endpoint's name",
    403: "The API client may not read this: ask SenSource to allow it",
    404: "There is no such endpoint here: check SENSOURCE_API_URL and the endpoint's name",
}


class VeaClient:
    """Reads one Vea account; for one thread at a time, to be closed after use (`with VeaClient(...) as vea:`).

    `seconds` is the time spent on the API so far, waits and retries included; `requests` counts what was sent,
    tokens included; `retries` counts the tries after a failed one.
    """

    def __init__(
        self,
        account: VeaAccount,
        policy: HttpPolicy = HttpPolicy(),  # noqa: B008 # frozen
        log: logging.Logger | logging.LoggerAdapter[Any] | None = None,
    ) -> None:
        self.seconds = 0.0
        self._api_url = account.api_url.rstrip("/")
        self._log = log or logging.getLogger("sensource_dagster.vea")
        self._transport = Transport(policy, self._log)
        self._tokens = TokenStore(account, self._transport, self._log)

    @property
    def requests(self) -> int:
        return self._transport.requests

    @property
    def retries(self) -> int:
        return self._transport.retries

    def authenticate(self) -> None:
        """Make sure that there is a token: the shared one, or a new one where there is none that lives.

        Raises:
            VeaError: one of its subclasses, by what can be done about it.
        """
        next(self._tokens.for_one_question())

    def entities(self, endpoint: str) -> list[dict[str, Any]]:
        """All of one list: `location`, `site`, `zone`, `space` or `sensor`. Vea does not page them.

        Raises:
            VeaError: one of its subclasses, by what can be done about it.
        """
        return self._rows(f"/api/{quote(endpoint, safe='')}", {}, "")

    def counts(
        self, kind: Literal["traffic", "occupancy"], window: Window, metrics: Sequence[str]
    ) -> list[dict[str, Any]]:
        """The hourly rows of all zones (traffic) or spaces (occupancy) in a window, by one request.

        Vea may add rows outside the window: whether it counts the end in is not known. They are not dropped here.

        Raises:
            VeaError: one of its subclasses, by what can be done about it.
        """
        params = {
            "relativeDate": "custom",
            "startDate": instant_text(window.start),
            "endDate": instant_text(window.end),
            "dateGroupings": "hour",
            "entityType": _ENTITY_TYPES[kind],
            "metrics": ",".join(metrics),
        }
        return self._rows(f"/api/data/{kind}", params, f" for {window}")

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> VeaClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _rows(self, path: str, params: Mapping[str, str], of_what: str) -> list[dict[str, Any]]:
        url = f"{self._api_url}{path}"
        question = Question("GET", url, f"GET {url}{of_what}", params)
        started = time.monotonic()
        try:
            answer = self._ask(question)
        finally:
            self.seconds += time.monotonic() - started
        if isinstance(answer, dict):
            self._heed_remarks(question, answer)
        return rows_of(answer, question.about)

    def _ask(self, question: Question) -> Any:
        """The answer, with tokens renewed and failures retried.

        Both have their own bound for the whole question: at most `max_tries` failed tries and three more requests
        after a 401.
        """
        tokens = self._tokens.for_one_question()
        token = next(tokens)

        def attempt() -> Any:
            nonlocal token
            while True:
                try:
                    return self._transport.send(question, token)
                except StatusError as error:
                    if error.status != 401:
                        advice = _ADVICE.get(error.status, "Asking again will not change this")
                        raise VeaRefusedError(f"{question.about} is refused: {error}. {advice}.") from None
                    refusal = error
                try:
                    token = next(tokens)
                except StopIteration:
                    raise VeaCredentialsError(
                        f"{question.about} is refused with every token, a new one included: {refusal}. Check with "
                        "SenSource that the API client of SENSOURCE_CLIENT_ID may read this account, and that no "
                        "other deployment uses it: each new token ends the one before it."
                    ) from None

        return self._transport.with_retries(question.about, attempt)

    def _heed_remarks(self, question: Question, answer: dict[str, Any]) -> None:
        if answer.get("error"):
            said = excerpt(str(answer["error"]), self._transport.secrets)
            raise VeaRefusedError(f"{question.about} was answered by an error: {said!r}. Nothing was stored.")
        if answer.get("messages"):
            said = excerpt(str(answer["messages"]), self._transport.secrets)
            self._log.warning("%s: Vea says: %s", question.about, said)
