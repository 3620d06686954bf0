-- Buying: what suppliers agreed to, what was ordered, invoiced, paid and sent back, and rebates.
ALTER TABLE supplier ADD COLUMN terms_days INTEGER NOT NULL DEFAULT 30 CHECK (terms_days >= 0);

ALTER TABLE supplier ADD COLUMN over_ppm INTEGER NOT NULL DEFAULT 0 CHECK (over_ppm >= 0);

ALTER TABLE supplier ADD COLUMN under_ppm INTEGER NOT NULL DEFAULT 0 CHECK (under_ppm >= 0);

-- How far above the order's price an invoice may be and still match.
ALTER TABLE supplier ADD COLUMN price_ppm INTEGER NOT NULL DEFAULT 0 CHECK (price_ppm >= 0);

-- Where a price difference goes: an expense, or into the value of the goods.
ALTER TABLE supplier ADD COLUMN variance TEXT NOT NULL DEFAULT 'expense'
    CHECK (variance IN ('expense', 'stock'));

-- What customers have paid of a special order before it is sent to the supplier.
ALTER TABLE supplier ADD COLUMN deposit_ppm INTEGER NOT NULL DEFAULT 0
    CHECK (deposit_ppm BETWEEN 0 AND 1000000);

ALTER TABLE supplier_item ADD COLUMN pack_gtin TEXT;

ALTER TABLE supplier_item ADD COLUMN cost_unit TEXT NOT NULL DEFAULT 'each';

ALTER TABLE supplier_item ADD COLUMN cost_num INTEGER NOT NULL DEFAULT 1 CHECK (cost_num > 0);

ALTER TABLE supplier_item ADD COLUMN cost_den INTEGER NOT NULL DEFAULT 1 CHECK (cost_den > 0);

ALTER TABLE supplier_item ADD COLUMN lead_time_days INTEGER CHECK (lead_time_days >= 0);

ALTER TABLE supplier_item ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- No purchase order could be recorded before this step.
DROP TABLE purchase_line;

DROP TABLE purchase_order;

CREATE TABLE purchase_order (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    supplier_id BLOB NOT NULL REFERENCES supplier (id),
    location_id BLOB NOT NULL REFERENCES location (id),
    legal_entity_id BLOB NOT NULL REFERENCES legal_entity (id),
    currency TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'sent', 'confirmed', 'part_received', 'closed', 'canceled')),
    reference TEXT,
    note TEXT,
    expected_on INTEGER,
    sent_at INTEGER,
    confirmed_at INTEGER,
    closed_at INTEGER,
    canceled_at INTEGER,
    version INTEGER NOT NULL CHECK (version > 0),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX purchase_order_by_supplier ON purchase_order (supplier_id, id);

CREATE INDEX purchase_order_open ON purchase_order (location_id, expected_on)
    WHERE state IN ('sent', 'confirmed', 'part_received');

