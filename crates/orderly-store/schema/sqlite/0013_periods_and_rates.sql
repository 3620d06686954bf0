-- Closed periods, rates of exchange, late costs, and the sums that reports are read from.

-- The first accounting day that may be posted on; NULL where no period is closed.
ALTER TABLE legal_entity ADD COLUMN open_on INTEGER;

ALTER TABLE accounting_period ADD COLUMN reason TEXT;

ALTER TABLE accounting_period ADD COLUMN changed_by BLOB;

-- What was agreed, in another currency than the journal's.
ALTER TABLE posting ADD COLUMN foreign_currency TEXT;

ALTER TABLE posting ADD COLUMN foreign_minor INTEGER;

CREATE INDEX journal_by_day ON journal (legal_entity_id, accounting_on, id);

-- Units of into_currency for one unit of currency.
CREATE TABLE exchange_rate (
    currency TEXT NOT NULL,
    into_currency TEXT NOT NULL,
    rate_on INTEGER NOT NULL,
    rate TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (currency, into_currency, rate_on),
    CHECK (currency <> into_currency)
) STRICT, WITHOUT ROWID;

-- Costs that became known after the goods came in, by the levels that held them: what the goods
-- still there are worth more, and what belongs to those that are gone.
CREATE TABLE late_cost (
    id BLOB NOT NULL PRIMARY KEY,
    journal_id BLOB NOT NULL REFERENCES journal (id),
    item_id BLOB NOT NULL,
    location_id BLOB NOT NULL,
    lot_class BLOB NOT NULL,
    cause_kind TEXT NOT NULL,
    cause_id BLOB NOT NULL,
    inventory_minor INTEGER NOT NULL,
    cost_minor INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB NOT NULL,
    effective_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    UNIQUE (cause_id, cause_kind, item_id, location_id, lot_class),
    CHECK (inventory_minor <> 0 OR cost_minor <> 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX late_cost_by_item ON late_cost (item_id, recorded_at);

-- Journals that wait for their number and are not in the turnovers yet.
CREATE TABLE journal_pending (
    journal_id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The numbers of the journals of a legal entity: without gaps, in the order they became known.
CREATE TABLE journal_number (
    legal_entity_id BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    journal_id BLOB NOT NULL UNIQUE REFERENCES journal (id),
    PRIMARY KEY (legal_entity_id, number)
) STRICT, WITHOUT ROWID;

-- The last number that the ledger had given when the period was closed.
ALTER TABLE accounting_period ADD COLUMN closed_number INTEGER;

-- What the merchant calls an account, and its number there.
ALTER TABLE ledger_account ADD COLUMN number TEXT;

-- The sums of a day's numbered postings by kind of journal; zero ids and empty codes where a
-- posting has none.
CREATE TABLE turnover (
    legal_entity_id BLOB NOT NULL,
    accounting_on INTEGER NOT NULL,
    account TEXT NOT NULL,
    location_id BLOB NOT NULL,
    channel_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    tax_code TEXT NOT NULL,
    kind TEXT NOT NULL,
    debit_minor INTEGER NOT NULL CHECK (debit_minor >= 0),
    credit_minor INTEGER NOT NULL CHECK (credit_minor >= 0),
    tax_base_minor INTEGER NOT NULL,
    posting_count INTEGER NOT NULL CHECK (posting_count > 0),
    PRIMARY KEY (legal_entity_id, accounting_on, account, location_id, channel_id, currency,
        tax_code, kind)
) STRICT, WITHOUT ROWID;

INSERT INTO journal_pending (journal_id) SELECT id FROM journal;
