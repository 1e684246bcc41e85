"""A stand-in for the SenSource Vea API on loopback, as unkind as the real one, for the demo and for tests."""

from .clock import ManualClock
from .options import Options
from .request_log import LoggedRequest
from .server import RunningSimulator, serve_forever, serving

__all__ = ["LoggedRequest", "ManualClock", "Options", "RunningSimulator", "serve_forever", "serving"]
