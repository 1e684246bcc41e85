"""Has Dagster's daemon look at backfills every 3 seconds, not every 30; Dagster has no setting for it.

Python imports this at its start, in the processes that have this folder in PYTHONPATH.
"""

import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_SECONDS = 3


class _Quick:
    """Changes the module once it has been imported; nothing else waits for Dagster."""

    @staticmethod
    def find_spec(name: str, path: object = None, _target: object = None) -> ModuleSpec | None:
        if name != "dagster._daemon.controller":
            return None
        spec = PathFinder.find_spec(name, path)  # type: ignore[arg-type]
        assert spec is not None
        assert spec.loader is not None
        execute = spec.loader.exec_module

        def execute_and_change(module: ModuleType) -> None:
            execute(module)
            module.DEFAULT_DAEMON_INTERVAL_SECONDS = _SECONDS  # type: ignore[attr-defined]

        spec.loader.exec_module = execute_and_change  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, _Quick)
