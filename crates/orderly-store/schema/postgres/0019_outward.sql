-- What leaves: events to the webhooks of others, and messages to people.
-- types, channels and locations are JSON lists; an empty one takes everything.
CREATE TABLE webhook (
    id bytea PRIMARY KEY,
    url text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL,
    types text COLLATE "C" NOT NULL,
    channels text COLLATE "C" NOT NULL,
    locations text COLLATE "C" NOT NULL,
    thin bigint NOT NULL CHECK (thin IN (0, 1)),
    lanes bigint NOT NULL CHECK (lanes BETWEEN 1 AND 16),
    state text COLLATE "C" NOT NULL CHECK (state IN ('active', 'inactive', 'deleted')),
    disabled_reason text COLLATE "C",
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_until bigint,
    from_position bigint NOT NULL CHECK (from_position >= 0),
    proven_at bigint,
    failures bigint NOT NULL CHECK (failures >= 0),
    paused_until bigint,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

-- position is NULL for a test; stream_id and sequence order what belongs together.
CREATE TABLE dispatch (
    id bytea PRIMARY KEY,
    webhook_id bytea NOT NULL REFERENCES webhook (id),
    position bigint,
    event_id bytea NOT NULL,
    stream_id bytea NOT NULL,
    sequence bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'done', 'dead', 'skipped')),
    attempts bigint NOT NULL CHECK (attempts >= 0),
    next_at bigint NOT NULL,
    lease_owner text COLLATE "C",
    lease_until bigint,
    fence bigint NOT NULL,
    last_status bigint,
    last_error text COLLATE "C",
    last_response text COLLATE "C",
    last_at bigint,
    created_at bigint NOT NULL,
    ended_at bigint,
    UNIQUE (webhook_id, position)
);

CREATE INDEX dispatch_due ON dispatch (webhook_id, next_at, position) WHERE state = 'waiting';

CREATE INDEX dispatch_in_order ON dispatch (webhook_id, stream_id, sequence)
    WHERE state IN ('waiting', 'dead');

CREATE TABLE message_template (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL,
    channel_id bytea NOT NULL,
    language text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('active', 'inactive')),
    version bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (code, channel_id, language)
);

-- attachments is a JSON list of documents, made when the message is sent.
CREATE TABLE message (
    id bytea PRIMARY KEY,
    about_kind text COLLATE "C" NOT NULL
        CHECK (about_kind IN ('order', 'customer', 'supplier', 'account')),
    about_id bytea NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('note', 'call', 'email')),
    direction text COLLATE "C" NOT NULL CHECK (direction IN ('in', 'out', 'internal')),
    recipient text COLLATE "C",
    subject text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL,
    template text COLLATE "C",
    attachments text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('draft', 'queued', 'sent', 'failed', 'logged', 'canceled')),
    attempts bigint NOT NULL CHECK (attempts >= 0),
    next_at bigint,
    lease_owner text COLLATE "C",
    lease_until bigint,
    last_error text COLLATE "C",
    actor_kind text COLLATE "C" NOT NULL,
    actor_id bytea NOT NULL,
    happened_at bigint NOT NULL,
    created_at bigint NOT NULL,
    sent_at bigint,
    version bigint NOT NULL
);

CREATE INDEX message_about ON message (about_id, happened_at);

CREATE INDEX message_latest ON message (created_at);

CREATE INDEX message_queued ON message (next_at) WHERE state = 'queued';
