"""The columns and descriptions of each view, in an order in which each view follows those that it reads."""

from __future__ import annotations

from sensource_dagster.contract.model import HOUR, Column, Type, View

NO_LOCATION = "No location"
"""What the views say in place of a location's name if Vea's lists lead to none."""


def _text(name: str, description: str) -> Column:
    return Column(name, Type.VARCHAR, description)


def _people(name: str, description: str) -> Column:
    return Column(name, Type.BIGINT, description, "people")


def _number(name: str, description: str) -> Column:
    return Column(name, Type.BIGINT, description)


def _flag(name: str, description: str) -> Column:
    return Column(name, Type.BOOLEAN, description)


_ZONE_ID = _text("zone_id", "Identifies the door")
_DOOR = _text("door", "The door's name, as in the view door; no two doors have the same")
_SPACE_ID = _text("space_id", "Identifies the space")
_SPACE = _text("space", "The space's name; no two spaces have the same")
_LOCATION = _text("location", f"The location's name; \"{NO_LOCATION}\" if Vea's lists lead to none")
_HOUR = Column(HOUR, Type.TIMESTAMPTZ, "Start of the hour, an instant")
_LOCAL_HOUR = Column("local_hour", Type.TIMESTAMP, "Start of the hour in local time, the location's own")
_WEEKDAY = (
    _number("weekday", "1 for Monday to 7 for Sunday"),
    _text("weekday_name", "Monday to Sunday"),
)
_DAY = (Column("day", Type.DATE, "The local day"), *_WEEKDAY)
_HOUR_OF_DAY = _number("hour", "The local hour, 0 to 23")
_INS = _people("ins", "People who entered")
_OUTS = _people("outs", "People who left; ins and outs do not balance")
_COMPLETE = _flag("complete", "No hour of the day is missing")
_CAPACITY = _people("capacity", "How many people the space may hold, if that is set in Vea")
_UTILISATION = Column("utilisation", Type.DOUBLE, "Peak divided by capacity: 1 is full")

DOOR_UNUSUAL = View(
    "door_unusual",
    "The days on which a door counted far fewer or far more people than it and its neighbours lead one to expect.",
    ("traffic_daily", "door"),
    (
        *(_ZONE_ID, _DOOR, _LOCATION),
        Column("day", Type.DATE, "The local day; it is over"),
        _flag("is_above", "Far more people than expected; false: far fewer"),
        _people("people", "Ins and outs"),
        _people("expected", "The door's usual share of what the other doors of its location counted on this day"),
        Column("usual", Type.DOUBLE, "Median of the last four same weekdays on which it counted", "people"),
        _people("neighbours", "Ins and outs of the location's other doors on this day"),
        _number("hours_counted", "The hours that there are"),
    ),
)

DOOR_UNUSUAL_NOW = View(
    "door_unusual_now",
    "The doors that were unusual on one of the last three days, and since when.",
    ("door_unusual", "traffic_daily"),
    (
        *(_ZONE_ID, _DOOR, _LOCATION),
        _flag("is_above", "Far more people than expected; false: far fewer"),
        Column("since", Type.DATE, "The first of its unusual days, at most four days apart"),
        Column("last_day", Type.DATE, "The last of these days"),
        _number("days", "How many unusual days"),
        _people("people", "Ins and outs of these days"),
        _people("expected", "What was to be expected of them"),
    ),
)

VISITS_CORRECTED = View(
    "visits_corrected",
    "Each correction of an hour's visits, and by how much it moved the figures that the hour is in.",
    ("corrections", "traffic_hourly", "door"),
    (
        *(_ZONE_ID, _DOOR, _LOCATION, _HOUR, _LOCAL_HOUR),
        Column("day", Type.DATE, "The local day of the hour"),
        Column("seen_at", Type.TIMESTAMPTZ, "When the sync read the new value"),
        _people("old", "The ins before; null if Vea had stopped sending the hour"),
        _people("new", "The ins since then; null if Vea sends none"),
        _people("moved", "By how much the visits of the hour, the day and the month grew; below 0: they shrank"),
    ),
)

USUAL_DAILY = View(
    "usual_daily",
    "Each door, each location and all of them on each day, beside what is usual: the same weekday of eight weeks.",
    ("traffic_daily", "door"),
    (
        _text("kind", "What the row is about: door, location or all"),
        _text("subject_id", "The zone_id or location_id; empty for all and for doors without a location"),
        _text("subject", "The door's or location's name; no two of a kind have the same"),
        _text("location", "The location's name, with its id where two have the same; null for all"),
        _flag("counts_visits", "Its people are visits; false: an interior door"),
        Column("day", Type.DATE, "The local day, from the first day of the door on; also one without any hour"),
        _WEEKDAY[0],
        _people("people", "Ins of the door, visits of the location or of all; null if nothing was counted"),
        _number("doors", "How many doors should have counted"),
        _number("doors_whole", "How many of them have every hour"),
        _number("hours_counted", "The hours that there are, over these doors"),
        _number("hours_expected", "The hours that whole days have, over these doors"),
        _flag("complete", "Every door has every hour"),
        Column(
            "usual",
            Type.DOUBLE,
            "Median of those same weekdays of eight weeks that count; null for fewer than three",
            "people",
        ),
        _people("low", "The lowest of those days"),
        _people("high", "The highest of those days"),
        _text("note", "A holiday or a closure that all doors of the location, or of all locations, share"),
    ),
)

