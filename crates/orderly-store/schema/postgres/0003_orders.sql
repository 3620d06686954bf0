-- The order: decisions are stored, axes are computed from the counters of its lines.
CREATE TABLE orders (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    channel_id bytea NOT NULL,
    external_id text COLLATE "C",
    content_hash bytea NOT NULL,
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('draft', 'quoted', 'placed', 'canceled', 'closed')),
    version bigint NOT NULL CHECK (version > 0),
    sequence bigint NOT NULL CHECK (sequence > 0),
    currency text COLLATE "C" NOT NULL,
    rounding text COLLATE "C" NOT NULL CHECK (rounding IN ('line', 'document')),
    settlement text COLLATE "C" NOT NULL CHECK (settlement IN ('payment', 'account')),
    legal_entity_id bytea NOT NULL,
    customer_id bytea,
    account_id bytea,
    site_id bytea,
    ordered_by bytea,
    bill_to bytea,
    reference text COLLATE "C",
    history bigint NOT NULL CHECK (history IN (0, 1)),
    priority bigint NOT NULL,
    placed_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    lines_minor bigint NOT NULL,
    discounts_minor bigint NOT NULL,
    charges_minor bigint NOT NULL,
    tax_included_minor bigint NOT NULL,
    tax_added_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    authorized_minor bigint NOT NULL,
    captured_minor bigint NOT NULL,
    refunded_minor bigint NOT NULL,
    UNIQUE (channel_id, external_id),
    CHECK (total_minor = lines_minor - discounts_minor + charges_minor + tax_added_minor)
);

CREATE INDEX orders_by_placed ON orders (placed_at, id);

CREATE INDEX orders_by_customer ON orders (customer_id, placed_at) WHERE customer_id IS NOT NULL;

CREATE INDEX orders_by_account ON orders (account_id, placed_at) WHERE account_id IS NOT NULL;

CREATE TABLE delivery (
    id bytea PRIMARY KEY,
    order_id bytea NOT NULL REFERENCES orders (id),
    position bigint NOT NULL,
    ref text COLLATE "C" NOT NULL,
    method text COLLATE "C" NOT NULL
        CHECK (method IN ('take_away', 'collect', 'parcel', 'van', 'supplier')),
    ship_to bytea,
    contact text COLLATE "C",
    location_id bytea,
    required_on bigint,
    ship_by_on bigint,
    due_minor bigint,
    promises text COLLATE "C" NOT NULL
);

CREATE INDEX delivery_by_order ON delivery (order_id);

CREATE TABLE order_line (
    id bytea PRIMARY KEY,
    order_id bytea NOT NULL REFERENCES orders (id),
    position bigint NOT NULL,
    external_id text COLLATE "C",
    kind text COLLATE "C" NOT NULL
        CHECK (kind IN ('stock', 'kit', 'component', 'special_order', 'direct_ship', 'service',
            'charge', 'packaging', 'text')),
    parent_id bytea,
    per_parent bigint,
    item_id bytea,
    description text COLLATE "C" NOT NULL,
    supplier_id bytea,
    delivery_id bytea NOT NULL,
    origin_line_id bytea,
    entered text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    unit_num bigint NOT NULL CHECK (unit_num > 0),
    unit_den bigint NOT NULL CHECK (unit_den > 0),
    piece bigint CHECK (piece > 0),
    price text COLLATE "C" NOT NULL,
    price_num bigint NOT NULL CHECK (price_num > 0),
    price_den bigint NOT NULL CHECK (price_den > 0),
    measured bigint CHECK (measured >= 0),
    cost text COLLATE "C",
    max_over bigint NOT NULL CHECK (max_over >= 0),
    max_short bigint NOT NULL CHECK (max_short >= 0),
    gross_minor bigint NOT NULL,
    discount_minor bigint NOT NULL,
    tax_included_minor bigint NOT NULL,
    tax_added_minor bigint NOT NULL,
    discounts text COLLATE "C" NOT NULL,
    taxes text COLLATE "C" NOT NULL,
    ordered bigint NOT NULL CHECK (ordered >= 0),
    over bigint NOT NULL CHECK (over BETWEEN 0 AND max_over),
    canceled bigint NOT NULL CHECK (canceled >= 0),
    closed_short bigint NOT NULL CHECK (closed_short BETWEEN 0 AND max_short),
    unallocated bigint NOT NULL CHECK (unallocated >= 0),
    backordered bigint NOT NULL CHECK (backordered >= 0),
    allocated bigint NOT NULL,
    released bigint NOT NULL,
    picked bigint NOT NULL,
    packed bigint NOT NULL CHECK (packed >= 0),
    shipped bigint NOT NULL,
    delivered bigint NOT NULL CHECK (delivered >= 0),
    lost bigint NOT NULL CHECK (lost >= 0),
    brought_back bigint NOT NULL CHECK (brought_back >= 0),
    return_requested bigint NOT NULL CHECK (return_requested >= 0),
    returned bigint NOT NULL CHECK (returned >= 0),
    invoiced bigint NOT NULL CHECK (invoiced >= 0),
    credited bigint NOT NULL CHECK (credited BETWEEN 0 AND invoiced),
    refunded bigint NOT NULL CHECK (refunded >= 0),
    CHECK (ordered + over = canceled + closed_short + unallocated + backordered + allocated +
        shipped),
    CHECK (allocated >= released AND released >= picked AND picked >= packed),
    CHECK (delivered + lost + brought_back <= shipped),
    CHECK (return_requested + returned <= shipped)
);

