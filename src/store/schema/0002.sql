-- Schema version 2: the columnar cache as immutable runs. What version 1 kept is derived, and is built again.
DROP TABLE cache_run;
DROP TABLE cache_blob;
DROP TABLE cache_property;

-- Which rows the live runs show: all events up to the row `covered`, as of `data_revision`; so many are `rows`. Later
-- ones wait. hash: of the other columns, so that damage shows.
CREATE TABLE cache_state (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    format        INTEGER NOT NULL,
    data_revision INTEGER NOT NULL,
    covered       INTEGER NOT NULL,
    rows          INTEGER NOT NULL,
    hash          INTEGER NOT NULL
) STRICT;

-- An immutable run of events. live: 0 while it is written, and once it was replaced.
-- identity_revision: of the persons that it is sorted by; null when it is sorted by identifier.
-- rows: all in its range; events: those of somebody, which its columns show; keys: persons or identifiers.
-- gone, dead: of rows and of events, those that were removed since. scrubbed: dead, when their values last left.
-- hash: of what never changes.
CREATE TABLE cache_run (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    live              INTEGER NOT NULL CHECK (live IN (0, 1)),
    identity_revision INTEGER,
    first_row         INTEGER NOT NULL,
    last_row          INTEGER NOT NULL,
    rows              INTEGER NOT NULL,
    events            INTEGER NOT NULL,
    keys              INTEGER NOT NULL,
    gone              INTEGER NOT NULL,
    dead              INTEGER NOT NULL,
    scrubbed          INTEGER NOT NULL,
    hash              INTEGER NOT NULL
) STRICT;

CREATE TABLE cache_blob (
    id     INTEGER PRIMARY KEY,
    run    INTEGER NOT NULL,
    column TEXT NOT NULL,
    part   INTEGER NOT NULL,
    hash   INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    UNIQUE (run, column, part)
) STRICT;

-- Rows of a run that were removed since: from the first to the last, both included.
CREATE TABLE cache_tombstone (
    run       INTEGER NOT NULL,
    first_row INTEGER NOT NULL,
    last_row  INTEGER NOT NULL,
    PRIMARY KEY (run, first_row)
) STRICT, WITHOUT ROWID;

-- Which properties a run's events carry, per event name's id; personal: some value looks like a personal one.
CREATE TABLE cache_property (
    run      INTEGER NOT NULL,
    property TEXT NOT NULL,
    name     INTEGER NOT NULL,
    events   INTEGER NOT NULL,
    texts    INTEGER NOT NULL,
    numbers  INTEGER NOT NULL,
    booleans INTEGER NOT NULL,
    personal INTEGER NOT NULL,
    PRIMARY KEY (run, property, name)
) STRICT, WITHOUT ROWID;
