"""Puts a finished file into the place of another one, so that a power cut leaves one of the two, whole."""

from __future__ import annotations

import os
from pathlib import Path


def replace_whole(made: Path, file: Path) -> None:
    """Write `made` to the disk, and then let it take the name of `file`, in the same folder.

    Raises:
        OSError: `file` is as it was.
    """
    _sync(made)
    made.replace(file)
    _sync(file.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
