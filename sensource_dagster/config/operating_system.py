"""Which systems the project runs on."""

from __future__ import annotations

import platform

from sensource_dagster.errors import UnsupportedSystemError


def refuse_windows() -> None:
    """Raise UnsupportedSystemError on Windows.

    The private token file and the signals of the commands need what Linux and macOS have.
    """
    if platform.system() == "Windows":
        raise UnsupportedSystemError(
            "sensource_dagster runs on Linux and macOS, and not on Windows. There, use it in WSL: "
            "https://learn.microsoft.com/windows/wsl/install"
        )
