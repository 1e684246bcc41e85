"""A Vea stand-in that takes no time of its own: each response is made before the measurement, and sent as it is.

    python benchmarks/prepared_responses.py DAYS ZONES SPACES      prints its port as soon as all responses are
    made

It has tokens, the lists, `/api/data/traffic` and `/api/data/occupancy` for windows of whole hours, and
`/pass?number=2`. After a request for the latter, one row in a hundred has another value. The first hour is `YEAR`
days ago, and no hour is in the future.
"""

from __future__ import annotations

import random
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

YEAR = 365  # days
FIRST = datetime.now(timezone.utc).date() - timedelta(days=YEAR)
BATCH = 30  # days of the windows that are made beforehand
START = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
TOKEN = b'{"access_token":"%b","expires_in":3600,"token_type":"Bearer"}' % (b"a" * 64)
TRAFFIC = b'{"recordDate_hour_1":"%b","zoneId":"%b","name":"Person count in/out %d","sumins":%d,"sumouts":%d}'
OCCUPANCY = (
    b'{"recordDate_hour_1":"%b","spaceId":"%b","name":"Hall %d","maxoccupancy":%d,"minoccupancy":%d,'
    b'"avgoccupancy":%.1f,"sumins":%d,"sumouts":%d}'
)


class PreparedResponses:
    """The responses of the account. `pass_number` selects one of the two passes."""

    def __init__(self, days: int, zones: int, spaces: int) -> None:
        chance = random.Random(0)
        self.pass_number = 1
        self._hours = min(days * 24, 1 + (datetime.now(timezone.utc) - START) // HOUR)
        self._zones, self._spaces = (
            [str(uuid.UUID(int=chance.getrandbits(128))).encode() for _ in range(many)] for many in (zones, spaces)
        )
        self.lists = {
            "location": b'{"results":[{"locationId":"l","name":"Library"}]}',
            "site": b'{"results":[{"siteId":"s","name":"Main","locationId":"l"}]}',
            "sensor": b'{"results":[{"sensorId":"d","name":"Sensor","siteId":"s"}]}',
            "zone": _list(b'{"zoneId":"%b","name":"Person count in/out %d","sensorId":"d"}', self._zones),
            "space": _list(b'{"spaceId":"%b","name":"Hall %d","locationId":"l"}', self._spaces),
        }
        self._made: dict[tuple[str, int, int, int], bytes] = {}

    def make_all(self) -> None:
        for self.pass_number in (2, 1):
            for hour in range(0, self._hours, BATCH * 24):
                for kind in ("traffic", "occupancy"):
                    self.of(kind, START + hour * HOUR, START + min(hour + BATCH * 24, self._hours) * HOUR)

    def of(self, kind: str, start: datetime, end: datetime) -> bytes:
        first, last = max(0, (start - START) // HOUR), min(self._hours, (end - START) // HOUR)
        wanted = (kind, first, last, self.pass_number)
        if wanted not in self._made:
            make = self._traffic if kind == "traffic" else self._occupancy
            rows = b",".join(row for hour in range(first, last) for row in make(hour))
            self._made[wanted] = b'{"messages":[],"results":[' + rows + b"]}"
        return self._made[wanted]

    def _traffic(self, hour: int) -> Iterator[bytes]:
        chance, at = random.Random(hour), _text(hour)
        for number, zone in enumerate(self._zones):
            ins = int(chance.random() * 300) + self._correction(hour, number)
            yield TRAFFIC % (at, zone, number, ins, int(chance.random() * 300))

    def _occupancy(self, hour: int) -> Iterator[bytes]:
        chance, at = random.Random(-hour), _text(hour)
        for number, space in enumerate(self._spaces):
            least = int(chance.random() * 100)
            most = least + int(chance.random() * 100) + self._correction(hour, number)
            yield OCCUPANCY % (at, space, number, most, least, (least + most) / 2, most, least)

    def _correction(self, hour: int, number: int) -> int:
        return 1 if self.pass_number == 2 and (hour * 31 + number) % 100 == 0 else 0


def _list(row: bytes, ids: list[bytes]) -> bytes:
    return b'{"results":[' + b",".join(row % (each, number) for number, each in enumerate(ids)) + b"]}"


def _text(hour: int) -> bytes:
    return (START + hour * HOUR).strftime("%Y-%m-%dT%H:00:00.000Z").encode()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _handler(responses: PreparedResponses) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send(TOKEN)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/pass":
                responses.pass_number = int(query["number"])
                return self._send(b"{}")
            kind = parts.path.rsplit("/", 1)[1]
            if kind in responses.lists:
                return self._send(responses.lists[kind])
            return self._send(responses.of(kind, _instant(query["startDate"]), _instant(query["endDate"])))

        def _send(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    return Handler


@contextmanager
def serving(days: int, zones: int, spaces: int) -> Iterator[str]:
    """The URL of such a server.

    It is a process of its own, since a child's peak memory starts with its parent's.
    """
    command = [sys.executable, __file__, str(days), str(zones), str(spaces)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


if __name__ == "__main__":
    made = PreparedResponses(*map(int, sys.argv[1:4]))
    made.make_all()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(made)) as http:
        print(http.server_address[1], flush=True)
        http.serve_forever()
