-- Buying: what suppliers agreed to, what was ordered, invoiced, paid and sent back, and rebates.
ALTER TABLE supplier ADD COLUMN terms_days bigint NOT NULL DEFAULT 30 CHECK (terms_days >= 0);

ALTER TABLE supplier ADD COLUMN over_ppm bigint NOT NULL DEFAULT 0 CHECK (over_ppm >= 0);

ALTER TABLE supplier ADD COLUMN under_ppm bigint NOT NULL DEFAULT 0 CHECK (under_ppm >= 0);

-- How far above the order's price an invoice may be and still match.
ALTER TABLE supplier ADD COLUMN price_ppm bigint NOT NULL DEFAULT 0 CHECK (price_ppm >= 0);

-- Where a price difference goes: an expense, or into the value of the goods.
ALTER TABLE supplier ADD COLUMN variance text COLLATE "C" NOT NULL DEFAULT 'expense'
    CHECK (variance IN ('expense', 'stock'));

-- What customers have paid of a special order before it is sent to the supplier.
ALTER TABLE supplier ADD COLUMN deposit_ppm bigint NOT NULL DEFAULT 0
    CHECK (deposit_ppm BETWEEN 0 AND 1000000);

ALTER TABLE supplier_item ADD COLUMN pack_gtin text COLLATE "C";

ALTER TABLE supplier_item ADD COLUMN cost_unit text COLLATE "C" NOT NULL DEFAULT 'each';

ALTER TABLE supplier_item ADD COLUMN cost_num bigint NOT NULL DEFAULT 1 CHECK (cost_num > 0);

ALTER TABLE supplier_item ADD COLUMN cost_den bigint NOT NULL DEFAULT 1 CHECK (cost_den > 0);

ALTER TABLE supplier_item ADD COLUMN lead_time_days bigint CHECK (lead_time_days >= 0);

ALTER TABLE supplier_item ADD COLUMN version bigint NOT NULL DEFAULT 1;

-- No purchase order could be recorded before this step.
DROP TABLE purchase_line;

DROP TABLE purchase_order;

CREATE TABLE purchase_order (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    supplier_id bytea NOT NULL REFERENCES supplier (id),
    location_id bytea NOT NULL REFERENCES location (id),
    legal_entity_id bytea NOT NULL REFERENCES legal_entity (id),
    currency text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('draft', 'sent', 'confirmed', 'part_received', 'closed', 'canceled')),
    reference text COLLATE "C",
    note text COLLATE "C",
    expected_on bigint,
    sent_at bigint,
    confirmed_at bigint,
    closed_at bigint,
    canceled_at bigint,
    version bigint NOT NULL CHECK (version > 0),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE INDEX purchase_order_by_supplier ON purchase_order (supplier_id, id);

CREATE INDEX purchase_order_open ON purchase_order (location_id, expected_on)
    WHERE state IN ('sent', 'confirmed', 'part_received');

-- ordered + over = canceled + open + received, over within max_over; values in minor units of the
-- legal entity's currency: what was received at the order's price, and what of it was invoiced.
CREATE TABLE purchase_line (
    id bytea PRIMARY KEY,
    purchase_order_id bytea NOT NULL REFERENCES purchase_order (id),
    position bigint NOT NULL,
    item_id bytea NOT NULL REFERENCES item (id),
    description text COLLATE "C" NOT NULL,
    supplier_sku text COLLATE "C",
    order_id bytea,
    order_line_id bytea,
    direct bigint NOT NULL CHECK (direct IN (0, 1)),
    pack_qty bigint NOT NULL CHECK (pack_qty > 0),
    minimum_qty bigint NOT NULL CHECK (minimum_qty >= 0),
    unit text COLLATE "C" NOT NULL,
    unit_num bigint NOT NULL CHECK (unit_num > 0),
    unit_den bigint NOT NULL CHECK (unit_den > 0),
    price text COLLATE "C" NOT NULL,
    price_unit text COLLATE "C" NOT NULL,
    price_num bigint NOT NULL CHECK (price_num > 0),
    price_den bigint NOT NULL CHECK (price_den > 0),
    max_over bigint NOT NULL CHECK (max_over >= 0),
    max_short bigint NOT NULL CHECK (max_short >= 0),
    ordered bigint NOT NULL CHECK (ordered > 0),
    canceled bigint NOT NULL CHECK (canceled BETWEEN 0 AND ordered),
    received bigint NOT NULL CHECK (received >= 0),
    invoiced bigint NOT NULL CHECK (invoiced >= 0),
    received_minor bigint NOT NULL,
    cleared_minor bigint NOT NULL,
    expected_on bigint,
    confirmations text COLLATE "C" NOT NULL
);

