-- The hours as they were measured, with names and local time.
WITH place AS (
    SELECT
        s.space_id,
        CASE WHEN count(*) OVER (PARTITION BY trim(s.name)) = 1 AND trim(s.name) <> '' THEN trim(s.name)
            ELSE concat_ws(', ', nullif(trim(s.name), ''), nullif(trim(l.name), ''), s.space_id) END AS space,
        l.location_id,
        coalesce(nullif(trim(l.name), ''), l.location_id, 'No location') AS location,
        TRY_CAST(s.max_capacity AS BIGINT) AS capacity,
        CASE WHEN l.timezone IN (SELECT timezone FROM utc_offset) THEN l.timezone END AS timezone
    FROM space s
    LEFT JOIN location l ON l.location_id = s.location_id
),
local AS (
    SELECT
        t.space_id,
        t.record_date_hour_1,
        make_timestamp(epoch_us(t.record_date_hour_1) + o.minutes * 60000000) AS own_hour,
        coalesce(own_hour, t.record_hour) AS local_hour,
        coalesce(CAST(own_hour AS DATE), t.record_date) AS day,
        coalesce(p.space, t.space_id) AS space,
        coalesce(p.location, 'No location') AS location,
        p.capacity,
        t.maxoccupancy,
        t.avgoccupancy,
        t.minoccupancy,
        t.sumins,
        t.sumouts
    FROM occupancy t
    LEFT JOIN place p ON p.space_id = t.space_id
    LEFT JOIN utc_offset o
        ON o.timezone = p.timezone AND t.record_date_hour_1 >= o.starts AND t.record_date_hour_1 < o.ends
)
SELECT
    space_id,
    space,
    location,
    record_date_hour_1,
    local_hour,
    day,
    isodow(day) AS weekday,
    dayname(day) AS weekday_name,
    hour(local_hour) AS hour,
    maxoccupancy AS peak,
    avgoccupancy AS average,
    minoccupancy AS minimum,
    capacity,
    maxoccupancy / nullif(capacity, 0) AS utilisation,
    sumins AS ins,
    sumouts AS outs
FROM local
