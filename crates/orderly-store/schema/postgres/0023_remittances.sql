-- Whose cash on delivery came into a till with an entry, or went back.
CREATE TABLE remittance (
    till_entry_id bytea NOT NULL REFERENCES till_entry (id),
    payment_id bytea NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    PRIMARY KEY (till_entry_id, payment_id)
);

CREATE INDEX remittance_by_payment ON remittance (payment_id);
