-- The documents that move goods: each line is the cause of its movements.
CREATE TABLE purchase_order (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    supplier_id BLOB NOT NULL REFERENCES supplier (id),
    location_id BLOB NOT NULL,
    legal_entity_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'sent', 'confirmed', 'part_received', 'closed', 'canceled')),
    expected_on INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE purchase_line (
    id BLOB NOT NULL PRIMARY KEY,
    purchase_order_id BLOB NOT NULL REFERENCES purchase_order (id),
    position INTEGER NOT NULL,
    item_id BLOB NOT NULL,
    order_line_id BLOB,
    ordered INTEGER NOT NULL CHECK (ordered > 0),
    received INTEGER NOT NULL CHECK (received >= 0),
    canceled INTEGER NOT NULL CHECK (canceled >= 0),
    invoiced INTEGER NOT NULL CHECK (invoiced >= 0),
    cost TEXT NOT NULL,
    expected_on INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX purchase_line_by_order ON purchase_line (purchase_order_id);

CREATE TABLE receipt (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('purchase', 'opening', 'production', 'other')),
    location_id BLOB NOT NULL,
    supplier_id BLOB,
    purchase_order_id BLOB,
    reference TEXT,
    currency TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    reversed_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt_line (
    id BLOB NOT NULL PRIMARY KEY,
    receipt_id BLOB NOT NULL REFERENCES receipt (id),
    position INTEGER NOT NULL,
    purchase_line_id BLOB,
    item_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    place_id BLOB NOT NULL,
    qty INTEGER NOT NULL CHECK (qty > 0),
    value_minor INTEGER NOT NULL CHECK (value_minor >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX receipt_line_by_receipt ON receipt_line (receipt_id);

CREATE TABLE adjustment (
    id BLOB NOT NULL PRIMARY KEY,
    location_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    place_id BLOB NOT NULL,
    delta INTEGER NOT NULL CHECK (delta <> 0),
    reason TEXT NOT NULL,
    adjusted_at INTEGER NOT NULL,
    reverses BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE transfer (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    from_location_id BLOB NOT NULL,
    to_location_id BLOB NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'shipped', 'part_received', 'received', 'canceled')),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    shipped_at INTEGER,
    CHECK (from_location_id <> to_location_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE transfer_line (
    id BLOB NOT NULL PRIMARY KEY,
    transfer_id BLOB NOT NULL REFERENCES transfer (id),
    position INTEGER NOT NULL,
    item_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    qty INTEGER NOT NULL CHECK (qty > 0),
    sent INTEGER NOT NULL CHECK (sent BETWEEN 0 AND qty),
    received INTEGER NOT NULL CHECK (received >= 0),
    written_off INTEGER NOT NULL CHECK (written_off >= 0),
    value_minor INTEGER NOT NULL,
    reason TEXT,
    CHECK (received + written_off <= sent)
) STRICT, WITHOUT ROWID;

CREATE INDEX transfer_line_by_transfer ON transfer_line (transfer_id);

CREATE TABLE stock_count (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    location_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'posted', 'canceled')),
    blind INTEGER NOT NULL CHECK (blind IN (0, 1)),
    started_at INTEGER NOT NULL,
    posted_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE count_line (
    id BLOB NOT NULL PRIMARY KEY,
    count_id BLOB NOT NULL REFERENCES stock_count (id),
    item_id BLOB NOT NULL,
    place_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    expected INTEGER,
    counted INTEGER CHECK (counted >= 0),
    counted_at INTEGER,
    difference INTEGER,
    reason TEXT,
    UNIQUE (count_id, item_id, place_id, lot_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE work_order (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('cut', 'assembly', 'repair', 'refurbish')),
    location_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    qty INTEGER NOT NULL CHECK (qty > 0),
    done INTEGER NOT NULL CHECK (done BETWEEN 0 AND qty),
    state TEXT NOT NULL,
    order_line_id BLOB,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE returns (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    order_id BLOB,
    channel_id BLOB NOT NULL,
    customer_id BLOB,
    location_id BLOB,
    state TEXT NOT NULL
        CHECK (state IN ('requested', 'approved', 'received', 'closed', 'refused', 'canceled')),
    currency TEXT NOT NULL,
    reason TEXT,
    history INTEGER NOT NULL CHECK (history IN (0, 1)),
    external_id TEXT,
    version INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (channel_id, external_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX returns_by_order ON returns (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE return_line (
    id BLOB NOT NULL PRIMARY KEY,
    return_id BLOB NOT NULL REFERENCES returns (id),
    position INTEGER NOT NULL,
    order_line_id BLOB,
    item_id BLOB,
    description TEXT NOT NULL,
    lot_id BLOB NOT NULL,
    reason TEXT,
    requested INTEGER NOT NULL CHECK (requested >= 0),
    received INTEGER NOT NULL CHECK (received >= 0),
    awaiting_inspection INTEGER NOT NULL CHECK (awaiting_inspection >= 0),
    restocked INTEGER NOT NULL CHECK (restocked >= 0),
    quarantined INTEGER NOT NULL CHECK (quarantined >= 0),
    repaired INTEGER NOT NULL CHECK (repaired >= 0),
    refurbished INTEGER NOT NULL CHECK (refurbished >= 0),
    scrapped INTEGER NOT NULL CHECK (scrapped >= 0),
    to_vendor INTEGER NOT NULL CHECK (to_vendor >= 0),
    sent_back INTEGER NOT NULL CHECK (sent_back >= 0),
    refunded INTEGER NOT NULL CHECK (refunded >= 0),
    amount_minor INTEGER NOT NULL,
    value_minor INTEGER NOT NULL,
    CHECK (received = awaiting_inspection + restocked + quarantined + repaired + refurbished +
        scrapped + to_vendor + sent_back)
) STRICT, WITHOUT ROWID;

CREATE INDEX return_line_by_return ON return_line (return_id);

CREATE INDEX return_line_by_order_line ON return_line (order_line_id)
    WHERE order_line_id IS NOT NULL;

-- One row a decision about received units; a changed mind is a new row.
CREATE TABLE disposition (
    id BLOB NOT NULL PRIMARY KEY,
    return_id BLOB NOT NULL REFERENCES returns (id),
    return_line_id BLOB NOT NULL REFERENCES return_line (id),
    from_disposition TEXT NOT NULL,
    to_disposition TEXT NOT NULL,
    qty INTEGER NOT NULL CHECK (qty > 0),
    note TEXT,
    decided_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX disposition_by_return ON disposition (return_id);
