"""The account's entities: locations, sites, sensors, zones and spaces, as the list endpoints show them."""

from copy import deepcopy
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sensource_dagster.simulator.draws import draws, key_of
from sensource_dagster.simulator.footfall import Counter
from sensource_dagster.simulator.options import Options

Row = dict[str, Any]
ListName = Literal["location", "site", "zone", "space", "sensor"]
LIST_NAMES: tuple[ListName, ...] = ("location", "site", "zone", "space", "sensor")

_AHEAD_ZONE = 1
_ZONE_WITHOUT_SENSOR = 2
_SPACE_WITHOUT_LOCATION = 2
_LOCATIONS = 2
_CITIES = (("Denver", "CO", "80202", 39.74, -104.99), ("Boulder", "CO", "80301", 40.01, -105.27))


class Account:
    """The entities, all derived from the seed. More zones leave the first ones as they were."""

    def __init__(self, options: Options, opened: date) -> None:
        """Generate the account. Its entities were created on the date `opened`."""
        self._seed = options.seed
        self._timezone = options.timezone
        self._doors = options.doors
        self._stamps = {
            "createdAt": f"{opened}T12:00:00.000Z",
            "updatedAt": f"{opened}T18:30:00.000Z",
        }
        zones = len(self._doors) or options.zones
        self.zones = [self._zone_counter(index) for index in range(zones)]
        self.spaces = [self._space_counter(index) for index in range(options.spaces)]
        self._lists: dict[ListName, list[Row]] = {
            "location": [self._location(index) for index in range(_LOCATIONS)],
            "site": [self._site(index) for index in range(len(self._doors) or _LOCATIONS + 1)],
            "zone": [self._zone(index) for index in range(zones)],
            "space": [self._space(index) for index in range(options.spaces)],
            "sensor": [
                self._sensor(index) for index in range(zones) if self._doors or index != _ZONE_WITHOUT_SENSOR
            ],
        }

    def entities(self, name: ListName) -> list[Row]:
        """Return the rows of a list endpoint, in its order. The caller may change them."""
        return deepcopy(self._lists[name])

    def _id(self, kind: str, index: int) -> str:
        return str(UUID(bytes=key_of(self._seed, "id", kind, index), version=4))

    def _zone_counter(self, index: int) -> Counter:
        key = key_of(self._seed, "zone", index)
        size, balance = draws(key, 0, b"zone")[:2]
        door = self._doors[index] if self._doors else None
        return Counter(
            key=key,
            id=self._id("zone", index),
            # Real accounts keep the device's default name: names repeat and cannot be keys.
            name="Person count in/out 2" if index % 3 == 2 else "Person count in/out 1",
            # The golden ratio spreads the sizes of neighbours, whatever the seed.
            size=door.size if door else 40 * 8 ** ((size + 0.618 * index) % 1),
            balance=0.82 + 0.36 * balance,
            ahead_hours=1 if index == _AHEAD_ZONE else 0,
            silent_from=first_hour(door.silent_from, ZoneInfo(self._timezone))
            if door and door.silent_from
            else None,
            unplugged=_afternoon(door.half_day, ZoneInfo(self._timezone)) if door and door.half_day else range(0),
        )

    def _space_counter(self, index: int) -> Counter:
        key = key_of(self._seed, "space", index)
        size, balance = draws(key, 0, b"space")[:2]
        # People in a library came in through its outer doors.
        outer = sum(door.size for door in self._doors if door.perimeter and door.location == index % _LOCATIONS)
        return Counter(
            key=key,
            id=self._id("space", index),
            name=f"{_CITIES[index % _LOCATIONS][0]} building" if self._doors else f"Hall {index + 1}",
            size=outer if self._doors else 150 + 900 * size,
            balance=0.92 + 0.12 * balance,
        )

    def _location(self, index: int) -> Row:
        city, state, postal_code, latitude, longitude = _CITIES[index]
        row: Row = {
            "locationId": self._id("location", index),
            "orgId": self._id("org", 0),
            "locationTypeId": 3,
            "name": f"{city} Library",
            "description": None,
            "locationNumber": f"{index + 1:03}",
            "street": f"{100 + index} Main Street",
            "city": city,
            "state": state,
            "postalCode": postal_code,
            "country": "US",
            "latitude": latitude,
            "longitude": longitude,
            "openingHours": {"weekdays": ["08:00", "21:00"], "sunday": ["10:00", "18:00"]},
            **self._stamps,
        }
        if index % 2 == 0:
            row["timezone"] = self._timezone
        return row

    def _site(self, index: int) -> Row:
        door = self._doors[index] if self._doors else None
        # Of generated sites there is one more than there are locations, so its location is not listed.
        return {
            "siteId": self._id("site", index),
            "locationId": self._id("location", door.location if door else index),
            "name": door.site if door else f"Site {index + 1}",
        }

    def _sensor(self, index: int) -> Row:
        return {
            "sensorId": self._id("sensor", index),
            "siteId": self._id("site", index if self._doors else index % (_LOCATIONS + 1)),
            "name": f"Sensor {index + 1}" if self._doors else f"Door {index + 1}",
            "serialNumber": f"SN{1000 + index}",
            "firmware": {"version": "4.2.1", "channel": "stable"},
            **self._stamps,
        }

    def _zone(self, index: int) -> Row:
        counter = self.zones[index]
        return {
            "zoneId": counter.id,
            "orgId": self._id("org", 0),
            "name": counter.name,
            "sensorId": self._id("sensor", index),
            "deviceId": self._id("device", index),
            "countType": 1,
            "scaleFactor": 1,
            "countFilter": 0,
            "countApplication": 1,
            "perimeter": self._doors[index].perimeter if self._doors else index % 2 == 0,
            "disabled": False,
            "settings": None,
            **self._stamps,
        }

    def _space(self, index: int) -> Row:
        counter = self.spaces[index]
        location = _LOCATIONS + 1 if index == _SPACE_WITHOUT_LOCATION else index % _LOCATIONS
        return {
            "spaceId": counter.id,
            "name": counter.name,
            "locationId": self._id("location", location),
            "maxCapacity": round(counter.size * 1.5) if index % 2 == 0 else None,
        }


def _afternoon(day: date, zone: ZoneInfo) -> range:
    """From noon to midnight. Clocks change before noon."""
    end = first_hour(day + timedelta(days=1), zone)
    return range(end - 12, end)


def first_hour(day: date, zone: ZoneInfo) -> int:
    """Return the first hour of a local day, since 1970-01-01T00:00Z."""
    return ceil(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() / 3600)
