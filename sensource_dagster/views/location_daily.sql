-- Visits: the ins of a location's outer doors. An interior door would count the same people again.
WITH counted AS (
    SELECT t.*, d.location_id
    FROM traffic_daily t
    LEFT JOIN door d ON d.zone_id = t.zone_id
    WHERE coalesce(d.counts_visits, true)
),
by_day AS (
    SELECT
        location_id,
        location,
        day,
        CAST(sum(ins) AS BIGINT) AS visits,
        CAST(sum(outs) AS BIGINT) AS outs,
        count(*) AS doors_counted,
        bool_and(complete) AS complete
    FROM counted
    GROUP BY location_id, location, day
),
-- A door is expected from its first day on, and until it is disabled or deleted.
span AS (
    SELECT
        c.location_id,
        c.zone_id,
        min(c.day) AS first_day,
        CASE WHEN bool_or(d.disabled OR d.deleted) THEN max(c.day) ELSE DATE '9999-12-31' END AS last_day
    FROM counted c
    LEFT JOIN door d ON d.zone_id = c.zone_id
    GROUP BY c.location_id, c.zone_id
),
expected AS (
    SELECT b.location_id, b.day, count(*) AS doors
    FROM by_day b
    JOIN span s
        ON s.location_id IS NOT DISTINCT FROM b.location_id AND b.day BETWEEN s.first_day AND s.last_day
    GROUP BY b.location_id, b.day
),
corrected AS (
    SELECT d.location_id, c.record_date AS day, count(DISTINCT (c.entity_id, c.record_date_hour_1)) AS hours
    FROM corrections c
    LEFT JOIN door d ON d.zone_id = c.entity_id
    WHERE c.table_name = 'traffic' AND coalesce(d.counts_visits, true)
    GROUP BY d.location_id, c.record_date
)
SELECT
    b.location_id,
    b.location,
    b.day,
    isodow(b.day) AS weekday,
    dayname(b.day) AS weekday_name,
    b.visits,
    b.outs,
    e.doors,
    b.doors_counted,
    b.complete AND b.doors_counted = e.doors AS complete,
    coalesce(c.hours, 0) AS corrected
FROM by_day b
JOIN expected e ON e.location_id IS NOT DISTINCT FROM b.location_id AND e.day = b.day
LEFT JOIN corrected c ON c.location_id IS NOT DISTINCT FROM b.location_id AND c.day = b.day
