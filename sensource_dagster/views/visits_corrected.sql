-- Each correction of an hour's visits, and by how much it moved them. An hour that Vea sends no more stays, so it moves
-- nothing. When the hour is sent again, it is compared with what it had before.
WITH corrected AS (
    SELECT
        entity_id AS zone_id,
        record_date_hour_1,
        seen_at,
        TRY_CAST(old_value AS BIGINT) AS old,
        TRY_CAST(new_value AS BIGINT) AS new,
        last_value(TRY_CAST(coalesce(new_value, old_value) AS BIGINT) IGNORE NULLS) OVER (
            PARTITION BY entity_id, record_date_hour_1
            ORDER BY seen_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS earlier
    FROM corrections
    WHERE table_name = 'traffic' AND column_name = 'sumins'
)
SELECT
    c.zone_id,
    h.door,
    h.location,
    h.record_date_hour_1,
    h.local_hour,
    h.day,
    c.seen_at,
    c.old,
    c.new,
    coalesce(c.new - coalesce(c.old, c.earlier), 0) AS moved
FROM corrected c
JOIN traffic_hourly h ON h.zone_id = c.zone_id AND h.record_date_hour_1 = c.record_date_hour_1
LEFT JOIN door d ON d.zone_id = c.zone_id
WHERE coalesce(d.counts_visits, true)
