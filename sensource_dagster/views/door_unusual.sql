-- The days on which a door counted far fewer or far more people than it and its neighbours lead one to expect: those of
-- the last five weeks, or those from another day on, after SET VARIABLE door_unusual_from = DATE '2026-01-01'.
WITH daily AS MATERIALIZED (
    SELECT t.zone_id, t.day, t.ins, t.outs, t.hours_counted, t.complete, max(t.day) OVER () AS last_day,
        coalesce(getvariable('door_unusual_from'), last_day - 35) AS first_day
    FROM traffic_daily t
    -- The half year in which the rule looks for days to compare with, and a week.
    QUALIFY t.day >= first_day - 188
),
span AS (
    SELECT t.zone_id, d.door, d.location_id, d.location, min(t.day) AS begins
    FROM daily t
    JOIN door d ON d.zone_id = t.zone_id
    WHERE NOT coalesce(d.disabled OR d.deleted, false)
    GROUP BY t.zone_id, d.door, d.location_id, d.location
),
-- The running day is left out: it is over when a door has all of its hours, or when a later day has begun.
account_day AS (
    SELECT day, day >= any_value(first_day) AS is_judged
    FROM daily
    GROUP BY day
    HAVING bool_or(complete) OR day < any_value(last_day)
),
-- A door without rows on a day has counted nobody, as far as anybody knows.
counted AS (
    SELECT
        s.zone_id,
        s.door,
        s.location_id,
        s.location,
        a.day,
        a.is_judged,
        isodow(a.day) AS weekday,
        coalesce(t.ins, 0) + coalesce(t.outs, 0) AS people,
        coalesce(t.hours_counted, 0) AS hours_counted
    FROM span s
    JOIN account_day a ON a.day >= s.begins
    LEFT JOIN daily t ON t.zone_id = s.zone_id AND t.day = a.day
),
among_others AS (
    SELECT
        *,
        sum(people) OVER (PARTITION BY location_id, day) - people AS neighbours,
        sum(people) OVER (PARTITION BY day) - people AS others,
        quantile_disc(people, 0.75) OVER (
            PARTITION BY zone_id, weekday
            ORDER BY day
            RANGE BETWEEN INTERVAL 182 DAYS PRECEDING AND INTERVAL 7 DAYS PRECEDING
        ) AS busy
    FROM counted
),
-- A reference is a day on which the door counted: at least a tenth of its busier days of the half year before. So
-- neither a holiday nor a dead sensor becomes what is usual.
numbered AS MATERIALIZED (
    SELECT
        *,
        people > 0 AND people * 10 >= coalesce(busy, 0) AS is_reference,
        count(*) FILTER (is_reference) OVER (
            PARTITION BY zone_id, weekday ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS references_before
    FROM among_others
),
-- The last four references of the same weekday. A door with fewer than two is new.
usual AS (
    SELECT
        d.zone_id,
        d.day,
        median(r.people) AS usual,
        max(r.people) AS most,
        median(r.neighbours) AS usual_neighbours,
        median(r.others) AS usual_others,
        median(r.people / nullif(r.neighbours, 0)) AS share_of_location,
        median(r.people / nullif(r.others, 0)) AS share_of_account
    FROM (SELECT zone_id, weekday, day, references_before, unnest([1, 2, 3, 4]) AS back FROM numbered) d
    JOIN numbered r
        ON r.zone_id = d.zone_id AND r.weekday = d.weekday AND r.references_before = d.references_before - d.back
    WHERE r.is_reference AND r.day >= d.day - 182
    GROUP BY d.zone_id, d.day
    HAVING count(*) >= 2
),
expected AS (
    SELECT
        n.*,
        u.usual,
        u.most,
        CASE
            WHEN u.usual_neighbours >= 50 THEN u.share_of_location * n.neighbours
            WHEN u.usual_others >= 50 THEN u.share_of_account * n.others
            ELSE u.usual
        END AS expected,
        -- Of a door with hardly any neighbours a closed location and a dead sensor look the same, until a week is over.
        u.usual_neighbours < 50
            AND n.location_id IS NOT NULL
            AND n.people + n.neighbours < 0.25 * (u.usual + u.usual_neighbours)
            AND sum(n.people) OVER week >= 0.25 * sum(u.usual) OVER week AS may_be_closed
    FROM numbered n
    JOIN usual u ON u.zone_id = n.zone_id AND u.day = n.day
    WINDOW week AS (
        PARTITION BY n.zone_id ORDER BY n.day RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW
    )
)
-- Both have to say so, the door's own past and its neighbours: one faulty door would make all others look faulty.
SELECT
    zone_id,
    door,
    location,
    day,
    people > expected AS is_above,
    CAST(people AS BIGINT) AS people,
    CAST(round(expected) AS BIGINT) AS expected,
    usual,
    CAST(neighbours AS BIGINT) AS neighbours,
    hours_counted
FROM expected
-- Up to six lost hours are a matter of completeness as far as they explain it. A day of summer time has 23.
WHERE is_judged AND CASE WHEN people > expected THEN people > 2.5 * greatest(expected, most, 50)
    ELSE expected >= 50 AND people < 0.6 * least(expected, most) AND NOT may_be_closed
        AND NOT (hours_counted BETWEEN 18 AND 22 AND people >= 0.25 * expected) END
