-- Who we are, who asks, and what was asked.
CREATE TABLE setting (
    key text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

CREATE TABLE legal_entity (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    country text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    zone text COLLATE "C" NOT NULL,
    tax_number text COLLATE "C"
);

-- Order numbers are taken in blocks (gaps allowed); document numbers one by one, at issue.
CREATE TABLE number_series (
    legal_entity_id bytea NOT NULL,
    series text COLLATE "C" NOT NULL,
    next bigint NOT NULL CHECK (next > 0),
    PRIMARY KEY (legal_entity_id, series)
);

CREATE TABLE lease (
    name text COLLATE "C" PRIMARY KEY,
    owner text COLLATE "C" NOT NULL,
    fence bigint NOT NULL,
    until_at bigint NOT NULL
);

CREATE TABLE idempotency (
    source text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    verb text COLLATE "C" NOT NULL,
    request_hash bytea NOT NULL,
    outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('done', 'refused')),
    object_kind text COLLATE "C",
    object_id bytea,
    sequence bigint,
    problem text COLLATE "C",
    created_at bigint NOT NULL,
    PRIMARY KEY (source, key)
);

CREATE TABLE audit (
    id bytea PRIMARY KEY,
    at bigint NOT NULL,
    actor_kind text COLLATE "C" NOT NULL,
    actor_id bytea NOT NULL,
    verb text COLLATE "C" NOT NULL,
    object_kind text COLLATE "C",
    object_id bytea,
    idempotency_key text COLLATE "C",
    outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('done', 'refused')),
    code text COLLATE "C",
    reason text COLLATE "C",
    approved_by bytea,
    detail text COLLATE "C"
);

-- One row a version: names and addresses live only here, and only here are they erased.
CREATE TABLE party (
    id bytea PRIMARY KEY,
    subject_kind text COLLATE "C" NOT NULL,
    subject_id bytea NOT NULL,
    version bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    company text COLLATE "C",
    email text COLLATE "C",
    phone text COLLATE "C",
    address_lines text COLLATE "C",
    city text COLLATE "C",
    region text COLLATE "C",
    postcode text COLLATE "C",
    country text COLLATE "C",
    latitude_e6 bigint CHECK (latitude_e6 BETWEEN -90000000 AND 90000000),
    longitude_e6 bigint CHECK (longitude_e6 BETWEEN -180000000 AND 180000000),
    created_at bigint NOT NULL,
    erased_at bigint
);

CREATE INDEX party_by_subject ON party (subject_id, version);

CREATE INDEX party_by_email ON party (email) WHERE email IS NOT NULL;

CREATE TABLE customer (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('person', 'company')),
    party_id bytea NOT NULL REFERENCES party (id),
    account_id bytea,
    state text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE customer_external (
    channel_id bytea NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    customer_id bytea NOT NULL REFERENCES customer (id),
    PRIMARY KEY (channel_id, external_id)
);

CREATE TABLE account (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    customer_id bytea NOT NULL REFERENCES customer (id),
    legal_entity_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    terms_days bigint NOT NULL CHECK (terms_days >= 0),
    state text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE site (
    id bytea PRIMARY KEY,
    account_id bytea NOT NULL REFERENCES account (id),
    code text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    party_id bytea NOT NULL REFERENCES party (id),
    reference text COLLATE "C",
    state text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    UNIQUE (account_id, code)
);

CREATE TABLE contact (
    id bytea PRIMARY KEY,
    account_id bytea NOT NULL REFERENCES account (id),
    site_id bytea,
    party_id bytea NOT NULL REFERENCES party (id),
    may_order bigint NOT NULL CHECK (may_order IN (0, 1)),
    may_collect bigint NOT NULL CHECK (may_collect IN (0, 1)),
    state text COLLATE "C" NOT NULL
);

CREATE INDEX contact_by_account ON contact (account_id);

-- What an account (site_id zero) or one of its sites may owe and owes, guarded in placement.
CREATE TABLE exposure (
    account_id bytea NOT NULL REFERENCES account (id),
    site_id bytea NOT NULL,
    limit_minor bigint CHECK (limit_minor >= 0),
    open_minor bigint NOT NULL CHECK (open_minor >= 0),
    dispatched_minor bigint NOT NULL CHECK (dispatched_minor >= 0),
    invoiced_minor bigint NOT NULL,
    PRIMARY KEY (account_id, site_id)
);
