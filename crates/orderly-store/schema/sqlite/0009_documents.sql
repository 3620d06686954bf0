-- Documents of revenue in full: what settles them, what they replace and correct.

-- Of what was captured and not refunded, what has settled the order's invoices.
ALTER TABLE orders ADD COLUMN used_minor INTEGER NOT NULL DEFAULT 0;

ALTER TABLE orders ADD COLUMN invoicing TEXT NOT NULL DEFAULT 'per_delivery'
    CHECK (invoicing IN ('per_sale', 'per_delivery', 'collective'));

-- What of the charge is on invoices, tax included.
ALTER TABLE charge ADD COLUMN invoiced_minor INTEGER NOT NULL DEFAULT 0;

-- What of the value was lost or came back.
ALTER TABLE shipment_line ADD COLUMN back_minor INTEGER NOT NULL DEFAULT 0;

ALTER TABLE invoice ADD COLUMN channel_id BLOB;

-- The receipt that this invoice stands for: it posts nothing.
ALTER TABLE invoice ADD COLUMN replaces_id BLOB;

ALTER TABLE invoice ADD COLUMN refund_id BLOB;

ALTER TABLE invoice ADD COLUMN reference TEXT;

ALTER TABLE invoice ADD COLUMN reason TEXT;

ALTER TABLE invoice ADD COLUMN settled_minor INTEGER NOT NULL DEFAULT 0
    CHECK (settled_minor >= 0 AND settled_minor <= total_minor);

-- Counts what happened to the document after it was issued, and its events.
ALTER TABLE invoice ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

CREATE UNIQUE INDEX invoice_by_replaced ON invoice (replaces_id) WHERE replaces_id IS NOT NULL;

CREATE INDEX invoice_by_corrected ON invoice (corrects_id) WHERE corrects_id IS NOT NULL;

CREATE INDEX invoice_by_issued ON invoice (issued_at, id);

CREATE INDEX invoice_by_customer ON invoice (customer_id, issued_on)
    WHERE customer_id IS NOT NULL;

-- What is still to be paid, or to be set against other documents.
CREATE INDEX invoice_by_open ON invoice (account_id, due_on)
    WHERE settled_minor < total_minor;

ALTER TABLE invoice_line ADD COLUMN delivery_id BLOB;

ALTER TABLE invoice_line ADD COLUMN location_id BLOB;

-- The line of the invoice that a line of a credit note takes back.
ALTER TABLE invoice_line ADD COLUMN credits_id BLOB;

-- How a line of a credit note counts: taken back as if never invoiced, returned, or money only.
ALTER TABLE invoice_line ADD COLUMN effect TEXT NOT NULL DEFAULT 'invoiced'
    CHECK (effect IN ('invoiced', 'undone', 'returned', 'allowance'));

ALTER TABLE invoice_line ADD COLUMN sku TEXT;

ALTER TABLE invoice_line ADD COLUMN quantity TEXT NOT NULL DEFAULT '';

ALTER TABLE invoice_line ADD COLUMN unit TEXT NOT NULL DEFAULT '';

ALTER TABLE invoice_line ADD COLUMN price TEXT NOT NULL DEFAULT '';

CREATE INDEX invoice_line_by_order ON invoice_line (order_id) WHERE order_id IS NOT NULL;

CREATE INDEX invoice_line_by_credited ON invoice_line (credits_id) WHERE credits_id IS NOT NULL;

-- What settles a document, or opens it again; the amounts sum to what of it is settled.
CREATE TABLE settlement (
    id BLOB NOT NULL PRIMARY KEY,
    invoice_id BLOB NOT NULL REFERENCES invoice (id),
    source_kind TEXT NOT NULL CHECK (source_kind IN
        ('deposit', 'application', 'credit_note', 'write_off', 'payout', 'replacement')),
    source_id BLOB NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    settled_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX settlement_by_invoice ON settlement (invoice_id);

CREATE INDEX settlement_by_source ON settlement (source_id);

-- Orders whose invoice waits for the collective run, as far as they are known to have something
-- to invoice; found without reading every order.
CREATE TABLE invoice_pending (
    order_id BLOB NOT NULL PRIMARY KEY REFERENCES orders (id),
    account_id BLOB,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX invoice_pending_by_account ON invoice_pending (account_id, since);
