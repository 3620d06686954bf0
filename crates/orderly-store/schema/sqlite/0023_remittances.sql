-- Whose cash on delivery came into a till with an entry, or went back.
CREATE TABLE remittance (
    till_entry_id BLOB NOT NULL REFERENCES till_entry (id),
    payment_id BLOB NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    PRIMARY KEY (till_entry_id, payment_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX remittance_by_payment ON remittance (payment_id);