CREATE INDEX order_line_by_order ON order_line (order_id);

CREATE INDEX order_line_by_item ON order_line (item_id) WHERE item_id IS NOT NULL;

CREATE TABLE charge (
    id bytea PRIMARY KEY,
    order_id bytea NOT NULL REFERENCES orders (id),
    delivery_id bytea,
    position bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL,
    tax_included_minor bigint NOT NULL,
    tax_added_minor bigint NOT NULL,
    taxes text COLLATE "C" NOT NULL,
    refunded_minor bigint NOT NULL CHECK (refunded_minor >= 0)
);

CREATE INDEX charge_by_order ON charge (order_id);

CREATE TABLE hold (
    id bytea PRIMARY KEY,
    order_id bytea NOT NULL REFERENCES orders (id),
    kind text COLLATE "C" NOT NULL,
    scope_kind text COLLATE "C" NOT NULL
        CHECK (scope_kind IN ('order', 'line', 'delivery', 'fulfillment')),
    scope_id bytea NOT NULL,
    blocks text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    owner text COLLATE "C",
    due_at bigint,
    placed_at bigint NOT NULL,
    released_at bigint
);

CREATE INDEX hold_by_order ON hold (order_id);

CREATE INDEX hold_open ON hold (due_at, id) WHERE released_at IS NULL;

CREATE TABLE fulfillment (
    id bytea PRIMARY KEY,
    order_id bytea NOT NULL REFERENCES orders (id),
    delivery_id bytea NOT NULL,
    location_id bytea NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'released', 'closed', 'canceled')),
    created_at bigint NOT NULL
);

CREATE INDEX fulfillment_by_order ON fulfillment (order_id);

CREATE INDEX fulfillment_at_work ON fulfillment (location_id, created_at)
    WHERE state IN ('open', 'released');

-- What one claim of a line becomes at its location; counters are in the line's base units.
CREATE TABLE fulfillment_line (
    claim_id bytea PRIMARY KEY,
    order_id bytea NOT NULL,
    fulfillment_id bytea NOT NULL REFERENCES fulfillment (id),
    line_id bytea NOT NULL,
    item_id bytea NOT NULL,
    lot_class bytea NOT NULL,
    takes bigint NOT NULL CHECK (takes >= 0),
    qty bigint NOT NULL CHECK (qty >= 0),
    released bigint NOT NULL,
    picked bigint NOT NULL,
    packed bigint NOT NULL CHECK (packed >= 0),
    shipped bigint NOT NULL CHECK (shipped >= 0),
    cut text COLLATE "C",
    picks text COLLATE "C" NOT NULL,
    CHECK (qty >= released AND released >= picked AND picked >= packed)
);

