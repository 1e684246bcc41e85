-- Each door, each location and all of them on each day, beside what is usual: the same weekday of eight weeks. A day
-- on which a door should have counted and did not has a row, without people.
WITH daily AS MATERIALIZED (
    SELECT zone_id, door, location, day, ins, hours_counted, max(day) OVER () AS newest_day FROM traffic_daily
),
place AS (
    SELECT
        location_id,
        CASE WHEN count(*) OVER (PARTITION BY location) = 1 THEN location
            ELSE concat(location, ' (', location_id, ')') END AS location
    FROM (SELECT DISTINCT location_id, location FROM door)
),
-- A door is expected from its first day on, and until it is disabled or deleted.
span AS (
    SELECT
        t.zone_id,
        any_value(t.door) AS door,
        any_value(d.location_id) AS location_id,
        coalesce(any_value(p.location), any_value(t.location)) AS location,
        coalesce(any_value(d.counts_visits), true) AS counts_visits,
        any_value(d.timezone) AS timezone,
        unnest(generate_series(min(t.day), CASE WHEN bool_or(d.disabled OR d.deleted) THEN max(t.day)
            ELSE any_value(t.newest_day) END, INTERVAL 1 DAY))::DATE AS day
    FROM daily t
    LEFT JOIN door d ON d.zone_id = t.zone_id
    LEFT JOIN place p ON p.location_id = d.location_id
    GROUP BY t.zone_id
),
door_day AS MATERIALIZED (
    SELECT
        s.*,
        t.ins AS people,
        coalesce(t.hours_counted, 0) AS hours_counted,
        coalesce(i.hours, 24) AS hours_expected,
        coalesce(t.hours_counted, 0) >= coalesce(i.hours, 24) AS complete
    FROM span s
    LEFT JOIN daily t ON t.zone_id = s.zone_id AND t.day = s.day
    LEFT JOIN irregular_day i ON i.timezone IS NOT DISTINCT FROM s.timezone AND i.day = s.day
),
subject_day AS (
    SELECT 'door' AS kind, zone_id AS subject_id, door AS subject, location, counts_visits, day, people,
        1 AS doors, CAST(complete AS BIGINT) AS doors_whole, hours_counted, hours_expected
    FROM door_day
    UNION ALL
    SELECT 'location', coalesce(location_id, ''), location, location, true, day, CAST(sum(people) AS BIGINT),
        count(*), count(*) FILTER (complete), CAST(sum(hours_counted) AS BIGINT), CAST(sum(hours_expected) AS BIGINT)
    FROM door_day
    WHERE counts_visits
    GROUP BY location_id, location, day
    UNION ALL
    SELECT 'all', '', 'All locations', NULL, true, day, CAST(sum(people) AS BIGINT),
        count(*), count(*) FILTER (complete), CAST(sum(hours_counted) AS BIGINT), CAST(sum(hours_expected) AS BIGINT)
    FROM door_day
    WHERE counts_visits
    GROUP BY day
),
-- In a sum of many doors an hour is nearly always missing somewhere. A day of which 95 % are there can be compared.
known AS MATERIALIZED (
    SELECT
        *,
        isodow(day) AS weekday,
        hours_counted >= 0.95 * hours_expected AS is_known,
        median(CASE WHEN is_known THEN people END) OVER eight_weeks AS usual_people,
        count(CASE WHEN is_known THEN people END) OVER eight_weeks AS usual_days,
        quantile_disc(people, 0.75) OVER (
            PARTITION BY kind, subject_id, weekday
            ORDER BY day
            RANGE BETWEEN INTERVAL 182 DAYS PRECEDING AND INTERVAL 7 DAYS PRECEDING
        ) AS busy
    FROM subject_day
    WINDOW eight_weeks AS (
        PARTITION BY kind, subject_id, weekday
        ORDER BY day
        RANGE BETWEEN INTERVAL 56 DAYS PRECEDING AND INTERVAL 7 DAYS PRECEDING
    )
),
-- A location is closed if no door of it comes near to what is usual. Doors that usually count nobody, or are new, say nothing.
closed_location AS (
    SELECT location, day, count(*) AS doors, sum(people) AS people, sum(usual_people) AS usual_people,
        bool_and(people < 0.25 * usual_people) AND bool_or(is_known) AS is_closed
    FROM known
    WHERE kind = 'door' AND usual_people >= 10 AND usual_days >= 3 AND people IS NOT NULL
    GROUP BY location, day
    HAVING sum(usual_people) >= 50
),
closed AS (
    SELECT location, day, doors, people FROM closed_location WHERE is_closed
    UNION ALL
    SELECT NULL, day, sum(doors), sum(people) FROM closed_location GROUP BY day HAVING bool_and(is_closed)
),
-- As in door_unusual, a day with less than a tenth of the busier days is no reference: the sensor was dead or covered.
noted AS (
    SELECT
        k.*,
        CASE
            WHEN c.doors = 1 AND c.people = 0 THEN 'no visits: closed, or the sensor does not count'
            WHEN c.doors = 1 THEN 'far fewer than usual: a holiday, a closure, or the sensor does not count'
            WHEN c.people = 0 THEN 'closed: no visits'
            WHEN c.doors > 1 THEN 'far fewer than usual at every door: a holiday or a closure'
        END AS note,
        is_known AND note IS NULL AND k.people * 10 >= coalesce(k.busy, 0) AS is_reference
    FROM known k
    LEFT JOIN closed c ON c.location IS NOT DISTINCT FROM k.location AND c.day = k.day
),
-- One or two days are no band: nearly every day would be outside of it.
compared AS (
    SELECT
        *,
        count(*) FILTER (is_reference) OVER eight_weeks >= 3 AS has_usual,
        median(people) FILTER (is_reference) OVER eight_weeks AS middle,
        min(people) FILTER (is_reference) OVER eight_weeks AS least,
        max(people) FILTER (is_reference) OVER eight_weeks AS most
    FROM noted
    WINDOW eight_weeks AS (
        PARTITION BY kind, subject_id, weekday
        ORDER BY day
        RANGE BETWEEN INTERVAL 56 DAYS PRECEDING AND INTERVAL 7 DAYS PRECEDING
    )
)
SELECT
    kind,
    subject_id,
    subject,
    location,
    counts_visits,
    day,
    weekday,
    people,
    doors,
    doors_whole,
    hours_counted,
    hours_expected,
    doors = doors_whole AS complete,
    CASE WHEN has_usual THEN middle END AS usual,
    CASE WHEN has_usual THEN least END AS low,
    CASE WHEN has_usual THEN most END AS high,
    note
FROM compared
