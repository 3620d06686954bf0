-- The order: decisions are stored, axes are computed from the counters of its lines.
CREATE TABLE orders (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    channel_id BLOB NOT NULL,
    external_id TEXT,
    content_hash BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'quoted', 'placed', 'canceled', 'closed')),
    version INTEGER NOT NULL CHECK (version > 0),
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    currency TEXT NOT NULL,
    rounding TEXT NOT NULL CHECK (rounding IN ('line', 'document')),
    settlement TEXT NOT NULL CHECK (settlement IN ('payment', 'account')),
    legal_entity_id BLOB NOT NULL,
    customer_id BLOB,
    account_id BLOB,
    site_id BLOB,
    ordered_by BLOB,
    bill_to BLOB,
    reference TEXT,
    history INTEGER NOT NULL CHECK (history IN (0, 1)),
    priority INTEGER NOT NULL,
    placed_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    lines_minor INTEGER NOT NULL,
    discounts_minor INTEGER NOT NULL,
    charges_minor INTEGER NOT NULL,
    tax_included_minor INTEGER NOT NULL,
    tax_added_minor INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    authorized_minor INTEGER NOT NULL,
    captured_minor INTEGER NOT NULL,
    refunded_minor INTEGER NOT NULL,
    UNIQUE (channel_id, external_id),
    CHECK (total_minor = lines_minor - discounts_minor + charges_minor + tax_added_minor)
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_by_placed ON orders (placed_at, id);

CREATE INDEX orders_by_customer ON orders (customer_id, placed_at) WHERE customer_id IS NOT NULL;

CREATE INDEX orders_by_account ON orders (account_id, placed_at) WHERE account_id IS NOT NULL;

CREATE TABLE delivery (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL REFERENCES orders (id),
    position INTEGER NOT NULL,
    ref TEXT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('take_away', 'collect', 'parcel', 'van', 'supplier')),
    ship_to BLOB,
    contact TEXT,
    location_id BLOB,
    required_on INTEGER,
    ship_by_on INTEGER,
    due_minor INTEGER,
    promises TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_by_order ON delivery (order_id);

