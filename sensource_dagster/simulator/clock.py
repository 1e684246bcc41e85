"""The simulator's clock: what "now" is for tokens, for the running hour and for late corrections."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

Clock = Callable[[], datetime]
"""Returns the present instant as an aware datetime."""


def system_clock() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(timezone.utc)


class ManualClock:
    """A clock that stands still until it is moved: ``clock.now = ...`` or ``clock.advance(hours=1)``."""

    def __init__(self, now: datetime) -> None:
        """Stand at `now`, an aware datetime."""
        self.now = now

    def __call__(self) -> datetime:
        """Return the instant at which the clock stands."""
        return self.now

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Move the clock forward."""
        self.now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
