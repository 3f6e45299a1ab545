-- Contexts that many events of an import say, each stored once. An event's context stands in its own row, as ever, or
-- here: both forms stay valid, and no document is rewritten.
DROP VIEW events;

-- json: a JSON object's text. A row is of one import, and leaves with it: those of an import stand side by side, so that
-- they need no index.
CREATE TABLE context (
    id    INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    json  TEXT NOT NULL
) STRICT;

-- The row of `context` that has this event's; null when `context` beside it is the text itself, empty without one.
ALTER TABLE event_text ADD COLUMN context_id INTEGER;

-- The documented face of the rows, for every SQLite tool and all generated SQL. The context is looked up where it is
-- asked for: a join would be made for every row of an aggregate, whether or not that names it.
CREATE VIEW events AS
SELECT
    e.id AS event_id,
    e.batch AS batch_id,
    b.source AS source,
    x.message_id AS message_id,
    CASE e.type WHEN 0 THEN 'track' WHEN 1 THEN 'page' WHEN 2 THEN 'screen'
                WHEN 3 THEN 'identify' WHEN 4 THEN 'group' ELSE 'alias' END AS type,
    n.name AS event_name,
    coalesce(a.value, x.anonymous_raw) AS anonymous_id,
    coalesce(u.value, x.user_raw) AS user_id,
    coalesce(u.person_id, a.person_id) AS person_id,
    e.time_us AS time_us,
    strftime('%Y-%m-%dT%H:%M:%S', e.time_us / 1000000, 'unixepoch')
        || CASE WHEN e.time_us % 1000000 = 0 THEN 'Z'
                WHEN e.time_us % 1000 = 0 THEN printf('.%03dZ', e.time_us % 1000000 / 1000)
                ELSE printf('.%06dZ', e.time_us % 1000000) END AS time,
    e.id AS seq,
    coalesce(nullif(x.properties, ''), '{}') AS properties,
    coalesce((SELECT c.json FROM context c WHERE c.id = x.context_id), nullif(x.context, ''), '{}') AS context
FROM event e
LEFT JOIN event_text x ON x.id = e.id
LEFT JOIN event_name n ON n.id = e.name
LEFT JOIN identifier a ON a.id = e.anonymous
LEFT JOIN identifier u ON u.id = e.user
LEFT JOIN batch b ON b.id = e.batch;
