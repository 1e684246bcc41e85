"""Whether the views agree with the table and with each other: no count is lost or doubled on the way."""

from __future__ import annotations

from typing import Any

import duckdb

_SHOWN = 50
_DISAGREEMENTS = f"""
WITH hourly AS (SELECT day, sum(ins) AS ins FROM traffic_hourly GROUP BY day),
daily AS (SELECT day, sum(ins) AS ins FROM traffic_daily GROUP BY day),
visits AS (SELECT day, sum(visits) AS ins FROM location_daily GROUP BY day),
interior AS (
    SELECT day, sum(ins) AS ins FROM traffic_daily JOIN door USING (zone_id) WHERE NOT counts_visits GROUP BY day
),
by_day AS (
    SELECT day, hourly.ins AS hourly, daily.ins AS daily, coalesce(visits.ins, 0) AS visits,
        coalesce(interior.ins, 0) AS interior
    FROM hourly FULL JOIN daily USING (day) FULL JOIN visits USING (day) FULL JOIN interior USING (day)
),
wrong AS (
    SELECT CAST(day AS VARCHAR) AS day, hourly AS first, daily AS second, 'traffic_hourly, traffic_daily' AS views
    FROM by_day WHERE hourly IS DISTINCT FROM daily
    UNION ALL
    SELECT CAST(day AS VARCHAR), daily, visits + interior, 'traffic_daily, location_daily with interior doors'
    FROM by_day WHERE coalesce(daily, 0) <> visits + interior
    UNION ALL
    SELECT 'all days', counted, shown, 'traffic, traffic_hourly'
    FROM (SELECT sum(sumins) AS counted FROM traffic), (SELECT sum(ins) AS shown FROM hourly)
    WHERE counted IS DISTINCT FROM shown
)
SELECT views, day, CAST(first AS BIGINT), CAST(second AS BIGINT) FROM wrong ORDER BY ALL LIMIT {_SHOWN}"""


def disagreements(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The days on which two of them have different ins; at most 50. Our schema must be in use."""
    names = ("views", "day", "ins_of_the_first", "ins_of_the_second")
    return [dict(zip(names, row, strict=True)) for row in connection.execute(_DISAGREEMENTS).fetchall()]
