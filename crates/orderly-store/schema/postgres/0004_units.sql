-- Where goods are, what moved them, what can be promised, and who has a right to it.
CREATE TABLE place (
    id bytea PRIMARY KEY,
    kind text COLLATE "C" NOT NULL
        CHECK (kind IN ('holding', 'supplier', 'customer', 'in_transit', 'found', 'lost', 'scrap',
            'production', 'own_use', 'opening', 'vendor_return', 'history')),
    location_id bytea NOT NULL,
    bin_id bytea NOT NULL,
    condition text COLLATE "C" NOT NULL
        CHECK (condition IN ('', 'sellable', 'damaged', 'quarantine', 'awaiting_inspection')),
    owner_id bytea NOT NULL,
    ref_id bytea NOT NULL
);

CREATE INDEX place_by_location ON place (location_id);

CREATE TABLE holding (
    item_id bytea NOT NULL,
    place_id bytea NOT NULL REFERENCES place (id),
    lot_id bytea NOT NULL,
    qty bigint NOT NULL CHECK (qty >= 0),
    PRIMARY KEY (item_id, place_id, lot_id)
);

CREATE INDEX holding_by_place ON holding (place_id);

CREATE TABLE movement (
    id bytea PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    item_id bytea NOT NULL,
    lot_id bytea NOT NULL,
    from_place bytea NOT NULL,
    to_place bytea NOT NULL,
    qty bigint NOT NULL CHECK (qty > 0),
    value_minor bigint NOT NULL,
    cost_source text COLLATE "C" NOT NULL,
    cause_kind text COLLATE "C" NOT NULL,
    cause_id bytea NOT NULL,
    reverses bytea,
    reason text COLLATE "C",
    actor_kind text COLLATE "C" NOT NULL,
    actor_id bytea NOT NULL,
    effective_at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    UNIQUE (cause_id, cause_kind, kind, item_id, lot_id, from_place, to_place),
    UNIQUE (reverses),
    CHECK (from_place <> to_place)
);

CREATE INDEX movement_by_item ON movement (item_id, recorded_at);

-- held counts our goods there in any condition; on_hand the sellable ones; value is that of held.
CREATE TABLE stock_level (
    item_id bytea NOT NULL,
    location_id bytea NOT NULL,
    lot_class bytea NOT NULL,
    on_hand bigint NOT NULL,
    held bigint NOT NULL,
    allocated bigint NOT NULL,
    backordered bigint NOT NULL CHECK (backordered >= 0),
    safety bigint NOT NULL CHECK (safety >= 0),
    value_minor bigint NOT NULL,
    PRIMARY KEY (item_id, location_id, lot_class),
    CHECK (allocated >= 0 AND allocated <= on_hand),
    CHECK (on_hand <= held)
);

CREATE INDEX stock_level_by_location ON stock_level (location_id, item_id);

CREATE TABLE claim (
    id bytea PRIMARY KEY,
    claimant_kind text COLLATE "C" NOT NULL
        CHECK (claimant_kind IN ('order_line', 'transfer_line', 'work_order', 'basket',
            'ring_fence')),
    claimant_id bytea NOT NULL,
    order_id bytea,
    supply_kind text COLLATE "C" NOT NULL
        CHECK (supply_kind IN ('stock_level', 'purchase_line', 'transfer_line', 'work_order')),
    supply_id bytea NOT NULL,
    item_id bytea NOT NULL,
    location_id bytea NOT NULL,
    lot_class bytea NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('allocated', 'backordered')),
    qty bigint NOT NULL CHECK (qty > 0),
    priority bigint NOT NULL,
    due_on bigint,
    expires_at bigint,
    created_at bigint NOT NULL
);

CREATE INDEX claim_by_level ON claim (item_id, location_id, state, priority, created_at);

CREATE INDEX claim_by_order ON claim (order_id);

-- Something only a person can settle: an oversold line, goods on nobody's record, a short pick.
CREATE TABLE exception (
    id bytea PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    item_id bytea,
    location_id bytea,
    order_id bytea,
    line_id bytea,
    qty bigint,
    detail text COLLATE "C" NOT NULL,
    raised_at bigint NOT NULL,
    settled_at bigint
);

CREATE INDEX exception_open ON exception (raised_at, id) WHERE settled_at IS NULL;

CREATE TABLE task (
    id bytea PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    payload text COLLATE "C" NOT NULL,
    attempts bigint NOT NULL,
    next_at bigint NOT NULL,
    lease_owner text COLLATE "C",
    lease_until bigint,
    created_at bigint NOT NULL,
    done_at bigint
);

CREATE INDEX task_waiting ON task (kind, next_at) WHERE state = 'waiting';