CREATE INDEX fulfillment_line_by_order ON fulfillment_line (order_id);

CREATE TABLE shipment (
    id bytea PRIMARY KEY,
    order_id bytea NOT NULL REFERENCES orders (id),
    fulfillment_id bytea NOT NULL,
    delivery_id bytea NOT NULL,
    location_id bytea NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('shipped', 'failed', 'done', 'voided')),
    carrier text COLLATE "C",
    service text COLLATE "C",
    tracking text COLLATE "C",
    shipped_at bigint NOT NULL
);

CREATE INDEX shipment_by_order ON shipment (order_id);

CREATE INDEX shipment_by_tracking ON shipment (tracking) WHERE tracking IS NOT NULL;

CREATE TABLE shipment_line (
    id bytea PRIMARY KEY,
    order_id bytea NOT NULL,
    shipment_id bytea NOT NULL REFERENCES shipment (id),
    line_id bytea NOT NULL,
    claim_id bytea NOT NULL,
    item_id bytea NOT NULL,
    lot_id bytea NOT NULL,
    qty bigint NOT NULL CHECK (qty > 0),
    over bigint NOT NULL CHECK (over >= 0),
    value_minor bigint NOT NULL,
    delivered bigint NOT NULL CHECK (delivered >= 0),
    lost bigint NOT NULL CHECK (lost >= 0),
    brought_back bigint NOT NULL CHECK (brought_back >= 0),
    returned bigint NOT NULL CHECK (returned >= 0),
    CHECK (delivered + lost + brought_back <= qty),
    CHECK (returned <= qty)
);

CREATE INDEX shipment_line_by_order ON shipment_line (order_id);

CREATE TABLE parcel (
    id bytea PRIMARY KEY,
    order_id bytea NOT NULL,
    shipment_id bytea NOT NULL REFERENCES shipment (id),
    number bigint NOT NULL,
    sscc text COLLATE "C" NOT NULL UNIQUE,
    weight_g bigint CHECK (weight_g >= 0),
    tracking text COLLATE "C"
);

CREATE INDEX parcel_by_order ON parcel (order_id);

-- Why the order goes where it goes: every location considered, with its reason.
CREATE TABLE routing (
    order_id bytea PRIMARY KEY,
    decided_at bigint NOT NULL,
    explanation text COLLATE "C" NOT NULL
);

CREATE TABLE edit (
    id bytea PRIMARY KEY,
    order_id bytea NOT NULL REFERENCES orders (id),
    state text COLLATE "C" NOT NULL CHECK (state IN ('draft', 'previewed', 'applied', 'discarded')),
    base_version bigint NOT NULL,
    changes text COLLATE "C" NOT NULL,
    preview text COLLATE "C",
    created_at bigint NOT NULL,
    decided_at bigint
);

CREATE INDEX edit_by_order ON edit (order_id);

-- Origins that lines draw on: quotes, agreements, standing orders.
CREATE TABLE quote (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('quote', 'agreement', 'standing_order')),
    version bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    channel_id bytea NOT NULL,
    customer_id bytea,
    account_id bytea,
    site_id bytea,
    currency text COLLATE "C" NOT NULL,
    expires_on bigint,
    created_at bigint NOT NULL
);

CREATE TABLE quote_line (
    id bytea PRIMARY KEY,
    quote_id bytea NOT NULL REFERENCES quote (id),
    position bigint NOT NULL,
    item_id bytea,
    description text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    unit_num bigint NOT NULL,
    unit_den bigint NOT NULL,
    price text COLLATE "C" NOT NULL,
    price_num bigint NOT NULL,
    price_den bigint NOT NULL,
    offered bigint NOT NULL CHECK (offered >= 0),
    drawn bigint NOT NULL CHECK (drawn BETWEEN 0 AND offered)
);

CREATE INDEX quote_line_by_quote ON quote_line (quote_id);
