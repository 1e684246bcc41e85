-- Each door by a name that stands for no other door, with its location.
WITH joined AS (
    SELECT
        z.zone_id,
        nullif(trim(z.name), '') AS zone,
        nullif(trim(s.name), '') AS sensor,
        nullif(trim(i.name), '') AS site,
        l.location_id,
        coalesce(nullif(trim(l.name), ''), l.location_id, 'No location') AS location,
        -- Of another type if Vea has sent a value that is neither true nor false.
        TRY_CAST(z.perimeter AS BOOLEAN) AS perimeter,
        TRY_CAST(z.disabled AS BOOLEAN) AS disabled,
        z._deleted AS deleted,
        -- Only a zone whose hours differ from those of the account is in this table.
        CASE WHEN l.timezone IN (SELECT timezone FROM utc_offset) THEN l.timezone END AS timezone,
        CASE WHEN bool_or(TRY_CAST(z.perimeter AS BOOLEAN)) OVER (PARTITION BY l.location_id)
            THEN coalesce(TRY_CAST(z.perimeter AS BOOLEAN), false) ELSE true END AS counts_visits
    FROM zone z
    LEFT JOIN sensor s ON s.sensor_id = z.sensor_id
    LEFT JOIN site i ON i.site_id = s.site_id
    LEFT JOIN location l ON l.location_id = i.location_id
),
by_site AS (SELECT *, coalesce(site, sensor, zone, 'Door') AS first_name FROM joined),
by_zone AS (
    SELECT *, CASE WHEN count(*) OVER (PARTITION BY first_name) = 1 THEN first_name
        ELSE concat_ws(', ', first_name, nullif(zone, first_name)) END AS second_name
    FROM by_site
),
by_sensor AS (
    SELECT *, CASE WHEN count(*) OVER (PARTITION BY second_name) = 1 THEN second_name
        ELSE concat_ws(', ', first_name, nullif(sensor, first_name)) END AS third_name
    FROM by_zone
),
named AS (
    SELECT *, CASE WHEN count(*) OVER (PARTITION BY third_name) = 1 THEN third_name
        ELSE concat(third_name, ' (', zone_id, ')') END AS door
    FROM by_sensor
)
SELECT
    zone_id, door, zone, sensor, site, location_id, location, perimeter, disabled, deleted, counts_visits, timezone
FROM named
