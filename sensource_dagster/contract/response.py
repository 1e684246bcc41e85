"""The typed rows of one response on their way to the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

Window = tuple[datetime, datetime]
"""The instants [start, end) of hours."""


@dataclass(frozen=True)
class Response:
    """A frame, and which request it answers.

    Attributes:
        frame: the rows, typed by `frames`.
        requested_at: when the request was made. What happened in Vea after that is not in the rows.
        window: the instants [start, end) that the request asked for. The frame has every row that Vea has of them.
            It is None for a list, and if Vea sent messages, which may say that rows are missing.
    """

    frame: pd.DataFrame
    requested_at: datetime
    window: Window | None = None

    def __len__(self) -> int:
        return len(self.frame)