CREATE INDEX purchase_line_by_order ON purchase_line (purchase_order_id);

CREATE INDEX purchase_line_by_item ON purchase_line (item_id);

CREATE INDEX purchase_line_by_order_line ON purchase_line (order_line_id)
    WHERE order_line_id IS NOT NULL;

CREATE INDEX claim_by_supply ON claim (supply_id) WHERE supply_kind <> 'stock_level';

CREATE INDEX receipt_line_by_purchase_line ON receipt_line (purchase_line_id)
    WHERE purchase_line_id IS NOT NULL;

-- Goods that a supplier sent straight to our customer.
CREATE TABLE supplier_shipment (
    id bytea PRIMARY KEY,
    purchase_order_id bytea NOT NULL REFERENCES purchase_order (id),
    purchase_line_id bytea NOT NULL REFERENCES purchase_line (id),
    order_id bytea NOT NULL,
    order_line_id bytea NOT NULL,
    item_id bytea NOT NULL,
    qty bigint NOT NULL CHECK (qty > 0),
    value_minor bigint NOT NULL CHECK (value_minor >= 0),
    reference text COLLATE "C",
    tracking text COLLATE "C",
    shipped_at bigint NOT NULL,
    reversed_at bigint
);

CREATE INDEX supplier_shipment_by_line ON supplier_shipment (purchase_line_id);

CREATE INDEX supplier_shipment_by_order ON supplier_shipment (order_id);

-- What a supplier wants from us, or with a credit note gives back; amounts are positive.
CREATE TABLE supplier_invoice (
    id bytea PRIMARY KEY,
    supplier_id bytea NOT NULL REFERENCES supplier (id),
    legal_entity_id bytea NOT NULL REFERENCES legal_entity (id),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    number text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('held', 'posted', 'rejected')),
    currency text COLLATE "C" NOT NULL,
    net_minor bigint NOT NULL CHECK (net_minor >= 0),
    charges_minor bigint NOT NULL CHECK (charges_minor >= 0),
    tax_minor bigint NOT NULL CHECK (tax_minor >= 0),
    total_minor bigint NOT NULL,
    settled_minor bigint NOT NULL,
    booked_minor bigint NOT NULL CHECK (booked_minor >= 0),
    tax_code text COLLATE "C",
    reasons text COLLATE "C" NOT NULL,
    entered_by bytea NOT NULL,
    approved_by bytea,
    invoiced_on bigint NOT NULL,
    due_on bigint NOT NULL,
    entered_at bigint NOT NULL,
    posted_at bigint,
    version bigint NOT NULL CHECK (version > 0),
    UNIQUE (supplier_id, kind, number),
    CHECK (total_minor = net_minor + charges_minor + tax_minor),
    CHECK (settled_minor BETWEEN 0 AND total_minor)
);

CREATE INDEX supplier_invoice_by_due ON supplier_invoice (due_on, id)
    WHERE state = 'posted';

CREATE TABLE supplier_invoice_line (
    id bytea PRIMARY KEY,
    supplier_invoice_id bytea NOT NULL REFERENCES supplier_invoice (id),
    position bigint NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('goods', 'return', 'charge', 'rebate')),
    purchase_line_id bytea,
    vendor_return_line_id bytea,
    item_id bytea,
    description text COLLATE "C" NOT NULL,
    qty bigint NOT NULL CHECK (qty >= 0),
    net_minor bigint NOT NULL CHECK (net_minor >= 0),
    booked_minor bigint NOT NULL,
    cleared_minor bigint NOT NULL,
    spread text COLLATE "C" CHECK (spread IN ('value', 'weight', 'none'))
);

