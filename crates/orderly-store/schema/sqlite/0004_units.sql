-- Where goods are, what moved them, what can be promised, and who has a right to it.
CREATE TABLE place (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL
        CHECK (kind IN ('holding', 'supplier', 'customer', 'in_transit', 'found', 'lost', 'scrap',
            'production', 'own_use', 'opening', 'vendor_return', 'history')),
    location_id BLOB NOT NULL,
    bin_id BLOB NOT NULL,
    condition TEXT NOT NULL
        CHECK (condition IN ('', 'sellable', 'damaged', 'quarantine', 'awaiting_inspection')),
    owner_id BLOB NOT NULL,
    ref_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX place_by_location ON place (location_id);

CREATE TABLE holding (
    item_id BLOB NOT NULL,
    place_id BLOB NOT NULL REFERENCES place (id),
    lot_id BLOB NOT NULL,
    qty INTEGER NOT NULL CHECK (qty >= 0),
    PRIMARY KEY (item_id, place_id, lot_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX holding_by_place ON holding (place_id);

CREATE TABLE movement (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    item_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    from_place BLOB NOT NULL,
    to_place BLOB NOT NULL,
    qty INTEGER NOT NULL CHECK (qty > 0),
    value_minor INTEGER NOT NULL,
    cost_source TEXT NOT NULL,
    cause_kind TEXT NOT NULL,
    cause_id BLOB NOT NULL,
    reverses BLOB,
    reason TEXT,
    actor_kind TEXT NOT NULL,
    actor_id BLOB NOT NULL,
    effective_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    UNIQUE (cause_id, cause_kind, kind, item_id, lot_id, from_place, to_place),
    UNIQUE (reverses),
    CHECK (from_place <> to_place)
) STRICT, WITHOUT ROWID;

CREATE INDEX movement_by_item ON movement (item_id, recorded_at);

-- held counts our goods there in any condition; on_hand the sellable ones; value is that of held.
CREATE TABLE stock_level (
    item_id BLOB NOT NULL,
    location_id BLOB NOT NULL,
    lot_class BLOB NOT NULL,
    on_hand INTEGER NOT NULL,
    held INTEGER NOT NULL,
    allocated INTEGER NOT NULL,
    backordered INTEGER NOT NULL CHECK (backordered >= 0),
    safety INTEGER NOT NULL CHECK (safety >= 0),
    value_minor INTEGER NOT NULL,
    PRIMARY KEY (item_id, location_id, lot_class),
    CHECK (allocated >= 0 AND allocated <= on_hand),
    CHECK (on_hand <= held)
) STRICT, WITHOUT ROWID;

CREATE INDEX stock_level_by_location ON stock_level (location_id, item_id);

CREATE TABLE claim (
    id BLOB NOT NULL PRIMARY KEY,
    claimant_kind TEXT NOT NULL
        CHECK (claimant_kind IN ('order_line', 'transfer_line', 'work_order', 'basket',
            'ring_fence')),
    claimant_id BLOB NOT NULL,
    order_id BLOB,
    supply_kind TEXT NOT NULL
        CHECK (supply_kind IN ('stock_level', 'purchase_line', 'transfer_line', 'work_order')),
    supply_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    location_id BLOB NOT NULL,
    lot_class BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('allocated', 'backordered')),
    qty INTEGER NOT NULL CHECK (qty > 0),
    priority INTEGER NOT NULL,
    due_on INTEGER,
    expires_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX claim_by_level ON claim (item_id, location_id, state, priority, created_at);

CREATE INDEX claim_by_order ON claim (order_id);

-- Something only a person can settle: an oversold line, goods on nobody's record, a short pick.
CREATE TABLE exception (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    item_id BLOB,
    location_id BLOB,
    order_id BLOB,
    line_id BLOB,
    qty INTEGER,
    detail TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    settled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX exception_open ON exception (raised_at, id) WHERE settled_at IS NULL;

CREATE TABLE task (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER,
    created_at INTEGER NOT NULL,
    done_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX task_waiting ON task (kind, next_at) WHERE state = 'waiting';
