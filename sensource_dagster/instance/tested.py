"""The Dagster that our subclasses of its private classes were tested with. Beyond it, its own classes are used."""

from __future__ import annotations

from functools import cache
from logging import getLogger

from dagster import __version__ as installed
from packaging.specifiers import SpecifierSet

TESTED = SpecifierSet(">=1.13.27,<1.14")


def is_tested() -> bool:
    """Whether the installed Dagster is in the tested range. Where it is not, a line in the log says so."""
    if TESTED.contains(installed, prereleases=True):
        return True
    _warn(str(TESTED))
    return False


@cache  # once in a process
def _warn(tested: str) -> None:
    getLogger(__name__).warning(
        "Dagster %s is not in the range that this project was tested with (%s). "
        "Dagster's own storage and executor are used, which are slower.",
        installed,
        tested,
    )
