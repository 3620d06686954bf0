-- The documents that move goods: each line is the cause of its movements.
CREATE TABLE purchase_order (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    supplier_id bytea NOT NULL REFERENCES supplier (id),
    location_id bytea NOT NULL,
    legal_entity_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('draft', 'sent', 'confirmed', 'part_received', 'closed', 'canceled')),
    expected_on bigint,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE purchase_line (
    id bytea PRIMARY KEY,
    purchase_order_id bytea NOT NULL REFERENCES purchase_order (id),
    position bigint NOT NULL,
    item_id bytea NOT NULL,
    order_line_id bytea,
    ordered bigint NOT NULL CHECK (ordered > 0),
    received bigint NOT NULL CHECK (received >= 0),
    canceled bigint NOT NULL CHECK (canceled >= 0),
    invoiced bigint NOT NULL CHECK (invoiced >= 0),
    cost text COLLATE "C" NOT NULL,
    expected_on bigint
);

CREATE INDEX purchase_line_by_order ON purchase_line (purchase_order_id);

CREATE TABLE receipt (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('purchase', 'opening', 'production', 'other')),
    location_id bytea NOT NULL,
    supplier_id bytea,
    purchase_order_id bytea,
    reference text COLLATE "C",
    currency text COLLATE "C" NOT NULL,
    received_at bigint NOT NULL,
    reversed_at bigint
);

CREATE TABLE receipt_line (
    id bytea PRIMARY KEY,
    receipt_id bytea NOT NULL REFERENCES receipt (id),
    position bigint NOT NULL,
    purchase_line_id bytea,
    item_id bytea NOT NULL,
    lot_id bytea NOT NULL,
    place_id bytea NOT NULL,
    qty bigint NOT NULL CHECK (qty > 0),
    value_minor bigint NOT NULL CHECK (value_minor >= 0)
);

CREATE INDEX receipt_line_by_receipt ON receipt_line (receipt_id);

CREATE TABLE adjustment (
    id bytea PRIMARY KEY,
    location_id bytea NOT NULL,
    item_id bytea NOT NULL,
    lot_id bytea NOT NULL,
    place_id bytea NOT NULL,
    delta bigint NOT NULL CHECK (delta <> 0),
    reason text COLLATE "C" NOT NULL,
    adjusted_at bigint NOT NULL,
    reverses bytea
);

CREATE TABLE transfer (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    from_location_id bytea NOT NULL,
    to_location_id bytea NOT NULL,
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('draft', 'shipped', 'part_received', 'received', 'canceled')),
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    shipped_at bigint,
    CHECK (from_location_id <> to_location_id)
);

CREATE TABLE transfer_line (
    id bytea PRIMARY KEY,
    transfer_id bytea NOT NULL REFERENCES transfer (id),
    position bigint NOT NULL,
    item_id bytea NOT NULL,
    lot_id bytea NOT NULL,
    qty bigint NOT NULL CHECK (qty > 0),
    sent bigint NOT NULL CHECK (sent BETWEEN 0 AND qty),
    received bigint NOT NULL CHECK (received >= 0),
    written_off bigint NOT NULL CHECK (written_off >= 0),
    value_minor bigint NOT NULL,
    reason text COLLATE "C",
    CHECK (received + written_off <= sent)
);

CREATE INDEX transfer_line_by_transfer ON transfer_line (transfer_id);

CREATE TABLE stock_count (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    location_id bytea NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'posted', 'canceled')),
    blind bigint NOT NULL CHECK (blind IN (0, 1)),
    started_at bigint NOT NULL,
    posted_at bigint,
    version bigint NOT NULL
);

CREATE TABLE count_line (
    id bytea PRIMARY KEY,
    count_id bytea NOT NULL REFERENCES stock_count (id),
    item_id bytea NOT NULL,
    place_id bytea NOT NULL,
    lot_id bytea NOT NULL,
    expected bigint,
    counted bigint CHECK (counted >= 0),
    counted_at bigint,
    difference bigint,
    reason text COLLATE "C",
    UNIQUE (count_id, item_id, place_id, lot_id)
);

CREATE TABLE work_order (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('cut', 'assembly', 'repair', 'refurbish')),
    location_id bytea NOT NULL,
    item_id bytea NOT NULL,
    qty bigint NOT NULL CHECK (qty > 0),
    done bigint NOT NULL CHECK (done BETWEEN 0 AND qty),
    state text COLLATE "C" NOT NULL,
    order_line_id bytea,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE returns (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    order_id bytea,
    channel_id bytea NOT NULL,
    customer_id bytea,
    location_id bytea,
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('requested', 'approved', 'received', 'closed', 'refused', 'canceled')),
    currency text COLLATE "C" NOT NULL,
    reason text COLLATE "C",
    history bigint NOT NULL CHECK (history IN (0, 1)),
    external_id text COLLATE "C",
    version bigint NOT NULL,
    sequence bigint NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (channel_id, external_id)
);

CREATE INDEX returns_by_order ON returns (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE return_line (
    id bytea PRIMARY KEY,
    return_id bytea NOT NULL REFERENCES returns (id),
    position bigint NOT NULL,
    order_line_id bytea,
    item_id bytea,
    description text COLLATE "C" NOT NULL,
    lot_id bytea NOT NULL,
    reason text COLLATE "C",
    requested bigint NOT NULL CHECK (requested >= 0),
    received bigint NOT NULL CHECK (received >= 0),
    awaiting_inspection bigint NOT NULL CHECK (awaiting_inspection >= 0),
    restocked bigint NOT NULL CHECK (restocked >= 0),
    quarantined bigint NOT NULL CHECK (quarantined >= 0),
    repaired bigint NOT NULL CHECK (repaired >= 0),
    refurbished bigint NOT NULL CHECK (refurbished >= 0),
    scrapped bigint NOT NULL CHECK (scrapped >= 0),
    to_vendor bigint NOT NULL CHECK (to_vendor >= 0),
    sent_back bigint NOT NULL CHECK (sent_back >= 0),
    refunded bigint NOT NULL CHECK (refunded >= 0),
    amount_minor bigint NOT NULL,
    value_minor bigint NOT NULL,
    CHECK (received = awaiting_inspection + restocked + quarantined + repaired + refurbished +
        scrapped + to_vendor + sent_back)
);

CREATE INDEX return_line_by_return ON return_line (return_id);

CREATE INDEX return_line_by_order_line ON return_line (order_line_id)
    WHERE order_line_id IS NOT NULL;

-- One row a decision about received units; a changed mind is a new row.
CREATE TABLE disposition (
    id bytea PRIMARY KEY,
    return_id bytea NOT NULL REFERENCES returns (id),
    return_line_id bytea NOT NULL REFERENCES return_line (id),
    from_disposition text COLLATE "C" NOT NULL,
    to_disposition text COLLATE "C" NOT NULL,
    qty bigint NOT NULL CHECK (qty > 0),
    note text COLLATE "C",
    decided_at bigint NOT NULL
);

CREATE INDEX disposition_by_return ON disposition (return_id);
