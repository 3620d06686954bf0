-- What of a refund is given as credit, who asked for it and who approved it; exchanges.
ALTER TABLE refund ADD COLUMN credited_minor INTEGER NOT NULL DEFAULT 0;

ALTER TABLE refund ADD COLUMN awaits_approval INTEGER NOT NULL DEFAULT 0;

ALTER TABLE refund ADD COLUMN requested_kind TEXT;

ALTER TABLE refund ADD COLUMN requested_by BLOB;

ALTER TABLE refund ADD COLUMN approved_kind TEXT;

ALTER TABLE refund ADD COLUMN approved_by BLOB;

UPDATE refund SET credited_minor = amount_minor WHERE settlement <> 'refund';

CREATE INDEX refund_by_return ON refund (return_id) WHERE return_id IS NOT NULL;

CREATE INDEX refund_by_customer ON refund (customer_id, created_at)
    WHERE customer_id IS NOT NULL;

CREATE INDEX payment_transaction_by_refund ON payment_transaction (refund_id)
    WHERE refund_id IS NOT NULL;

-- Goods that come back, the order that replaces them, and the payment that carries their value.
CREATE TABLE exchange (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    return_id BLOB NOT NULL REFERENCES returns (id),
    order_id BLOB NOT NULL REFERENCES orders (id),
    replacement_id BLOB NOT NULL REFERENCES orders (id),
    payment_id BLOB,
    ships TEXT NOT NULL CHECK (ships IN ('first', 'after_receipt')),
    rest TEXT NOT NULL CHECK (rest IN ('refund', 'account_credit', 'store_credit')),
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'canceled')),
    waives_fee INTEGER NOT NULL CHECK (waives_fee IN (0, 1)),
    reason TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX exchange_by_return ON exchange (return_id);

CREATE INDEX exchange_by_order ON exchange (order_id);

CREATE UNIQUE INDEX exchange_by_replacement ON exchange (replacement_id);