CREATE TABLE order_line (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL REFERENCES orders (id),
    position INTEGER NOT NULL,
    external_id TEXT,
    kind TEXT NOT NULL
        CHECK (kind IN ('stock', 'kit', 'component', 'special_order', 'direct_ship', 'service',
            'charge', 'packaging', 'text')),
    parent_id BLOB,
    per_parent INTEGER,
    item_id BLOB,
    description TEXT NOT NULL,
    supplier_id BLOB,
    delivery_id BLOB NOT NULL,
    origin_line_id BLOB,
    entered TEXT NOT NULL,
    unit TEXT NOT NULL,
    unit_num INTEGER NOT NULL CHECK (unit_num > 0),
    unit_den INTEGER NOT NULL CHECK (unit_den > 0),
    piece INTEGER CHECK (piece > 0),
    price TEXT NOT NULL,
    price_num INTEGER NOT NULL CHECK (price_num > 0),
    price_den INTEGER NOT NULL CHECK (price_den > 0),
    measured INTEGER CHECK (measured >= 0),
    cost TEXT,
    max_over INTEGER NOT NULL CHECK (max_over >= 0),
    max_short INTEGER NOT NULL CHECK (max_short >= 0),
    gross_minor INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    tax_included_minor INTEGER NOT NULL,
    tax_added_minor INTEGER NOT NULL,
    discounts TEXT NOT NULL,
    taxes TEXT NOT NULL,
    ordered INTEGER NOT NULL CHECK (ordered >= 0),
    over INTEGER NOT NULL CHECK (over BETWEEN 0 AND max_over),
    canceled INTEGER NOT NULL CHECK (canceled >= 0),
    closed_short INTEGER NOT NULL CHECK (closed_short BETWEEN 0 AND max_short),
    unallocated INTEGER NOT NULL CHECK (unallocated >= 0),
    backordered INTEGER NOT NULL CHECK (backordered >= 0),
    allocated INTEGER NOT NULL,
    released INTEGER NOT NULL,
    picked INTEGER NOT NULL,
    packed INTEGER NOT NULL CHECK (packed >= 0),
    shipped INTEGER NOT NULL,
    delivered INTEGER NOT NULL CHECK (delivered >= 0),
    lost INTEGER NOT NULL CHECK (lost >= 0),
    brought_back INTEGER NOT NULL CHECK (brought_back >= 0),
    return_requested INTEGER NOT NULL CHECK (return_requested >= 0),
    returned INTEGER NOT NULL CHECK (returned >= 0),
    invoiced INTEGER NOT NULL CHECK (invoiced >= 0),
    credited INTEGER NOT NULL CHECK (credited BETWEEN 0 AND invoiced),
    refunded INTEGER NOT NULL CHECK (refunded >= 0),
    CHECK (ordered + over = canceled + closed_short + unallocated + backordered + allocated +
        shipped),
    CHECK (allocated >= released AND released >= picked AND picked >= packed),
    CHECK (delivered + lost + brought_back <= shipped),
    CHECK (return_requested + returned <= shipped)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_line_by_order ON order_line (order_id);

CREATE INDEX order_line_by_item ON order_line (item_id) WHERE item_id IS NOT NULL;

CREATE TABLE charge (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL REFERENCES orders (id),
    delivery_id BLOB,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    tax_included_minor INTEGER NOT NULL,
    tax_added_minor INTEGER NOT NULL,
    taxes TEXT NOT NULL,
    refunded_minor INTEGER NOT NULL CHECK (refunded_minor >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX charge_by_order ON charge (order_id);

CREATE TABLE hold (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL REFERENCES orders (id),
    kind TEXT NOT NULL,
    scope_kind TEXT NOT NULL CHECK (scope_kind IN ('order', 'line', 'delivery', 'fulfillment')),
    scope_id BLOB NOT NULL,
    blocks TEXT NOT NULL,
    reason TEXT NOT NULL,
    owner TEXT,
    due_at INTEGER,
    placed_at INTEGER NOT NULL,
    released_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX hold_by_order ON hold (order_id);

CREATE INDEX hold_open ON hold (due_at, id) WHERE released_at IS NULL;

CREATE TABLE fulfillment (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL REFERENCES orders (id),
    delivery_id BLOB NOT NULL,
    location_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'released', 'closed', 'canceled')),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX fulfillment_by_order ON fulfillment (order_id);

CREATE INDEX fulfillment_at_work ON fulfillment (location_id, created_at)
    WHERE state IN ('open', 'released');

-- What one claim of a line becomes at its location; counters are in the line's base units.
CREATE TABLE fulfillment_line (
    claim_id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL,
    fulfillment_id BLOB NOT NULL REFERENCES fulfillment (id),
    line_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    lot_class BLOB NOT NULL,
    takes INTEGER NOT NULL CHECK (takes >= 0),
    qty INTEGER NOT NULL CHECK (qty >= 0),
    released INTEGER NOT NULL,
    picked INTEGER NOT NULL,
    packed INTEGER NOT NULL CHECK (packed >= 0),
    shipped INTEGER NOT NULL CHECK (shipped >= 0),
    cut TEXT,
    picks TEXT NOT NULL,
    CHECK (qty >= released AND released >= picked AND picked >= packed)
) STRICT, WITHOUT ROWID;

CREATE INDEX fulfillment_line_by_order ON fulfillment_line (order_id);

CREATE TABLE shipment (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL REFERENCES orders (id),
    fulfillment_id BLOB NOT NULL,
    delivery_id BLOB NOT NULL,
    location_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('shipped', 'failed', 'done', 'voided')),
    carrier TEXT,
    service TEXT,
    tracking TEXT,
    shipped_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX shipment_by_order ON shipment (order_id);

CREATE INDEX shipment_by_tracking ON shipment (tracking) WHERE tracking IS NOT NULL;

CREATE TABLE shipment_line (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL,
    shipment_id BLOB NOT NULL REFERENCES shipment (id),
    line_id BLOB NOT NULL,
    claim_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    qty INTEGER NOT NULL CHECK (qty > 0),
    over INTEGER NOT NULL CHECK (over >= 0),
    value_minor INTEGER NOT NULL,
    delivered INTEGER NOT NULL CHECK (delivered >= 0),
    lost INTEGER NOT NULL CHECK (lost >= 0),
    brought_back INTEGER NOT NULL CHECK (brought_back >= 0),
    returned INTEGER NOT NULL CHECK (returned >= 0),
    CHECK (delivered + lost + brought_back <= qty),
    CHECK (returned <= qty)
) STRICT, WITHOUT ROWID;

CREATE INDEX shipment_line_by_order ON shipment_line (order_id);

CREATE TABLE parcel (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL,
    shipment_id BLOB NOT NULL REFERENCES shipment (id),
    number INTEGER NOT NULL,
    sscc TEXT NOT NULL UNIQUE,
    weight_g INTEGER CHECK (weight_g >= 0),
    tracking TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX parcel_by_order ON parcel (order_id);

-- Why the order goes where it goes: every location considered, with its reason.
CREATE TABLE routing (
    order_id BLOB NOT NULL PRIMARY KEY,
    decided_at INTEGER NOT NULL,
    explanation TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE edit (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL REFERENCES orders (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'previewed', 'applied', 'discarded')),
    base_version INTEGER NOT NULL,
    changes TEXT NOT NULL,
    preview TEXT,
    created_at INTEGER NOT NULL,
    decided_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX edit_by_order ON edit (order_id);

-- Origins that lines draw on: quotes, agreements, standing orders.
CREATE TABLE quote (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('quote', 'agreement', 'standing_order')),
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    channel_id BLOB NOT NULL,
    customer_id BLOB,
    account_id BLOB,
    site_id BLOB,
    currency TEXT NOT NULL,
    expires_on INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quote_line (
    id BLOB NOT NULL PRIMARY KEY,
    quote_id BLOB NOT NULL REFERENCES quote (id),
    position INTEGER NOT NULL,
    item_id BLOB,
    description TEXT NOT NULL,
    unit TEXT NOT NULL,
    unit_num INTEGER NOT NULL,
    unit_den INTEGER NOT NULL,
    price TEXT NOT NULL,
    price_num INTEGER NOT NULL,
    price_den INTEGER NOT NULL,
    offered INTEGER NOT NULL CHECK (offered >= 0),
    drawn INTEGER NOT NULL CHECK (drawn BETWEEN 0 AND offered)
) STRICT, WITHOUT ROWID;

CREATE INDEX quote_line_by_quote ON quote_line (quote_id);