LOCAL_TIME = ("utc_offset", "irregular_day", "local_zone")
"""Two small tables that the views need, in the schema of the views."""
VIEWS = (
    View(
        "door",
        "The doors: each zone by a name that stands for no other, with its site and location.",
        ("zone", "sensor", "site", "location"),
        (
            _ZONE_ID,
            _text(
                "door",
                "Its name: the site's, else the sensor's, else the zone's, with more where two would be the same",
            ),
            _text("zone", "The zone's name in Vea; names repeat"),
            _text("sensor", "The sensor's name"),
            _text("site", "The site's name"),
            _text("location_id", "Identifies the location; null if Vea's lists lead to none"),
            _LOCATION,
            _flag("perimeter", "Vea marks it as an outer door"),
            _flag("disabled", "It no longer counts"),
            _flag("deleted", "Vea no longer lists it"),
            _flag(
                "counts_visits",
                "Its ins are visits of its location: it is an outer door, or no door of the location is marked so",
            ),
            _text("timezone", "The location's time zone, if its hours differ from the account's"),
        ),
    ),
    View(
        "traffic_hourly",
        "How many people entered and left through each door, by local hour. A missing hour is unknown.",
        ("traffic", "door"),
        (
            *(_ZONE_ID, _DOOR, _LOCATION, _HOUR, _LOCAL_HOUR),
            _text("utc_offset", "What local time is ahead of UTC in this hour, such as -07:00"),
            *(*_DAY, _HOUR_OF_DAY, _INS, _OUTS),
        ),
    ),
    View(
        "traffic_daily",
        "How many people entered and left through each door on each day. A day without any hour has no row.",
        ("traffic_hourly", "door", "traffic", "corrections"),
        (
            *(_ZONE_ID, _DOOR, _LOCATION, *_DAY, _INS, _OUTS),
            _number("hours_counted", "The hours that there are"),
            _number(
                "hours_expected",
                "The hours that a whole day has; Vea never has the first of two equal local hours",
            ),
            _COMPLETE,
            _number("peak_hour", "The local hour with the most ins, 0 to 23"),
            _people("peak_ins", "The ins of that hour"),
            _number("hours_no_longer_sent", "The counted hours that Vea once sent, and no longer does"),
        ),
    ),
    View(
        "location_daily",
        "The visits of each location on each day: the ins of its outer doors. Visits, not visitors.",
        ("traffic_daily", "door", "corrections"),
        (
            _text("location_id", "Identifies the location; null for doors without one"),
            *(_LOCATION, *_DAY),
            _people("visits", "Ins of the outer doors, or of all doors if none is marked as an outer one"),
            _people("outs", "Outs of the same doors"),
            _number("doors", "How many such doors there were"),
            _number("doors_counted", "How many of them have at least one hour"),
            _flag("complete", "Every door has every hour"),
            _number("corrected", "Hours of these doors that Vea corrected later"),
        ),
    ),
    View(
        "occupancy_hourly",
        "How many people were in each space in each hour, in local time. A missing hour is unknown.",
        ("occupancy", "space", "location"),
        (
            *(_SPACE_ID, _SPACE, _LOCATION, _HOUR, _LOCAL_HOUR, *_DAY, _HOUR_OF_DAY),
            _people("peak", "Most people at one time"),
            Column("average", Type.DOUBLE, "Mean number of people", "people"),
            _people("minimum", "Fewest people at one time"),
            *(_CAPACITY, _UTILISATION),
            _people("ins", "People who entered the space: what Vea counts as its attendance"),
            _people("outs", "People who left the space"),
        ),
    ),
    View(
        "occupancy_daily",
        "How full each space was on each day. Never add the peaks of spaces: they are of different moments.",
        ("occupancy_hourly",),
        (
            *(_SPACE_ID, _SPACE, _LOCATION, *_DAY),
            _people("peak", "Most people at one time of the day"),
            _number("peak_hour", "The local hour of the peak, 0 to 23"),
            Column("average", Type.DOUBLE, "Mean of the hours' averages", "people"),
            _people("minimum", "Fewest people at one time of the day"),
            *(_CAPACITY, _UTILISATION),
            _people("ins", "People who entered the space: what Vea counts as its attendance"),
            _people("outs", "People who left the space"),
            _number("hours_counted", "The hours that there are"),
        ),
    ),
    View(
        "expected_daily",
        "What is usual for each door and day: the whole days among the same weekdays of the four weeks before.",
        ("traffic_daily",),
        (
            *(_ZONE_ID, _DOOR, _LOCATION),
            Column("day", Type.DATE, "The local day"),
            _INS,
            _COMPLETE,
            Column("usual", Type.DOUBLE, "Median of those days; null if there is none", "people"),
            _people("low", "The lowest of those days"),
            _people("high", "The highest of those days"),
            Column("share", Type.DOUBLE, "Ins divided by usual: 1 is as usual"),
        ),
    ),
    DOOR_UNUSUAL,
    DOOR_UNUSUAL_NOW,
    VISITS_CORRECTED,
    USUAL_DAILY,
)
