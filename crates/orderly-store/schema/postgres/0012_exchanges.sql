-- What of a refund is given as credit, who asked for it and who approved it; exchanges.
ALTER TABLE refund ADD COLUMN credited_minor bigint NOT NULL DEFAULT 0;

ALTER TABLE refund ADD COLUMN awaits_approval bigint NOT NULL DEFAULT 0;

ALTER TABLE refund ADD COLUMN requested_kind text COLLATE "C";

ALTER TABLE refund ADD COLUMN requested_by bytea;

ALTER TABLE refund ADD COLUMN approved_kind text COLLATE "C";

ALTER TABLE refund ADD COLUMN approved_by bytea;

UPDATE refund SET credited_minor = amount_minor WHERE settlement <> 'refund';

CREATE INDEX refund_by_return ON refund (return_id) WHERE return_id IS NOT NULL;

CREATE INDEX refund_by_customer ON refund (customer_id, created_at)
    WHERE customer_id IS NOT NULL;

CREATE INDEX payment_transaction_by_refund ON payment_transaction (refund_id)
    WHERE refund_id IS NOT NULL;

-- Goods that come back, the order that replaces them, and the payment that carries their value.
CREATE TABLE exchange (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    return_id bytea NOT NULL REFERENCES returns (id),
    order_id bytea NOT NULL REFERENCES orders (id),
    replacement_id bytea NOT NULL REFERENCES orders (id),
    payment_id bytea,
    ships text COLLATE "C" NOT NULL CHECK (ships IN ('first', 'after_receipt')),
    rest text COLLATE "C" NOT NULL CHECK (rest IN ('refund', 'account_credit', 'store_credit')),
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'done', 'canceled')),
    waives_fee bigint NOT NULL CHECK (waives_fee IN (0, 1)),
    reason text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE UNIQUE INDEX exchange_by_return ON exchange (return_id);

CREATE INDEX exchange_by_order ON exchange (order_id);

CREATE UNIQUE INDEX exchange_by_replacement ON exchange (replacement_id);