CREATE INDEX supplier_invoice_line_by_invoice ON supplier_invoice_line (supplier_invoice_id);

CREATE INDEX supplier_invoice_line_by_purchase_line ON supplier_invoice_line (purchase_line_id)
    WHERE purchase_line_id IS NOT NULL;

CREATE TABLE supplier_payment (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    supplier_id bytea NOT NULL REFERENCES supplier (id),
    legal_entity_id bytea NOT NULL REFERENCES legal_entity (id),
    currency text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    booked_minor bigint NOT NULL CHECK (booked_minor >= 0),
    reference text COLLATE "C",
    paid_on bigint NOT NULL,
    created_at bigint NOT NULL,
    reversed_at bigint
);

CREATE INDEX supplier_payment_by_supplier ON supplier_payment (supplier_id, paid_on);

-- What settles a supplier's invoice: money, or a credit note of his. Negative rows take it back.
CREATE TABLE supplier_application (
    id bytea PRIMARY KEY,
    supplier_invoice_id bytea NOT NULL REFERENCES supplier_invoice (id),
    source_kind text COLLATE "C" NOT NULL
        CHECK (source_kind IN ('payment', 'credit_note', 'invoice')),
    source_id bytea NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    booked_minor bigint NOT NULL,
    applied_at bigint NOT NULL
);

CREATE INDEX supplier_application_by_invoice ON supplier_application (supplier_invoice_id);

CREATE INDEX supplier_application_by_source ON supplier_application (source_id);

CREATE TABLE vendor_return (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    supplier_id bytea NOT NULL REFERENCES supplier (id),
    location_id bytea NOT NULL REFERENCES location (id),
    reference text COLLATE "C",
    reason text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('sent', 'settled')),
    sent_at bigint NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

CREATE TABLE vendor_return_line (
    id bytea PRIMARY KEY,
    vendor_return_id bytea NOT NULL REFERENCES vendor_return (id),
    position bigint NOT NULL,
    item_id bytea NOT NULL REFERENCES item (id),
    lot_id bytea NOT NULL,
    place_id bytea NOT NULL,
    qty bigint NOT NULL CHECK (qty > 0),
    credited bigint NOT NULL CHECK (credited >= 0),
    rejected bigint NOT NULL CHECK (rejected >= 0),
    value_minor bigint NOT NULL CHECK (value_minor >= 0),
    CHECK (credited + rejected <= qty)
);

CREATE INDEX vendor_return_line_by_return ON vendor_return_line (vendor_return_id);

-- What is given back for what is bought: by suppliers to us, or by us to customers.
CREATE TABLE rebate (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    side text COLLATE "C" NOT NULL CHECK (side IN ('supplier', 'customer')),
    partner_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    basis text COLLATE "C" NOT NULL CHECK (basis IN ('percent', 'unit')),
    item_id bytea,
    span text COLLATE "C" NOT NULL CHECK (span IN ('month', 'quarter', 'year')),
    tiers text COLLATE "C" NOT NULL,
    starts_on bigint NOT NULL,
    ends_on bigint,
    active bigint NOT NULL CHECK (active IN (0, 1)),
    version bigint NOT NULL CHECK (version > 0),
    created_at bigint NOT NULL
);

CREATE INDEX rebate_by_partner ON rebate (partner_id);

-- One row for each line that earns a rebate, and one more where another tier is reached.
CREATE TABLE rebate_accrual (
    id bytea PRIMARY KEY,
    rebate_id bytea NOT NULL REFERENCES rebate (id),
    period text COLLATE "C" NOT NULL,
    legal_entity_id bytea NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('line', 'tier', 'settled')),
    source_id bytea NOT NULL,
    base_minor bigint NOT NULL,
    qty bigint NOT NULL,
    amount_minor bigint NOT NULL,
    accrued_at bigint NOT NULL,
    UNIQUE (rebate_id, kind, source_id)
);

CREATE INDEX rebate_accrual_by_period ON rebate_accrual (rebate_id, period);
