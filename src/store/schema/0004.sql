-- Traits of persons out of tables of persons: what is known of somebody, and nothing that somebody did. So it is no event:
-- no scan, count, range or as-of meets it. The identifiers of a row belong to one person all the same.
-- at_us: when it was imported. anonymous, user: usable identifiers. fingerprint: hash of the row, for duplicates.
-- traits, extra: a JSON object's text, or empty.
CREATE TABLE person_row (
    id          INTEGER PRIMARY KEY,
    batch       INTEGER NOT NULL,
    line        INTEGER NOT NULL,
    anonymous   INTEGER,
    user        INTEGER,
    at_us       INTEGER NOT NULL,
    fingerprint INTEGER NOT NULL UNIQUE,
    traits      TEXT NOT NULL,
    extra       TEXT NOT NULL
) STRICT;

CREATE INDEX person_row_batch ON person_row (batch);

-- How many rows of an import are traits of persons; they are not among the imported events.
ALTER TABLE batch ADD COLUMN traits INTEGER NOT NULL DEFAULT 0;

-- The documented face of these rows.
CREATE VIEW person_traits AS
SELECT
    r.batch AS batch_id,
    b.source AS source,
    coalesce(u.person_id, a.person_id) AS person_id,
    u.value AS user_id,
    a.value AS anonymous_id,
    r.at_us AS time_us,
    r.id AS seq,
    coalesce(nullif(r.traits, ''), '{}') AS traits
FROM person_row r
LEFT JOIN identifier a ON a.id = r.anonymous
LEFT JOIN identifier u ON u.id = r.user
LEFT JOIN batch b ON b.id = r.batch;
