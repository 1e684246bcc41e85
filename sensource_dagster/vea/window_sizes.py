"""The file in which a deployment keeps how many days Vea could respond to at once. Its loss costs attempts."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson

from sensource_dagster.vea.account import VeaAccount
from sensource_dagster.vea.windows import MOST_DAYS

KEPT_SECONDS = 86_400.0  # a bad hour of Vea must not make every later request small


class WindowSizes:
    """The days that a window has at most, for each kind of counts. `clock` returns seconds since the epoch."""

    def __init__(self, account: VeaAccount, clock: Callable[[], float] = time.time) -> None:
        key = hashlib.sha256(f"{account.api_url}\0{account.client_id}".encode()).hexdigest()[:16]
        self._file = account.token_dir.absolute() / f"vea-{key}.windows.json"
        self._clock = clock

    def read(self, kind: str) -> int:
        """The size that worked within the last day, or 30."""
        with suppress(KeyError, TypeError, ValueError):
            size = self._stored()[kind]
            days, age = int(size["days"]), self._clock() - float(size["at"])
            if 1 <= days <= MOST_DAYS and 0 <= age < KEPT_SECONDS:
                return days
        return MOST_DAYS

    def write(self, kind: str, days: int) -> None:
        """Keep a size that worked. A file that cannot be written is no reason to fail."""
        sizes = {**self._stored(), kind: {"days": days, "at": self._clock()}}
        draft = self._file.with_suffix(f".{os.getpid()}.tmp")
        with suppress(OSError):
            draft.write_bytes(orjson.dumps(sizes))
            draft.replace(self._file)

    def _stored(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            stored = orjson.loads(self._file.read_bytes())
            if isinstance(stored, dict):
                return stored
        return {}
