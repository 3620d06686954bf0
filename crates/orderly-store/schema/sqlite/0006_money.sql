-- Payments and what they pay, refunds, documents of revenue, and the journal of everything.
CREATE TABLE payment (
    id BLOB NOT NULL PRIMARY KEY,
    legal_entity_id BLOB NOT NULL,
    customer_id BLOB,
    account_id BLOB,
    provider TEXT NOT NULL,
    method TEXT NOT NULL,
    reference TEXT,
    currency TEXT NOT NULL,
    channel_id BLOB,
    authorized_minor INTEGER NOT NULL CHECK (authorized_minor >= 0),
    authorize_pending_minor INTEGER NOT NULL CHECK (authorize_pending_minor >= 0),
    captured_minor INTEGER NOT NULL CHECK (captured_minor >= 0),
    capture_pending_minor INTEGER NOT NULL CHECK (capture_pending_minor >= 0),
    voided_minor INTEGER NOT NULL CHECK (voided_minor >= 0),
    refunded_minor INTEGER NOT NULL CHECK (refunded_minor >= 0),
    refund_pending_minor INTEGER NOT NULL CHECK (refund_pending_minor >= 0),
    applied_minor INTEGER NOT NULL CHECK (applied_minor >= 0),
    version INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (provider, reference),
    CHECK (captured_minor + capture_pending_minor + voided_minor <= authorized_minor),
    CHECK (refunded_minor + refund_pending_minor <= captured_minor)
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_by_customer ON payment (customer_id) WHERE customer_id IS NOT NULL;

CREATE TABLE payment_transaction (
    id BLOB NOT NULL PRIMARY KEY,
    payment_id BLOB NOT NULL REFERENCES payment (id),
    kind TEXT NOT NULL CHECK (kind IN ('authorize', 'capture', 'void', 'refund')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed', 'unknown')),
    provider TEXT NOT NULL,
    provider_reference TEXT,
    order_id BLOB,
    refund_id BLOB,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    UNIQUE (provider, provider_reference)
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_transaction_by_payment ON payment_transaction (payment_id);

-- Which money pays what; a withdrawn application is a new negative row.
CREATE TABLE application (
    id BLOB NOT NULL PRIMARY KEY,
    payment_id BLOB NOT NULL REFERENCES payment (id),
    target_kind TEXT NOT NULL CHECK (target_kind IN ('order', 'invoice')),
    target_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('authorized', 'captured', 'refunded')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    applied_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX application_by_target ON application (target_id);

CREATE INDEX application_by_payment ON application (payment_id);

CREATE TABLE refund (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    order_id BLOB,
    return_id BLOB,
    customer_id BLOB,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
    settlement TEXT NOT NULL
        CHECK (settlement IN ('refund', 'account_credit', 'store_credit', 'exchange')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'settled', 'failed', 'canceled')),
    reason TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX refund_by_order ON refund (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE refund_line (
    id BLOB NOT NULL PRIMARY KEY,
    refund_id BLOB NOT NULL REFERENCES refund (id),
    order_line_id BLOB,
    charge_id BLOB,
    return_line_id BLOB,
    cause TEXT NOT NULL CHECK (cause IN ('canceled', 'returned', 'goodwill', 'charge')),
    qty INTEGER NOT NULL CHECK (qty >= 0),
    goods_minor INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX refund_line_by_refund ON refund_line (refund_id);

CREATE INDEX refund_line_by_line ON refund_line (order_line_id) WHERE order_line_id IS NOT NULL;

CREATE TABLE invoice (
    id BLOB NOT NULL PRIMARY KEY,
    legal_entity_id BLOB NOT NULL,
    series TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    kind TEXT NOT NULL CHECK (kind IN ('invoice', 'receipt', 'credit_note')),
    corrects_id BLOB,
    order_id BLOB,
    customer_id BLOB,
    account_id BLOB,
    site_id BLOB,
    bill_to BLOB,
    currency TEXT NOT NULL,
    net_minor INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    issued_on INTEGER NOT NULL,
    due_on INTEGER,
    UNIQUE (legal_entity_id, series, number),
    CHECK (total_minor = net_minor + tax_minor)
) STRICT, WITHOUT ROWID;

CREATE INDEX invoice_by_account ON invoice (account_id, issued_on) WHERE account_id IS NOT NULL;

CREATE TABLE invoice_line (
    id BLOB NOT NULL PRIMARY KEY,
    invoice_id BLOB NOT NULL REFERENCES invoice (id),
    position INTEGER NOT NULL,
    order_id BLOB,
    order_line_id BLOB,
    charge_id BLOB,
    description TEXT NOT NULL,
    qty INTEGER NOT NULL CHECK (qty >= 0),
    net_minor INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    taxes TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX invoice_line_by_invoice ON invoice_line (invoice_id);

CREATE INDEX invoice_line_by_order_line ON invoice_line (order_line_id)
    WHERE order_line_id IS NOT NULL;

CREATE TABLE ledger_account (
    code TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('asset', 'liability', 'equity', 'income', 'expense'))
) STRICT, WITHOUT ROWID;

CREATE TABLE accounting_period (
    legal_entity_id BLOB NOT NULL,
    period TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    closed_at INTEGER,
    PRIMARY KEY (legal_entity_id, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    id BLOB NOT NULL PRIMARY KEY,
    legal_entity_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    cause_kind TEXT NOT NULL,
    cause_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    accounting_on INTEGER NOT NULL,
    period TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    reverses BLOB,
    UNIQUE (cause_id, cause_kind, kind),
    UNIQUE (reverses)
) STRICT, WITHOUT ROWID;

-- Debits are positive, credits negative; the postings of a journal sum to zero.
CREATE TABLE posting (
    journal_id BLOB NOT NULL REFERENCES journal (id),
    number INTEGER NOT NULL,
    account TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    location_id BLOB,
    channel_id BLOB,
    party_id BLOB,
    document_kind TEXT,
    document_id BLOB,
    tax_code TEXT,
    tax_base_minor INTEGER,
    PRIMARY KEY (journal_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX posting_by_account ON posting (account);

CREATE TABLE intent (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    cause_kind TEXT NOT NULL,
    cause_id BLOB NOT NULL,
    provider TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intended', 'sent', 'confirmed', 'failed', 'unknown')),
    provider_reference TEXT,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (cause_id, kind),
    UNIQUE (provider, provider_reference)
) STRICT, WITHOUT ROWID;
