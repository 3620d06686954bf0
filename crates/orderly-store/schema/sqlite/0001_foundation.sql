-- Who we are, who asks, and what was asked.
CREATE TABLE setting (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE legal_entity (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    country TEXT NOT NULL,
    currency TEXT NOT NULL,
    zone TEXT NOT NULL,
    tax_number TEXT
) STRICT, WITHOUT ROWID;

-- Order numbers are taken in blocks (gaps allowed); document numbers one by one, at issue.
CREATE TABLE number_series (
    legal_entity_id BLOB NOT NULL,
    series TEXT NOT NULL,
    next INTEGER NOT NULL CHECK (next > 0),
    PRIMARY KEY (legal_entity_id, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    fence INTEGER NOT NULL,
    until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    verb TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'refused')),
    object_kind TEXT,
    object_id BLOB,
    sequence INTEGER,
    problem TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB NOT NULL,
    verb TEXT NOT NULL,
    object_kind TEXT,
    object_id BLOB,
    idempotency_key TEXT,
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'refused')),
    code TEXT,
    reason TEXT,
    approved_by BLOB,
    detail TEXT
) STRICT, WITHOUT ROWID;

-- One row a version: names and addresses live only here, and only here are they erased.
CREATE TABLE party (
    id BLOB NOT NULL PRIMARY KEY,
    subject_kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    company TEXT,
    email TEXT,
    phone TEXT,
    address_lines TEXT,
    city TEXT,
    region TEXT,
    postcode TEXT,
    country TEXT,
    latitude_e6 INTEGER CHECK (latitude_e6 BETWEEN -90000000 AND 90000000),
    longitude_e6 INTEGER CHECK (longitude_e6 BETWEEN -180000000 AND 180000000),
    created_at INTEGER NOT NULL,
    erased_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX party_by_subject ON party (subject_id, version);

CREATE INDEX party_by_email ON party (email) WHERE email IS NOT NULL;

CREATE TABLE customer (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'company')),
    party_id BLOB NOT NULL REFERENCES party (id),
    account_id BLOB,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE customer_external (
    channel_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    customer_id BLOB NOT NULL REFERENCES customer (id),
    PRIMARY KEY (channel_id, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    customer_id BLOB NOT NULL REFERENCES customer (id),
    legal_entity_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    terms_days INTEGER NOT NULL CHECK (terms_days >= 0),
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE site (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    party_id BLOB NOT NULL REFERENCES party (id),
    reference TEXT,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (account_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account (id),
    site_id BLOB,
    party_id BLOB NOT NULL REFERENCES party (id),
    may_order INTEGER NOT NULL CHECK (may_order IN (0, 1)),
    may_collect INTEGER NOT NULL CHECK (may_collect IN (0, 1)),
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_by_account ON contact (account_id);

-- What an account (site_id zero) or one of its sites may owe and owes, guarded in placement.
CREATE TABLE exposure (
    account_id BLOB NOT NULL REFERENCES account (id),
    site_id BLOB NOT NULL,
    limit_minor INTEGER CHECK (limit_minor >= 0),
    open_minor INTEGER NOT NULL CHECK (open_minor >= 0),
    dispatched_minor INTEGER NOT NULL CHECK (dispatched_minor >= 0),
    invoiced_minor INTEGER NOT NULL,
    PRIMARY KEY (account_id, site_id)
) STRICT, WITHOUT ROWID;
