"""A mail server on a socket, for tests that send e-mails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class Mailbox:
    """What the server has taken. `says` is its answer to the next e-mails; `refuses` are recipients."""

    taken: list[EmailMessage] = field(default_factory=list)
    says: str = "250 taken"
    refuses: set[str] = field(default_factory=set)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 # the server calls it so
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.says.startswith("250"):
            self.taken.append(message_from_bytes(envelope.content, policy=default))
        return self.says


class _AnyPort(Controller):
    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(user: str = "", password: str = "") -> Iterator[Mailbox]:
    """One on loopback; with a user it knows this one alone."""

    def is_known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        known = (data.login, data.password) == (user.encode(), password.encode())
        said = None if known else f"535 no, {data.password.decode()} is wrong"
        return AuthResult(success=known, handled=False, message=said)

    mailbox = Mailbox()
    options: dict[str, Any] = {"authenticator": is_known, "auth_require_tls": False} if user else {}
    controller = _AnyPort(mailbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        mailbox.port = controller.port
        yield mailbox
    finally:
        controller.stop()
