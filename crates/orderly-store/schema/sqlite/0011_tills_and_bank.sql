-- Store credit, tills with their sessions, and what banks say moved on our accounts.

-- The cash that moved is the amount and the rounding; tendered is what the customer handed over.
ALTER TABLE payment_transaction ADD COLUMN rounding_minor INTEGER NOT NULL DEFAULT 0;

ALTER TABLE payment_transaction ADD COLUMN tendered_minor INTEGER;

CREATE INDEX payment_by_account ON payment (account_id) WHERE account_id IS NOT NULL;

-- What a customer has left, guarded: the sum of the entries.
CREATE TABLE store_credit (
    legal_entity_id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    balance_minor INTEGER NOT NULL CHECK (balance_minor >= 0),
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (legal_entity_id, customer_id, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE store_credit_entry (
    id BLOB NOT NULL PRIMARY KEY,
    legal_entity_id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('issued', 'spent', 'returned', 'expired')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    cause_kind TEXT NOT NULL,
    cause_id BLOB NOT NULL,
    expires_on INTEGER,
    reason TEXT,
    actor_kind TEXT NOT NULL,
    actor_id BLOB NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX store_credit_entry_by_customer ON store_credit_entry (customer_id, recorded_at);

CREATE TABLE drawer (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    location_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'inactive')),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX drawer_by_location ON drawer (location_id);

CREATE TABLE till_session (
    id BLOB NOT NULL PRIMARY KEY,
    drawer_id BLOB NOT NULL REFERENCES drawer (id),
    number INTEGER NOT NULL CHECK (number > 0),
    location_id BLOB NOT NULL,
    legal_entity_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    business_on INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'counted', 'closed')),
    float_minor INTEGER NOT NULL CHECK (float_minor >= 0),
    expected_minor INTEGER NOT NULL CHECK (expected_minor >= 0),
    counted_minor INTEGER CHECK (counted_minor >= 0),
    difference_minor INTEGER,
    reason TEXT,
    version INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    UNIQUE (drawer_id, number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX till_session_open ON till_session (drawer_id) WHERE state <> 'closed';

-- Cash that went into a drawer or out of it, out negative.
CREATE TABLE till_entry (
    id BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES till_session (id),
    kind TEXT NOT NULL CHECK (kind IN ('float', 'sale', 'refund', 'pay_in', 'pay_out', 'drop',
        'difference', 'cash_up')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    account TEXT NOT NULL,
    transaction_id BLOB,
    reason TEXT,
    actor_kind TEXT NOT NULL,
    actor_id BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    UNIQUE (transaction_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX till_entry_by_session ON till_entry (session_id);

-- What somebody counted without knowing what should be there.
CREATE TABLE till_count (
    id BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES till_session (id),
    counted_minor INTEGER NOT NULL CHECK (counted_minor >= 0),
    pieces TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB NOT NULL,
    counted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX till_count_by_session ON till_count (session_id);

CREATE TABLE bank_account (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    iban TEXT UNIQUE,
    legal_entity_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A statement as the bank gave it, once by what it says.
CREATE TABLE bank_statement (
    id BLOB NOT NULL PRIMARY KEY,
    bank_account_id BLOB NOT NULL REFERENCES bank_account (id),
    identity BLOB NOT NULL,
    format TEXT NOT NULL CHECK (format IN ('camt053', 'mt940', 'csv')),
    number TEXT NOT NULL,
    from_on INTEGER,
    until_on INTEGER,
    opening_minor INTEGER,
    closing_minor INTEGER,
    entries INTEGER NOT NULL,
    added INTEGER NOT NULL,
    imported_at INTEGER NOT NULL,
    UNIQUE (bank_account_id, identity)
) STRICT, WITHOUT ROWID;

-- What moved on the account, in positive; each once, whatever files it is in.
CREATE TABLE bank_entry (
    id BLOB NOT NULL PRIMARY KEY,
    bank_account_id BLOB NOT NULL REFERENCES bank_account (id),
    bank_statement_id BLOB NOT NULL REFERENCES bank_statement (id),
    identity BLOB NOT NULL,
    booked_on INTEGER NOT NULL,
    valued_on INTEGER,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    currency TEXT NOT NULL,
    reference TEXT,
    end_to_end TEXT,
    creditor_reference TEXT,
    purpose TEXT NOT NULL,
    payer TEXT,
    payer_iban TEXT,
    imported_at INTEGER NOT NULL,
    UNIQUE (bank_account_id, identity)
) STRICT, WITHOUT ROWID;

CREATE INDEX bank_entry_by_payer ON bank_entry (payer_iban) WHERE payer_iban IS NOT NULL;

-- What an entry of the bank is: a payment, or the end of money that was on its way.
CREATE TABLE bank_match (
    id BLOB NOT NULL PRIMARY KEY,
    bank_entry_id BLOB NOT NULL REFERENCES bank_entry (id),
    payment_id BLOB,
    account TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    fees_minor INTEGER NOT NULL CHECK (fees_minor >= 0),
    customer_id BLOB,
    reason TEXT,
    actor_kind TEXT NOT NULL,
    actor_id BLOB NOT NULL,
    matched_at INTEGER NOT NULL,
    undone_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX bank_match_open ON bank_match (bank_entry_id) WHERE undone_at IS NULL;

-- Payments that a carrier collected and remitted with an entry of the bank.
CREATE TABLE bank_match_payment (
    bank_match_id BLOB NOT NULL REFERENCES bank_match (id),
    payment_id BLOB NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (bank_match_id, payment_id)
) STRICT, WITHOUT ROWID;
