-- What an account was agreed on, and who collected goods.
ALTER TABLE account ADD COLUMN terms TEXT NOT NULL DEFAULT 'days'
    CHECK (terms IN ('days', 'end_of_month', 'days_to_end_of_month'));

ALTER TABLE account ADD COLUMN when_over TEXT NOT NULL DEFAULT 'refuse'
    CHECK (when_over IN ('refuse', 'hold'));

ALTER TABLE account ADD COLUMN reference_required INTEGER NOT NULL DEFAULT 0
    CHECK (reference_required IN (0, 1));

ALTER TABLE account ADD COLUMN contact_required INTEGER NOT NULL DEFAULT 0
    CHECK (contact_required IN (0, 1));

UPDATE account SET state = 'closed' WHERE state = 'inactive';

ALTER TABLE contact ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

ALTER TABLE shipment ADD COLUMN collected_by BLOB;
