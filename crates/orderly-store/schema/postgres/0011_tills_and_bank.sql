-- Store credit, tills with their sessions, and what banks say moved on our accounts.

-- The cash that moved is the amount and the rounding; tendered is what the customer handed over.
ALTER TABLE payment_transaction ADD COLUMN rounding_minor bigint NOT NULL DEFAULT 0;

ALTER TABLE payment_transaction ADD COLUMN tendered_minor bigint;

CREATE INDEX payment_by_account ON payment (account_id) WHERE account_id IS NOT NULL;

-- What a customer has left, guarded: the sum of the entries.
CREATE TABLE store_credit (
    legal_entity_id bytea NOT NULL,
    customer_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    balance_minor bigint NOT NULL CHECK (balance_minor >= 0),
    updated_at bigint NOT NULL,
    PRIMARY KEY (legal_entity_id, customer_id, currency)
);

CREATE TABLE store_credit_entry (
    id bytea PRIMARY KEY,
    legal_entity_id bytea NOT NULL,
    customer_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('issued', 'spent', 'returned', 'expired')),
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    cause_kind text COLLATE "C" NOT NULL,
    cause_id bytea NOT NULL,
    expires_on bigint,
    reason text COLLATE "C",
    actor_kind text COLLATE "C" NOT NULL,
    actor_id bytea NOT NULL,
    recorded_at bigint NOT NULL
);

CREATE INDEX store_credit_entry_by_customer ON store_credit_entry (customer_id, recorded_at);

CREATE TABLE drawer (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    location_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('active', 'inactive')),
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE INDEX drawer_by_location ON drawer (location_id);

CREATE TABLE till_session (
    id bytea PRIMARY KEY,
    drawer_id bytea NOT NULL REFERENCES drawer (id),
    number bigint NOT NULL CHECK (number > 0),
    location_id bytea NOT NULL,
    legal_entity_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    business_on bigint NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'counted', 'closed')),
    float_minor bigint NOT NULL CHECK (float_minor >= 0),
    expected_minor bigint NOT NULL CHECK (expected_minor >= 0),
    counted_minor bigint CHECK (counted_minor >= 0),
    difference_minor bigint,
    reason text COLLATE "C",
    version bigint NOT NULL,
    sequence bigint NOT NULL,
    opened_at bigint NOT NULL,
    closed_at bigint,
    UNIQUE (drawer_id, number)
);

CREATE UNIQUE INDEX till_session_open ON till_session (drawer_id) WHERE state <> 'closed';

-- Cash that went into a drawer or out of it, out negative.
CREATE TABLE till_entry (
    id bytea PRIMARY KEY,
    session_id bytea NOT NULL REFERENCES till_session (id),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('float', 'sale', 'refund', 'pay_in',
        'pay_out', 'drop', 'difference', 'cash_up')),
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    account text COLLATE "C" NOT NULL,
    transaction_id bytea,
    reason text COLLATE "C",
    actor_kind text COLLATE "C" NOT NULL,
    actor_id bytea NOT NULL,
    recorded_at bigint NOT NULL,
    UNIQUE (transaction_id)
);

CREATE INDEX till_entry_by_session ON till_entry (session_id);

-- What somebody counted without knowing what should be there.
CREATE TABLE till_count (
    id bytea PRIMARY KEY,
    session_id bytea NOT NULL REFERENCES till_session (id),
    counted_minor bigint NOT NULL CHECK (counted_minor >= 0),
    pieces text COLLATE "C" NOT NULL,
    actor_kind text COLLATE "C" NOT NULL,
    actor_id bytea NOT NULL,
    counted_at bigint NOT NULL
);

CREATE INDEX till_count_by_session ON till_count (session_id);

CREATE TABLE bank_account (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    iban text COLLATE "C" UNIQUE,
    legal_entity_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

-- A statement as the bank gave it, once by what it says.
CREATE TABLE bank_statement (
    id bytea PRIMARY KEY,
    bank_account_id bytea NOT NULL REFERENCES bank_account (id),
    identity bytea NOT NULL,
    format text COLLATE "C" NOT NULL CHECK (format IN ('camt053', 'mt940', 'csv')),
    number text COLLATE "C" NOT NULL,
    from_on bigint,
    until_on bigint,
    opening_minor bigint,
    closing_minor bigint,
    entries bigint NOT NULL,
    added bigint NOT NULL,
    imported_at bigint NOT NULL,
    UNIQUE (bank_account_id, identity)
);

-- What moved on the account, in positive; each once, whatever files it is in.
CREATE TABLE bank_entry (
    id bytea PRIMARY KEY,
    bank_account_id bytea NOT NULL REFERENCES bank_account (id),
    bank_statement_id bytea NOT NULL REFERENCES bank_statement (id),
    identity bytea NOT NULL,
    booked_on bigint NOT NULL,
    valued_on bigint,
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    currency text COLLATE "C" NOT NULL,
    reference text COLLATE "C",
    end_to_end text COLLATE "C",
    creditor_reference text COLLATE "C",
    purpose text COLLATE "C" NOT NULL,
    payer text COLLATE "C",
    payer_iban text COLLATE "C",
    imported_at bigint NOT NULL,
    UNIQUE (bank_account_id, identity)
);

CREATE INDEX bank_entry_by_payer ON bank_entry (payer_iban) WHERE payer_iban IS NOT NULL;

-- What an entry of the bank is: a payment, or the end of money that was on its way.
CREATE TABLE bank_match (
    id bytea PRIMARY KEY,
    bank_entry_id bytea NOT NULL REFERENCES bank_entry (id),
    payment_id bytea,
    account text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    fees_minor bigint NOT NULL CHECK (fees_minor >= 0),
    customer_id bytea,
    reason text COLLATE "C",
    actor_kind text COLLATE "C" NOT NULL,
    actor_id bytea NOT NULL,
    matched_at bigint NOT NULL,
    undone_at bigint
);

CREATE UNIQUE INDEX bank_match_open ON bank_match (bank_entry_id) WHERE undone_at IS NULL;

-- Payments that a carrier collected and remitted with an entry of the bank.
CREATE TABLE bank_match_payment (
    bank_match_id bytea NOT NULL REFERENCES bank_match (id),
    payment_id bytea NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (bank_match_id, payment_id)
);
