"""Section 8: how each figure is made, and from which view."""

from __future__ import annotations

from sensource_dagster.report.content import Method

METHODS = (
    Method(
        "Visits",
        "The ins of a location's outer doors. A person who comes twice is two visits. Interior doors are left "
        "out, because nobody is to be counted twice. If no door of a location is marked as an outer one, all "
        "count.",
        "location_daily",
    ),
    Method(
        "Completeness",
        "A door day is whole if every hour of it is there. A door is expected from its first day on, and until "
        "it is disabled or deleted. A missing hour is unknown and adds nothing, so the true number is at least "
        "the one shown.",
        "usual_daily",
    ),
    Method(
        "Change",
        "The sum of one period against the sum of the other, as they are shown. It is left out if less than 90 % "
        "of the hours of either period are there, or if the counts begin within one. A month is compared with "
        "the month before, other periods with as many days before.",
        "usual_daily",
    ),
    Method(
        "Same weekdays a year before",
        "The days 364 days earlier: 52 weeks, so that each Saturday meets a Saturday. The first and the last day "
        "are a day or two away from the same date.",
        "usual_daily",
    ),
    Method(
        "Year to date",
        "From the first day of the fiscal year (SENSOURCE_FISCAL_YEAR_START) to the last day of the period. Its "
        "comparison is with the days 364 days earlier.",
        "usual_daily",
    ),
    Method(
        "Missing days",
        "The hours that a door should have sent in the period and that are not there, in days that are over.",
        "usual_daily",
    ),
    Method(
        "Unusual doors",
        "Doors that counted less than 60 %, or more than 2.5 times, of the people to expect on one of the last "
        "three days. To expect is the door's share of what the other doors counted on the same day. People are "
        "ins and outs.",
        "door_unusual_now",
    ),
    Method(
        "Corrections",
        "The hours whose ins Vea changed after they were read, by month and location. Before is the sum as it "
        "was without these corrections.",
        "visits_corrected",
    ),
    Method(
        "Usual band",
        "The least and the most of the same weekday of the eight weeks before. Holidays, days on which hardly "
        "anybody was counted, and days of which less than 95 % of the hours are there are left out. Fewer than "
        "three of these days are no band.",
        "usual_daily",
    ),
    Method(
        "Holidays and closures",
        "Days on which every door of a location, or of all, counted less than a quarter of its median of these "
        "eight weeks. Vea does not send opening days.",
        "usual_daily",
    ),
    Method(
        "Hours of the week",
        "The mean of a door's ins in the hours that are there. The mean of a location is the sum of its doors' "
        "means.",
        "traffic_hourly",
    ),
    Method(
        "Doors",
        "The ins of each door. Those of interior doors are no visits.",
        "traffic_daily",
    ),
    Method(
        "Occupancy",
        "The peak is the most people at one time, the average the mean of the hours' averages. An hour is over "
        "the capacity if its peak is. Peaks of several spaces are of different moments and are not added.",
        "occupancy_hourly",
    ),
    Method(
        "Year over year",
        "Each month of the fiscal year against the same calendar month a year before, whatever its weekdays.",
        "usual_daily",
    ),
)
