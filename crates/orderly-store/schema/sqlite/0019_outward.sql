-- What leaves: events to the webhooks of others, and messages to people.
-- types, channels and locations are JSON lists; an empty one takes everything.
CREATE TABLE webhook (
    id BLOB NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    description TEXT NOT NULL,
    types TEXT NOT NULL,
    channels TEXT NOT NULL,
    locations TEXT NOT NULL,
    thin INTEGER NOT NULL CHECK (thin IN (0, 1)),
    lanes INTEGER NOT NULL CHECK (lanes BETWEEN 1 AND 16),
    state TEXT NOT NULL CHECK (state IN ('active', 'inactive', 'deleted')),
    disabled_reason TEXT,
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_until INTEGER,
    from_position INTEGER NOT NULL CHECK (from_position >= 0),
    proven_at INTEGER,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    paused_until INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- position is NULL for a test; stream_id and sequence order what belongs together.
CREATE TABLE dispatch (
    id BLOB NOT NULL PRIMARY KEY,
    webhook_id BLOB NOT NULL REFERENCES webhook (id),
    position INTEGER,
    event_id BLOB NOT NULL,
    stream_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead', 'skipped')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    next_at INTEGER NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER,
    fence INTEGER NOT NULL,
    last_status INTEGER,
    last_error TEXT,
    last_response TEXT,
    last_at INTEGER,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (webhook_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX dispatch_due ON dispatch (webhook_id, next_at, position) WHERE state = 'waiting';

CREATE INDEX dispatch_in_order ON dispatch (webhook_id, stream_id, sequence)
    WHERE state IN ('waiting', 'dead');

CREATE TABLE message_template (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    channel_id BLOB NOT NULL,
    language TEXT NOT NULL,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'inactive')),
    version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (code, channel_id, language)
) STRICT, WITHOUT ROWID;

-- attachments is a JSON list of documents, made when the message is sent.
CREATE TABLE message (
    id BLOB NOT NULL PRIMARY KEY,
    about_kind TEXT NOT NULL CHECK (about_kind IN ('order', 'customer', 'supplier', 'account')),
    about_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('note', 'call', 'email')),
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out', 'internal')),
    recipient TEXT,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    template TEXT,
    attachments TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'queued', 'sent', 'failed', 'logged', 'canceled')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    next_at INTEGER,
    lease_owner TEXT,
    lease_until INTEGER,
    last_error TEXT,
    actor_kind TEXT NOT NULL,
    actor_id BLOB NOT NULL,
    happened_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX message_about ON message (about_id, happened_at);

CREATE INDEX message_latest ON message (created_at);

CREATE INDEX message_queued ON message (next_at) WHERE state = 'queued';
