"""Puts a finished file into the place of another one, so that a power cut leaves one of the two, whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacement_of(file: Path) -> Iterator[Path]:
    """A path to write to. At the end of the block what is there takes the place of `file`, with its mode.

    If the block fails, `file` is as it was. A link stays a link: what it points to is replaced.

    Raises:
        OSError: `file` is as it was.
    """
    file = Path(os.path.realpath(file))
    # A folder of its own, which goes with all that is in it.
    with tempfile.TemporaryDirectory(prefix=".sensource-", dir=file.parent) as folder:
        made = Path(folder) / "made"
        yield made
        if file.exists():
            shutil.copymode(file, made)
        replace_whole(made, file)


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
