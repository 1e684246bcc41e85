-- The doors that were unusual on one of the last three days, and since when. Days of rest are no end of it.
WITH marked AS (
    SELECT *, day - lag(day) OVER by_day > 4 AS is_first
    FROM door_unusual
    WINDOW by_day AS (PARTITION BY zone_id, is_above ORDER BY day)
),
counted AS (
    SELECT *, count(*) FILTER (is_first) OVER (PARTITION BY zone_id, is_above ORDER BY day) AS time
    FROM marked
)
SELECT
    zone_id,
    door,
    location,
    is_above,
    min(day) AS since,
    max(day) AS last_day,
    count(*) AS days,
    CAST(sum(people) AS BIGINT) AS people,
    CAST(sum(expected) AS BIGINT) AS expected
FROM counted
GROUP BY zone_id, door, location, is_above, time
HAVING max(day) >= (SELECT max(day) - 3 FROM traffic_daily)