-- ordered + over = canceled + open + received, over within max_over; values in minor units of the
-- legal entity's currency: what was received at the order's price, and what of it was invoiced.
CREATE TABLE purchase_line (
    id BLOB NOT NULL PRIMARY KEY,
    purchase_order_id BLOB NOT NULL REFERENCES purchase_order (id),
    position INTEGER NOT NULL,
    item_id BLOB NOT NULL REFERENCES item (id),
    description TEXT NOT NULL,
    supplier_sku TEXT,
    order_id BLOB,
    order_line_id BLOB,
    direct INTEGER NOT NULL CHECK (direct IN (0, 1)),
    pack_qty INTEGER NOT NULL CHECK (pack_qty > 0),
    minimum_qty INTEGER NOT NULL CHECK (minimum_qty >= 0),
    unit TEXT NOT NULL,
    unit_num INTEGER NOT NULL CHECK (unit_num > 0),
    unit_den INTEGER NOT NULL CHECK (unit_den > 0),
    price TEXT NOT NULL,
    price_unit TEXT NOT NULL,
    price_num INTEGER NOT NULL CHECK (price_num > 0),
    price_den INTEGER NOT NULL CHECK (price_den > 0),
    max_over INTEGER NOT NULL CHECK (max_over >= 0),
    max_short INTEGER NOT NULL CHECK (max_short >= 0),
    ordered INTEGER NOT NULL CHECK (ordered > 0),
    canceled INTEGER NOT NULL CHECK (canceled BETWEEN 0 AND ordered),
    received INTEGER NOT NULL CHECK (received >= 0),
    invoiced INTEGER NOT NULL CHECK (invoiced >= 0),
    received_minor INTEGER NOT NULL,
    cleared_minor INTEGER NOT NULL,
    expected_on INTEGER,
    confirmations TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX purchase_line_by_order ON purchase_line (purchase_order_id);

CREATE INDEX purchase_line_by_item ON purchase_line (item_id);

CREATE INDEX purchase_line_by_order_line ON purchase_line (order_line_id)
    WHERE order_line_id IS NOT NULL;

CREATE INDEX claim_by_supply ON claim (supply_id) WHERE supply_kind <> 'stock_level';

CREATE INDEX receipt_line_by_purchase_line ON receipt_line (purchase_line_id)
    WHERE purchase_line_id IS NOT NULL;

-- Goods that a supplier sent straight to our customer.
CREATE TABLE supplier_shipment (
    id BLOB NOT NULL PRIMARY KEY,
    purchase_order_id BLOB NOT NULL REFERENCES purchase_order (id),
    purchase_line_id BLOB NOT NULL REFERENCES purchase_line (id),
    order_id BLOB NOT NULL,
    order_line_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    qty INTEGER NOT NULL CHECK (qty > 0),
    value_minor INTEGER NOT NULL CHECK (value_minor >= 0),
    reference TEXT,
    tracking TEXT,
    shipped_at INTEGER NOT NULL,
    reversed_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX supplier_shipment_by_line ON supplier_shipment (purchase_line_id);

CREATE INDEX supplier_shipment_by_order ON supplier_shipment (order_id);

-- What a supplier wants from us, or with a credit note gives back; amounts are positive.
CREATE TABLE supplier_invoice (
    id BLOB NOT NULL PRIMARY KEY,
    supplier_id BLOB NOT NULL REFERENCES supplier (id),
    legal_entity_id BLOB NOT NULL REFERENCES legal_entity (id),
    kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'posted', 'rejected')),
    currency TEXT NOT NULL,
    net_minor INTEGER NOT NULL CHECK (net_minor >= 0),
    charges_minor INTEGER NOT NULL CHECK (charges_minor >= 0),
    tax_minor INTEGER NOT NULL CHECK (tax_minor >= 0),
    total_minor INTEGER NOT NULL,
    settled_minor INTEGER NOT NULL,
    booked_minor INTEGER NOT NULL CHECK (booked_minor >= 0),
    tax_code TEXT,
    reasons TEXT NOT NULL,
    entered_by BLOB NOT NULL,
    approved_by BLOB,
    invoiced_on INTEGER NOT NULL,
    due_on INTEGER NOT NULL,
    entered_at INTEGER NOT NULL,
    posted_at INTEGER,
    version INTEGER NOT NULL CHECK (version > 0),
    UNIQUE (supplier_id, kind, number),
    CHECK (total_minor = net_minor + charges_minor + tax_minor),
    CHECK (settled_minor BETWEEN 0 AND total_minor)
) STRICT, WITHOUT ROWID;

CREATE INDEX supplier_invoice_by_due ON supplier_invoice (due_on, id)
    WHERE state = 'posted';

