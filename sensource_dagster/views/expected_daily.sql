-- What is usual for a door and day: the same weekday of the four weeks before, whole days only.
SELECT
    zone_id,
    door,
    location,
    day,
    ins,
    complete,
    median(CASE WHEN complete THEN ins END) OVER four_weeks AS usual,
    min(CASE WHEN complete THEN ins END) OVER four_weeks AS low,
    max(CASE WHEN complete THEN ins END) OVER four_weeks AS high,
    ins / nullif(median(CASE WHEN complete THEN ins END) OVER four_weeks, 0) AS share
FROM traffic_daily
WINDOW four_weeks AS (
    PARTITION BY zone_id, weekday
    ORDER BY day
    RANGE BETWEEN INTERVAL 28 DAYS PRECEDING AND INTERVAL 7 DAYS PRECEDING
)
