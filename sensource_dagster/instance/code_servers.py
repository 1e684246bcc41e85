"""Whether the code server of a run can be asked, where it is a server of its own.

Dagster's daemon asks it when it starts a failed run again. If the server is away just then, the daemon never tries
again. But the machine that ends a code server often ends its runs with it.
"""

from __future__ import annotations

import socket
import time

from dagster import DagsterRun
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin

_SETTLES = 75.0  # seconds; the daemon looks every 60 s whether a server that was gone is there again
_CONNECTS_WITHIN = 2.0  # seconds

_last_gone: dict[tuple[str, int], float] = {}
"""When this process has last seen that a server was gone."""


def can_be_asked(run: DagsterRun) -> bool:
    """Whether the run's code server takes connections, and has for so long that the daemon knows it.

    True of a run that has no server with an address.
    """
    origin = run.remote_job_origin.repository_origin.code_location_origin if run.remote_job_origin else None
    if not isinstance(origin, GrpcServerCodeLocationOrigin) or origin.port is None:
        return True
    address = origin.host, origin.port
    try:
        socket.create_connection(address, _CONNECTS_WITHIN).close()
    except OSError:
        _last_gone[address] = time.time()
        return False
    return time.time() - _last_gone.get(address, 0.0) > _SETTLES