CREATE TABLE supplier_invoice_line (
    id BLOB NOT NULL PRIMARY KEY,
    supplier_invoice_id BLOB NOT NULL REFERENCES supplier_invoice (id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('goods', 'return', 'charge', 'rebate')),
    purchase_line_id BLOB,
    vendor_return_line_id BLOB,
    item_id BLOB,
    description TEXT NOT NULL,
    qty INTEGER NOT NULL CHECK (qty >= 0),
    net_minor INTEGER NOT NULL CHECK (net_minor >= 0),
    booked_minor INTEGER NOT NULL,
    cleared_minor INTEGER NOT NULL,
    spread TEXT CHECK (spread IN ('value', 'weight', 'none'))
) STRICT, WITHOUT ROWID;

CREATE INDEX supplier_invoice_line_by_invoice ON supplier_invoice_line (supplier_invoice_id);

CREATE INDEX supplier_invoice_line_by_purchase_line ON supplier_invoice_line (purchase_line_id)
    WHERE purchase_line_id IS NOT NULL;

CREATE TABLE supplier_payment (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    supplier_id BLOB NOT NULL REFERENCES supplier (id),
    legal_entity_id BLOB NOT NULL REFERENCES legal_entity (id),
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    booked_minor INTEGER NOT NULL CHECK (booked_minor >= 0),
    reference TEXT,
    paid_on INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    reversed_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX supplier_payment_by_supplier ON supplier_payment (supplier_id, paid_on);

-- What settles a supplier's invoice: money, or a credit note of his. Negative rows take it back.
CREATE TABLE supplier_application (
    id BLOB NOT NULL PRIMARY KEY,
    supplier_invoice_id BLOB NOT NULL REFERENCES supplier_invoice (id),
    source_kind TEXT NOT NULL CHECK (source_kind IN ('payment', 'credit_note', 'invoice')),
    source_id BLOB NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    booked_minor INTEGER NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX supplier_application_by_invoice ON supplier_application (supplier_invoice_id);

CREATE INDEX supplier_application_by_source ON supplier_application (source_id);

CREATE TABLE vendor_return (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    supplier_id BLOB NOT NULL REFERENCES supplier (id),
    location_id BLOB NOT NULL REFERENCES location (id),
    reference TEXT,
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('sent', 'settled')),
    sent_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE vendor_return_line (
    id BLOB NOT NULL PRIMARY KEY,
    vendor_return_id BLOB NOT NULL REFERENCES vendor_return (id),
    position INTEGER NOT NULL,
    item_id BLOB NOT NULL REFERENCES item (id),
    lot_id BLOB NOT NULL,
    place_id BLOB NOT NULL,
    qty INTEGER NOT NULL CHECK (qty > 0),
    credited INTEGER NOT NULL CHECK (credited >= 0),
    rejected INTEGER NOT NULL CHECK (rejected >= 0),
    value_minor INTEGER NOT NULL CHECK (value_minor >= 0),
    CHECK (credited + rejected <= qty)
) STRICT, WITHOUT ROWID;

CREATE INDEX vendor_return_line_by_return ON vendor_return_line (vendor_return_id);

-- What is given back for what is bought: by suppliers to us, or by us to customers.
CREATE TABLE rebate (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('supplier', 'customer')),
    partner_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    basis TEXT NOT NULL CHECK (basis IN ('percent', 'unit')),
    item_id BLOB,
    span TEXT NOT NULL CHECK (span IN ('month', 'quarter', 'year')),
    tiers TEXT NOT NULL,
    starts_on INTEGER NOT NULL,
    ends_on INTEGER,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    version INTEGER NOT NULL CHECK (version > 0),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX rebate_by_partner ON rebate (partner_id);

-- One row for each line that earns a rebate, and one more where another tier is reached.
CREATE TABLE rebate_accrual (
    id BLOB NOT NULL PRIMARY KEY,
    rebate_id BLOB NOT NULL REFERENCES rebate (id),
    period TEXT NOT NULL,
    legal_entity_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('line', 'tier', 'settled')),
    source_id BLOB NOT NULL,
    base_minor INTEGER NOT NULL,
    qty INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    accrued_at INTEGER NOT NULL,
    UNIQUE (rebate_id, kind, source_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX rebate_accrual_by_period ON rebate_accrual (rebate_id, period);
