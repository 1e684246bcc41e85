-- Each door's day. A day without any hour has no row.
WITH by_day AS (
    SELECT
        zone_id,
        day,
        CAST(sum(ins) AS BIGINT) AS ins,
        CAST(sum(outs) AS BIGINT) AS outs,
        count(*) AS hours_counted,
        arg_max(hour, ins * 24 - hour) AS peak_hour,
        max(ins) AS peak_ins
    FROM traffic_hourly
    GROUP BY zone_id, day
),
-- A row stays when Vea sends it no more. The null of its correction is later than the last response that had it.
gone AS (
    SELECT h.zone_id, h.day, count(DISTINCT h.record_date_hour_1) AS hours
    FROM corrections c
    JOIN traffic t ON t.zone_id = c.entity_id AND t.record_date_hour_1 = c.record_date_hour_1
    JOIN traffic_hourly h ON h.zone_id = c.entity_id AND h.record_date_hour_1 = c.record_date_hour_1
    WHERE c.table_name = 'traffic' AND c.new_value IS NULL AND c.seen_at > t._synced_at
    GROUP BY h.zone_id, h.day
)
SELECT
    b.zone_id,
    coalesce(d.door, b.zone_id) AS door,
    coalesce(d.location, 'No location') AS location,
    b.day,
    isodow(b.day) AS weekday,
    dayname(b.day) AS weekday_name,
    b.ins,
    b.outs,
    b.hours_counted,
    coalesce(i.hours, 24) AS hours_expected,
    b.hours_counted >= coalesce(i.hours, 24) AS complete,
    b.peak_hour,
    b.peak_ins,
    coalesce(g.hours, 0) AS hours_no_longer_sent
FROM by_day b
LEFT JOIN door d ON d.zone_id = b.zone_id
LEFT JOIN irregular_day i ON i.timezone IS NOT DISTINCT FROM d.timezone AND i.day = b.day
LEFT JOIN gone g ON g.zone_id = b.zone_id AND g.day = b.day
