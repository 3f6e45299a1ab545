-- Schema version 1. Never edited once released: a change is the next file.

-- Small facts about the document: revisions, flags, what a view remembers.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every editable item: plan, board, saved queries, settings.
CREATE TABLE item (
    id      INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    payload TEXT NOT NULL
) STRICT;

-- Every edit, oldest first. state: done, undone, abandoned. changes: a JSON list of {id, before, after}.
CREATE TABLE edit_log (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    label   TEXT NOT NULL,
    author  TEXT NOT NULL,
    at_us   INTEGER NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('done', 'undone', 'abandoned')),
    changes TEXT NOT NULL
) STRICT;

-- The last answer of a saved query, outside edits.
CREATE TABLE last_answer (
    item   INTEGER PRIMARY KEY,
    answer TEXT NOT NULL
) STRICT;

-- One import, complete or partial. position: bytes of decompressed input committed.
-- as_of_us: its latest event not later than imported_us.
CREATE TABLE batch (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    file        TEXT NOT NULL,
    source      TEXT NOT NULL,
    format      TEXT NOT NULL,
    mapping     TEXT NOT NULL,
    imported_us INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    complete    INTEGER NOT NULL CHECK (complete IN (0, 1)),
    position    INTEGER NOT NULL,
    read        INTEGER NOT NULL,
    imported    INTEGER NOT NULL,
    duplicates  INTEGER NOT NULL,
    conflicts   INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    first_us    INTEGER,
    last_us     INTEGER,
    as_of_us    INTEGER
) STRICT;

-- One transaction of an import: the position it reached, and what it added.
CREATE TABLE chunk (
    batch    INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    read     INTEGER NOT NULL,
    imported INTEGER NOT NULL,
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;

-- What arrived and cannot be an event.
CREATE TABLE quarantine (
    id     INTEGER PRIMARY KEY,
    batch  INTEGER NOT NULL,
    line   INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    raw    BLOB NOT NULL
) STRICT;

CREATE TABLE event_name (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- kind: 0 anonymous_id, 1 user_id, 2 previous id of an alias (either of the two).
-- person_id: the smallest identifier id of the connected set; the only source of persons.
-- events: events that carry it; owned: events that belong to their person through it.
CREATE TABLE identifier (
    id        INTEGER PRIMARY KEY,
    kind      INTEGER NOT NULL,
    value     TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    events    INTEGER NOT NULL DEFAULT 0,
    owned     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, value)
) STRICT;

CREATE INDEX identifier_person ON identifier (person_id);

-- Two identifiers that events carry together (a < b), the first event that did, and how many did.
CREATE TABLE identity_link (
    a        INTEGER NOT NULL,
    b        INTEGER NOT NULL,
    event_id INTEGER NOT NULL,
    events   INTEGER NOT NULL,
    PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;

-- The narrow half of an event: what every scan needs. id is also the order of arrival.
-- type: 0 track, 1 page, 2 screen, 3 identify, 4 group, 5 alias. anonymous, user, previous: usable identifiers.
-- fingerprint: key of the search for duplicates. content: hash of what the event says.
CREATE TABLE event (
    id          INTEGER PRIMARY KEY,
    batch       INTEGER NOT NULL,
    line        INTEGER NOT NULL,
    type        INTEGER NOT NULL,
    name        INTEGER NOT NULL,
    anonymous   INTEGER,
    user        INTEGER,
    previous    INTEGER,
    time_us     INTEGER NOT NULL,
    fingerprint INTEGER NOT NULL,
    content     INTEGER NOT NULL
) STRICT;

-- The wide half. anonymous_raw, user_raw, previous_raw: identifiers as written that are blocked.
-- properties, context, extra: a JSON object's text, or empty.
CREATE TABLE event_text (
    id            INTEGER PRIMARY KEY,
    message_id    TEXT,
    properties    TEXT NOT NULL,
    context       TEXT NOT NULL,
    extra         TEXT NOT NULL,
    anonymous_raw TEXT,
    user_raw      TEXT,
    previous_raw  TEXT
) STRICT;

-- The documented face of the rows, for every SQLite tool and all generated SQL.
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
    coalesce(nullif(x.context, ''), '{}') AS context
FROM event e
LEFT JOIN event_text x ON x.id = e.id
LEFT JOIN event_name n ON n.id = e.name
LEFT JOIN identifier a ON a.id = e.anonymous
LEFT JOIN identifier u ON u.id = e.user
LEFT JOIN batch b ON b.id = e.batch;

-- The columnar cache: derived, and rebuilt from the rows whenever it is missing, old or damaged.
CREATE TABLE cache_run (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    format            INTEGER NOT NULL,
    data_revision     INTEGER NOT NULL,
    identity_revision INTEGER NOT NULL,
    events            INTEGER NOT NULL,
    persons           INTEGER NOT NULL,
    names             TEXT NOT NULL
) STRICT;

CREATE TABLE cache_blob (
    id     INTEGER PRIMARY KEY,
    column TEXT NOT NULL,
    part   INTEGER NOT NULL,
    hash   INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    UNIQUE (column, part)
) STRICT;

-- Which properties events carry, per event name; personal: some value looks like a personal one.
CREATE TABLE cache_property (
    event    TEXT NOT NULL,
    property TEXT NOT NULL,
    events   INTEGER NOT NULL,
    texts    INTEGER NOT NULL,
    numbers  INTEGER NOT NULL,
    booleans INTEGER NOT NULL,
    personal INTEGER NOT NULL,
    PRIMARY KEY (event, property)
) STRICT, WITHOUT ROWID;
