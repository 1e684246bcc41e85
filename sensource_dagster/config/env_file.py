"""The file `.env`: its values have priority over the environment, except that an empty one hides nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from dotenv import dotenv_values

from sensource_dagster.config.project_folder import DAGSTER_HOME
from sensource_dagster.errors import SettingsError, sentence

_BEHIND = "BEHIND_DOTENV_"


def environment_with_dotenv(folder: Path) -> dict[str, str]:
    """The environment with the values of `.env` in a folder.

    Raises:
        SettingsError: the file cannot be read.
    """
    environment = dict(os.environ)
    return {**environment, **_overriding(_values(folder), environment)}


def take_dotenv_of_home(folder: Path, environment: MutableMapping[str, str]) -> None:
    """Set what `.env` in a project folder says, if DAGSTER_HOME is that folder.

    Dagster reads `.env` in the working folder alone. Under cron and systemd that is another one. The demo has a
    DAGSTER_HOME of its own, so nothing leads it to the account of `.env`.

    Raises:
        SettingsError: the file cannot be read.
    """
    home = environment.get(DAGSTER_HOME)
    if home and Path(home).resolve() == folder.resolve():
        environment.update(_overriding(_values(folder), environment))


def _overriding(values: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    # An empty value may have a meaning, such as no copy, where the environment has no other.
    return {name: value for name, value in values.items() if value or not environment.get(name)}


def handed_to_dagster(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a `dg dev` in a folder, with a copy of each variable that an empty line of `.env` hides.

    Dagster sets such a variable to the empty text. `restore_hidden` undoes that.
    """
    empty = [name for name, value in _values(folder).items() if not value and environment.get(name)]
    return {**environment, **{_BEHIND + name: environment[name] for name in empty}}


def restore_hidden(environment: MutableMapping[str, str]) -> None:
    """Set the variables again that an empty line of `.env` has hidden; see `handed_to_dagster`."""
    for copy in [name for name in environment if name.startswith(_BEHIND)]:
        name = copy.removeprefix(_BEHIND)
        environment[name] = environment.get(name) or environment[copy]


def _values(folder: Path) -> dict[str, str]:
    file = folder / ".env"
    try:
        return {name: value for name, value in dotenv_values(file).items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {sentence(error)} It must be a UTF-8 text file.") from None
