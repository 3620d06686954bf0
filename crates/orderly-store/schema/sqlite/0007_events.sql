-- Typed changes, gap-free per stream; the sequencer gives them their position in the feed.
CREATE TABLE event (
    stream_id BLOB NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    id BLOB NOT NULL,
    stream_kind TEXT NOT NULL,
    kind TEXT NOT NULL,
    format INTEGER NOT NULL,
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB NOT NULL,
    reason TEXT,
    approved_by BLOB,
    changes TEXT NOT NULL,
    PRIMARY KEY (stream_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE pending (
    stream_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (stream_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed (
    position INTEGER NOT NULL PRIMARY KEY,
    stream_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    UNIQUE (stream_id, sequence)
) STRICT, WITHOUT ROWID;
