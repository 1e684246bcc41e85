"""Loads the user's own definitions from the folder `defs/`, where `dg scaffold defs` writes them."""

from __future__ import annotations

import traceback
import warnings
from pathlib import Path
from types import ModuleType

from dagster import ComponentTree, Definitions, PreviewWarning

from sensource_dagster.errors import OwnDefinitionsError


def with_own(definitions: Definitions, folder: ModuleType) -> Definitions:
    """These definitions, and those of each file in a folder.

    Raises:
        OwnDefinitionsError: a file cannot be loaded, or defines what is there already.
    """
    place = Path(*folder.__path__)
    if all(file.name.startswith(("_", ".")) for file in place.iterdir()):
        return definitions  # Dagster would take a while to describe its components
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PreviewWarning)  # about Dagster's own loading of the files
            own = ComponentTree.from_module(folder, project_root=place.parents[1]).build_defs()
        return Definitions.merge(definitions, own)
    except Exception as error:
        raise OwnDefinitionsError(
            f"Your own definitions cannot be loaded: {_cause(error, place)}. Without them nothing of the project "
            f"is loaded. Mend the file, or move it out of {place}. Then run: .venv/bin/dg check defs"
        ) from error


def _cause(error: BaseException, place: Path) -> str:
    """The first error, and which line of which of the user's files it comes from."""
    while error.__cause__:
        error = error.__cause__
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        frames.append((str(error.filename), error.lineno))
    lines = [f"{name}, line {line}: " for name, line in frames if Path(name).is_relative_to(place)]
    return f"{lines[-1] if lines else ''}{type(error).__name__}: {error}"
