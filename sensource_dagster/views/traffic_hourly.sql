-- The hours as they were counted, with names and local time.
WITH local AS (
    SELECT
        t.zone_id,
        t.record_date_hour_1,
        make_timestamp(epoch_us(t.record_date_hour_1) + o.minutes * 60000000) AS own_hour,
        coalesce(own_hour, t.record_hour) AS local_hour,
        coalesce(CAST(own_hour AS DATE), t.record_date) AS day,
        date_diff('minute', make_timestamp(epoch_us(t.record_date_hour_1)), local_hour) AS minutes,
        coalesce(d.door, t.zone_id) AS door,
        coalesce(d.location, 'No location') AS location,
        t.sumins AS ins,
        t.sumouts AS outs
    FROM traffic t
    LEFT JOIN door d ON d.zone_id = t.zone_id
    LEFT JOIN utc_offset o
        ON o.timezone = d.timezone AND t.record_date_hour_1 >= o.starts AND t.record_date_hour_1 < o.ends
)
SELECT
    zone_id,
    door,
    location,
    record_date_hour_1,
    local_hour,
    format(
        '{}{:02d}:{:02d}', CASE WHEN minutes < 0 THEN '-' ELSE '+' END, abs(minutes) // 60, abs(minutes) % 60
    ) AS utc_offset,
    day,
    isodow(day) AS weekday,
    dayname(day) AS weekday_name,
    hour(local_hour) AS hour,
    ins,
    outs
FROM local
