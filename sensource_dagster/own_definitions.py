"""Loads the user's own definitions from the folder `defs/`, where `dg scaffold defs` writes them."""

from __future__ import annotations

import sys
import traceback
import warnings
from pathlib import Path
from types import ModuleType

from dagster import BetaWarning, ComponentTree, Definitions, PreviewWarning, load_definitions_from_module

from sensource_dagster.errors import OwnDefinitionsError, sentence


def has_definitions(folder: ModuleType) -> bool:
    """Whether a folder has any file for `with_own`."""
    return not all(file.name.startswith(("_", ".")) for file in Path(*folder.__path__).iterdir())


def with_own(definitions: Definitions, folder: ModuleType) -> Definitions:
    """These definitions, and those of each file in a folder.

    Raises:
        OwnDefinitionsError: a file cannot be loaded, or defines what is there already.
    """
    if not has_definitions(folder):
        return definitions  # Dagster would take a while to describe its components
    with warnings.catch_warnings():
        for category in (PreviewWarning, BetaWarning):  # about Dagster's own loading of the files
            warnings.simplefilter("ignore", category)
        return _with_files(definitions, folder, Path(*folder.__path__))


def _with_files(definitions: Definitions, folder: ModuleType, place: Path) -> Definitions:
    try:
        own = ComponentTree.from_module(folder, project_root=place.parents[1]).build_defs()
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever the file raises)
        first = _first(error)
        # Of a file with wrong syntax, the text says everything. The trace would be Dagster's alone.
        raise _refused(_cause(first, place), place) from (None if isinstance(first, SyntaxError) else first)
    try:
        merged = Definitions.merge(definitions, own)
        Definitions.validate_loadable(merged)  # two assets of one name are found only now
    except Exception as error:  # noqa: BLE001 (whatever Dagster says of it)
        clash = f"{_clashing(definitions, folder)}{type(error).__name__}: {error}"
        raise _refused(clash, place) from None
    return merged


def _refused(cause: str, place: Path) -> OwnDefinitionsError:
    return OwnDefinitionsError(
        f"Your own definitions cannot be loaded: {sentence(cause)} Without them nothing of the project is loaded. "
        f"Mend the file, or move it out of {place}. Then run: .venv/bin/dg check defs"
    )


def _first(error: BaseException) -> BaseException:
    while error.__cause__:
        error = error.__cause__
    return error


def _cause(error: BaseException, place: Path) -> str:
    """An error, and which line of which of the user's files it comes from."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        frames.append((str(error.filename), error.lineno))
    lines = [f"{name}, line {line}: " for name, line in frames if Path(name).is_relative_to(place)]
    return f"{lines[-1] if lines else ''}{type(error).__name__}: {error}"


def _clashing(definitions: Definitions, folder: ModuleType) -> str:
    """The file that defines what the project, or a file before it, defines too."""
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith(f"{folder.__name__}.")]
    for module in modules:
        try:
            definitions = Definitions.merge(definitions, load_definitions_from_module(module))
            Definitions.validate_loadable(definitions)
        except Exception:  # noqa: BLE001 (it is the caller's to report)
            return f"{module.__file__}: "
    return ""
