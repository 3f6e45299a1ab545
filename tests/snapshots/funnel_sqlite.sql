-- Funnel, ordered: Viewed → Paid
-- Window 7d, as of 2026-03-31T00:00:00Z
WITH
-- Events up to 2026-03-31T00:00:00Z; p1 is country, p2 is value
raw_log AS MATERIALIZED (
  SELECT event_id,
         person_id,
         time_us AS at,
         event_name AS name,
         NULLIF(NULLIF(properties, '') -> '$."country"', 'null') AS p1,
         NULLIF(NULLIF(properties, '') -> '$."value"', 'null') AS p2
  FROM events
  WHERE time_us <= 1774915200000000
    AND person_id IS NOT NULL
),
-- Their properties by kind; null is missing or of another kind
log AS MATERIALIZED (
  SELECT event_id,
         person_id,
         at,
         name,
         CASE json_type(p1) WHEN 'text' THEN p1 ->> '$' WHEN 'array' THEN p1 END AS p1_text,
         CASE WHEN json_type(p1) IN ('integer', 'real') THEN CAST(p1 ->> '$' AS REAL) END AS p1_number,
         CASE json_type(p1) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS p1_bool,
         CASE json_type(p2) WHEN 'text' THEN p2 ->> '$' WHEN 'array' THEN p2 END AS p2_text,
         CASE WHEN json_type(p2) IN ('integer', 'real') THEN CAST(p2 ->> '$' AS REAL) END AS p2_number,
         CASE json_type(p2) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS p2_bool
  FROM raw_log
),
-- The steps
steps(step, event) AS MATERIALIZED (
  VALUES (1, 'Viewed'),
         (2, 'Paid')
),
-- Which event fills which step
hits AS MATERIALIZED (
  SELECT step, event_id, person_id, at
  FROM log
  JOIN steps ON CASE step
    WHEN 1 THEN name = 'Viewed'
    WHEN 2 THEN name = 'Paid' AND p2_number >= 50.0
  END
),
-- Each person's first value of country
touch AS MATERIALIZED (
  SELECT person_id, value
  FROM (
    SELECT person_id,
           COALESCE(p1_text, CASE p1_bool WHEN 1 THEN 'true' WHEN 0 THEN 'false' END, CASE WHEN p1_number IS NULL THEN NULL WHEN p1_number = CAST(p1_number AS INTEGER) THEN CAST(CAST(p1_number AS INTEGER) AS TEXT) WHEN CAST(printf('%!.15g', p1_number) AS REAL) = p1_number THEN printf('%!.15g', p1_number) WHEN CAST(printf('%!.16g', p1_number) AS REAL) = p1_number THEN printf('%!.16g', p1_number) ELSE printf('%!.17g', p1_number) END, '(none)') AS value,
           ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY at, CASE WHEN p1_bool IS NOT NULL THEN 0 WHEN p1_number IS NOT NULL THEN 1 ELSE 2 END, p1_bool, p1_number, p1_text) AS place
    FROM log
    WHERE COALESCE(p1_text, p1_number, p1_bool) IS NOT NULL
      AND event_id IN (SELECT event_id FROM hits)
  ) AS ranked
  WHERE place = 1
),
-- An attempt starts at every instant of step 1
to_step_1 AS MATERIALIZED (
  SELECT DISTINCT person_id, at AS start, at AS at_1
  FROM hits
  WHERE step = 1
),
-- The earliest step 2 of each attempt, null when there is none
to_step_2 AS MATERIALIZED (
  SELECT reached.person_id, reached.start, reached.at_1, reached.at_2
  FROM (
    SELECT before.person_id, before.start, before.at_1, MIN(hit.at) AS at_2
    FROM to_step_1 AS before
    LEFT JOIN hits AS hit ON hit.person_id = before.person_id AND hit.step = 2
      AND hit.at >= before.at_1 AND hit.at <= before.start + 604800000000
    GROUP BY before.person_id, before.start, before.at_1
  ) AS reached
),
-- How deep each attempt goes
attempts AS MATERIALIZED (
  SELECT a.person_id, a.start, a.depth, a.alive, a.at_1, a.at_2, 0 AS excluded
  FROM (
    SELECT DISTINCT person_id,
           start,
           at_1,
           at_2,
           CASE WHEN at_2 IS NOT NULL THEN 2 ELSE 1 END AS depth,
           CASE WHEN at_2 IS NOT NULL THEN at_2 ELSE at_1 END AS last_at,
           1 AS alive
    FROM to_step_2
  ) AS a
),
-- The best attempt of each person: the deepest, rather not excluded, the earliest; pending while some window is open
persons AS MATERIALIZED (
  SELECT best.person_id,
         best.depth,
         best.at_2 IS NULL AND best.still_open AS pending,
         best.at_1,
         best.at_2,
         COALESCE(touch.value, '(none)') AS value
  FROM (
    SELECT *,
           ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY depth DESC, excluded, start) AS place,
           MAX(alive AND NOT excluded AND start + 604800000000 > 1774915200000000) OVER (PARTITION BY person_id) AS still_open
    FROM attempts
  ) AS best
  LEFT JOIN touch ON touch.person_id = best.person_id
  WHERE best.place = 1
    AND best.excluded = 0
),
-- Each person at each step
person_steps AS MATERIALIZED (
  SELECT value,
         step,
         event,
         depth >= step AS reached,
         pending AND depth = step AS waits,
         CASE step WHEN 2 THEN at_2 - at_1 END AS us
  FROM steps
  CROSS JOIN persons
)
SELECT value,
       step,
       event,
       COALESCE(SUM(reached), 0) AS persons,
       COALESCE(SUM(waits), 0) AS pending,
       AVG(CASE WHEN place IN ((many + 1) / 2, (many + 2) / 2) THEN us END) / 1000000.0 AS median_secs
FROM (
  SELECT *,
         ROW_NUMBER() OVER (PARTITION BY value, step ORDER BY us IS NULL, us) AS place,
         COUNT(us) OVER (PARTITION BY value, step) AS many
  FROM person_steps
) AS ranked
GROUP BY value, step, event
ORDER BY COUNT(*) DESC, value, step
