"""A stand-in for the SenSource Vea API on loopback, for the demo and for tests.

It can have all faults of the real one.
"""

from sensource_dagster.simulator.clock import ManualClock
from sensource_dagster.simulator.options import Door, Options
from sensource_dagster.simulator.request_log import LoggedRequest
from sensource_dagster.simulator.server import RunningSimulator, serve_forever, serving

__all__ = ["Door", "LoggedRequest", "ManualClock", "Options", "RunningSimulator", "serve_forever", "serving"]
