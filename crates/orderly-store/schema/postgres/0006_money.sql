-- Payments and what they pay, refunds, documents of revenue, and the journal of everything.
CREATE TABLE payment (
    id bytea PRIMARY KEY,
    legal_entity_id bytea NOT NULL,
    customer_id bytea,
    account_id bytea,
    provider text COLLATE "C" NOT NULL,
    method text COLLATE "C" NOT NULL,
    reference text COLLATE "C",
    currency text COLLATE "C" NOT NULL,
    channel_id bytea,
    authorized_minor bigint NOT NULL CHECK (authorized_minor >= 0),
    authorize_pending_minor bigint NOT NULL CHECK (authorize_pending_minor >= 0),
    captured_minor bigint NOT NULL CHECK (captured_minor >= 0),
    capture_pending_minor bigint NOT NULL CHECK (capture_pending_minor >= 0),
    voided_minor bigint NOT NULL CHECK (voided_minor >= 0),
    refunded_minor bigint NOT NULL CHECK (refunded_minor >= 0),
    refund_pending_minor bigint NOT NULL CHECK (refund_pending_minor >= 0),
    applied_minor bigint NOT NULL CHECK (applied_minor >= 0),
    version bigint NOT NULL,
    sequence bigint NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (provider, reference),
    CHECK (captured_minor + capture_pending_minor + voided_minor <= authorized_minor),
    CHECK (refunded_minor + refund_pending_minor <= captured_minor)
);

CREATE INDEX payment_by_customer ON payment (customer_id) WHERE customer_id IS NOT NULL;

CREATE TABLE payment_transaction (
    id bytea PRIMARY KEY,
    payment_id bytea NOT NULL REFERENCES payment (id),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('authorize', 'capture', 'void', 'refund')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    state text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'done', 'failed', 'unknown')),
    provider text COLLATE "C" NOT NULL,
    provider_reference text COLLATE "C",
    order_id bytea,
    refund_id bytea,
    created_at bigint NOT NULL,
    settled_at bigint,
    UNIQUE (provider, provider_reference)
);

CREATE INDEX payment_transaction_by_payment ON payment_transaction (payment_id);

-- Which money pays what; a withdrawn application is a new negative row.
CREATE TABLE application (
    id bytea PRIMARY KEY,
    payment_id bytea NOT NULL REFERENCES payment (id),
    target_kind text COLLATE "C" NOT NULL CHECK (target_kind IN ('order', 'invoice')),
    target_id bytea NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('authorized', 'captured', 'refunded')),
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    applied_at bigint NOT NULL
);

CREATE INDEX application_by_target ON application (target_id);

CREATE INDEX application_by_payment ON application (payment_id);

CREATE TABLE refund (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    order_id bytea,
    return_id bytea,
    customer_id bytea,
    currency text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    settlement text COLLATE "C" NOT NULL
        CHECK (settlement IN ('refund', 'account_credit', 'store_credit', 'exchange')),
    state text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'settled', 'failed', 'canceled')),
    reason text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE INDEX refund_by_order ON refund (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE refund_line (
    id bytea PRIMARY KEY,
    refund_id bytea NOT NULL REFERENCES refund (id),
    order_line_id bytea,
    charge_id bytea,
    return_line_id bytea,
    cause text COLLATE "C" NOT NULL CHECK (cause IN ('canceled', 'returned', 'goodwill', 'charge')),
    qty bigint NOT NULL CHECK (qty >= 0),
    goods_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    amount_minor bigint NOT NULL
);

CREATE INDEX refund_line_by_refund ON refund_line (refund_id);

CREATE INDEX refund_line_by_line ON refund_line (order_line_id) WHERE order_line_id IS NOT NULL;

CREATE TABLE invoice (
    id bytea PRIMARY KEY,
    legal_entity_id bytea NOT NULL,
    series text COLLATE "C" NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('invoice', 'receipt', 'credit_note')),
    corrects_id bytea,
    order_id bytea,
    customer_id bytea,
    account_id bytea,
    site_id bytea,
    bill_to bytea,
    currency text COLLATE "C" NOT NULL,
    net_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    issued_at bigint NOT NULL,
    issued_on bigint NOT NULL,
    due_on bigint,
    UNIQUE (legal_entity_id, series, number),
    CHECK (total_minor = net_minor + tax_minor)
);

CREATE INDEX invoice_by_account ON invoice (account_id, issued_on) WHERE account_id IS NOT NULL;

CREATE TABLE invoice_line (
    id bytea PRIMARY KEY,
    invoice_id bytea NOT NULL REFERENCES invoice (id),
    position bigint NOT NULL,
    order_id bytea,
    order_line_id bytea,
    charge_id bytea,
    description text COLLATE "C" NOT NULL,
    qty bigint NOT NULL CHECK (qty >= 0),
    net_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    taxes text COLLATE "C" NOT NULL
);

CREATE INDEX invoice_line_by_invoice ON invoice_line (invoice_id);

CREATE INDEX invoice_line_by_order_line ON invoice_line (order_line_id)
    WHERE order_line_id IS NOT NULL;

CREATE TABLE ledger_account (
    code text COLLATE "C" PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL
        CHECK (kind IN ('asset', 'liability', 'equity', 'income', 'expense'))
);

CREATE TABLE accounting_period (
    legal_entity_id bytea NOT NULL,
    period text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'closed')),
    closed_at bigint,
    PRIMARY KEY (legal_entity_id, period)
);

CREATE TABLE journal (
    id bytea PRIMARY KEY,
    legal_entity_id bytea NOT NULL,
    kind text COLLATE "C" NOT NULL,
    cause_kind text COLLATE "C" NOT NULL,
    cause_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    accounting_on bigint NOT NULL,
    period text COLLATE "C" NOT NULL,
    recorded_at bigint NOT NULL,
    reverses bytea,
    UNIQUE (cause_id, cause_kind, kind),
    UNIQUE (reverses)
);

-- Debits are positive, credits negative; the postings of a journal sum to zero.
CREATE TABLE posting (
    journal_id bytea NOT NULL REFERENCES journal (id),
    number bigint NOT NULL,
    account text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    location_id bytea,
    channel_id bytea,
    party_id bytea,
    document_kind text COLLATE "C",
    document_id bytea,
    tax_code text COLLATE "C",
    tax_base_minor bigint,
    PRIMARY KEY (journal_id, number)
);

CREATE INDEX posting_by_account ON posting (account);

CREATE TABLE intent (
    id bytea PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    cause_kind text COLLATE "C" NOT NULL,
    cause_id bytea NOT NULL,
    provider text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('intended', 'sent', 'confirmed', 'failed', 'unknown')),
    provider_reference text COLLATE "C",
    payload text COLLATE "C" NOT NULL,
    attempts bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (cause_id, kind),
    UNIQUE (provider, provider_reference)
);
