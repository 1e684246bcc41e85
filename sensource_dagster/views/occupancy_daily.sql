-- Each space's day. Peaks of several spaces are never added: they are of different moments.
SELECT
    space_id,
    any_value(space) AS space,
    any_value(location) AS location,
    day,
    isodow(day) AS weekday,
    dayname(day) AS weekday_name,
    max(peak) AS peak,
    arg_max(hour, peak * 24 - hour) AS peak_hour,
    avg(average) AS average,
    min(minimum) AS minimum,
    any_value(capacity) AS capacity,
    max(peak) / nullif(any_value(capacity), 0) AS utilisation,
    CAST(sum(ins) AS BIGINT) AS ins,
    CAST(sum(outs) AS BIGINT) AS outs,
    count(*) AS hours_counted
FROM occupancy_hourly
GROUP BY space_id, day
