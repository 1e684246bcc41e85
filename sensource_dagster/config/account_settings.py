"""The settings of a further account: its own variables for some, those of the project for all others."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sensource_dagster.config.settings import CREDENTIALS, VARIABLES, Settings, read_settings, renamed
from sensource_dagster.errors import SettingsError

_TAKEN = {"all_accounts", "information_schema", "io_manager", "lake", "main", "pg_catalog", "system", "temp"}
"""Schemas that DuckDB, or the project, has already; and a resource of Dagster."""


def own_variables(prefix: str, names: Iterable[str] = CREDENTIALS) -> dict[str, str]:
    """The usual names of an account's own variables: `SENSOURCE_CLIENT_ID: WEST_CLIENT_ID`."""
    return {name: name.replace("SENSOURCE", prefix.upper()) for name in names}


def read_account(
    prefix: str,
    variables: Mapping[str, str],
    values: Mapping[str, str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Read and parse the settings of an account.

    Args:
        prefix: the account's schema, and the first part of its assets' keys.
        variables: for a SENSOURCE_* variable, the variable that the account has instead of it.
        values: for a SENSOURCE_* variable, the account's value, by its name in the account's YAML.
        folder: from where relative paths are meant.
        environment: names and values. The default is the process environment.

    Raises:
        SettingsError: one line for each thing that cannot be used, with the names that the account has.
    """
    environment = os.environ if environment is None else environment
    problems = [*_problems(prefix, variables), *_problems_of_variables(variables, environment)]
    if problems:
        raise _error(prefix, problems)
    own = {name: environment[of] for name, of in variables.items() if of in environment}
    shared = {name: text for name, text in environment.items() if name not in variables}
    yaml_names = {_variable(name): name for name in values}
    given = {_variable(name): text for name, text in values.items()}
    try:
        settings = read_settings({**shared, **own, **given}, folder)
    except SettingsError as error:
        raise _error(prefix, renamed(str(error), {**variables, **yaml_names}).splitlines()) from None
    for place in (settings.warehouse, settings.published):
        if isinstance(place, Path) and place.name.lstrip(".").split(".")[0] == prefix:
            problem = f"DuckDB would confuse the schema with the file {place}. Choose another prefix."
            raise _error(prefix, [problem])
    return replace(settings, prefix=prefix, variables=dict(variables))


def _error(prefix: str, problems: Sequence[str]) -> SettingsError:
    return SettingsError("\n".join(f"SenSourceAccount {prefix!r}: {problem}" for problem in problems))


def _variable(name: str) -> str:
    return f"SENSOURCE_{name.upper()}"


def _problems(prefix: str, variables: Mapping[str, str]) -> list[str]:
    problems = []
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", prefix):
        problems.append("a prefix has small letters, digits and _, at most 40, and a letter comes first.")
    elif prefix in _TAKEN or prefix.endswith("_warehouse"):
        problems.append("something else has this name already. Choose another prefix.")
    problems += [
        f"variables has {name}, which is not a variable of sensource_dagster. docs/settings.md lists all."
        for name in variables
        if name not in VARIABLES
    ]
    return problems


def _problems_of_variables(variables: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    problems = []
    missing = [name for name in CREDENTIALS if name not in variables]
    if missing:
        problems.append(
            f"variables does not name the account's own {' and '.join(missing)}. With those of another account, "
            "its rows would be counted twice."
        )
    if "SENSOURCE_WAREHOUSE" in variables and "SENSOURCE_PUBLISHED" not in variables:
        problems.append(
            "it has a warehouse of its own, so variables has to name its own SENSOURCE_PUBLISHED too. Otherwise "
            "the copies of two warehouses would replace each other."
        )
    return problems + [
        f"{of} is not set, which variables names instead of {name}."
        for name, of in variables.items()
        if name not in CREDENTIALS and of not in environment
    ]
