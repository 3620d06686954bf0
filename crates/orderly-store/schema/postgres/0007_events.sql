-- Typed changes, gap-free per stream; the sequencer gives them their position in the feed.
CREATE TABLE event (
    stream_id bytea NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    id bytea NOT NULL,
    stream_kind text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    format bigint NOT NULL,
    at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    actor_kind text COLLATE "C" NOT NULL,
    actor_id bytea NOT NULL,
    reason text COLLATE "C",
    approved_by bytea,
    changes text COLLATE "C" NOT NULL,
    PRIMARY KEY (stream_id, sequence)
);

CREATE TABLE pending (
    stream_id bytea NOT NULL,
    sequence bigint NOT NULL,
    recorded_at bigint NOT NULL,
    PRIMARY KEY (stream_id, sequence)
);

CREATE TABLE feed (
    position bigint PRIMARY KEY,
    stream_id bytea NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    UNIQUE (stream_id, sequence)
);
