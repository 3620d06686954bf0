-- Closed periods, rates of exchange, late costs, and the sums that reports are read from.

-- The first accounting day that may be posted on; NULL where no period is closed.
ALTER TABLE legal_entity ADD COLUMN open_on bigint;

ALTER TABLE accounting_period ADD COLUMN reason text COLLATE "C";

ALTER TABLE accounting_period ADD COLUMN changed_by bytea;

-- What was agreed, in another currency than the journal's.
ALTER TABLE posting ADD COLUMN foreign_currency text COLLATE "C";

ALTER TABLE posting ADD COLUMN foreign_minor bigint;

CREATE INDEX journal_by_day ON journal (legal_entity_id, accounting_on, id);

-- Units of into_currency for one unit of currency.
CREATE TABLE exchange_rate (
    currency text COLLATE "C" NOT NULL,
    into_currency text COLLATE "C" NOT NULL,
    rate_on bigint NOT NULL,
    rate text COLLATE "C" NOT NULL,
    recorded_at bigint NOT NULL,
    PRIMARY KEY (currency, into_currency, rate_on),
    CHECK (currency <> into_currency)
);

-- Costs that became known after the goods came in, by the levels that held them: what the goods
-- still there are worth more, and what belongs to those that are gone.
CREATE TABLE late_cost (
    id bytea PRIMARY KEY,
    journal_id bytea NOT NULL REFERENCES journal (id),
    item_id bytea NOT NULL,
    location_id bytea NOT NULL,
    lot_class bytea NOT NULL,
    cause_kind text COLLATE "C" NOT NULL,
    cause_id bytea NOT NULL,
    inventory_minor bigint NOT NULL,
    cost_minor bigint NOT NULL,
    actor_kind text COLLATE "C" NOT NULL,
    actor_id bytea NOT NULL,
    effective_at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    UNIQUE (cause_id, cause_kind, item_id, location_id, lot_class),
    CHECK (inventory_minor <> 0 OR cost_minor <> 0)
);

CREATE INDEX late_cost_by_item ON late_cost (item_id, recorded_at);

-- Journals that wait for their number and are not in the turnovers yet.
CREATE TABLE journal_pending (
    journal_id bytea PRIMARY KEY
);

-- The numbers of the journals of a legal entity: without gaps, in the order they became known.
CREATE TABLE journal_number (
    legal_entity_id bytea NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    journal_id bytea NOT NULL UNIQUE REFERENCES journal (id),
    PRIMARY KEY (legal_entity_id, number)
);

-- The last number that the ledger had given when the period was closed.
ALTER TABLE accounting_period ADD COLUMN closed_number bigint;

-- What the merchant calls an account, and its number there.
ALTER TABLE ledger_account ADD COLUMN number text COLLATE "C";

-- The sums of a day's numbered postings by kind of journal; zero ids and empty codes where a
-- posting has none.
CREATE TABLE turnover (
    legal_entity_id bytea NOT NULL,
    accounting_on bigint NOT NULL,
    account text COLLATE "C" NOT NULL,
    location_id bytea NOT NULL,
    channel_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    tax_code text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    debit_minor bigint NOT NULL CHECK (debit_minor >= 0),
    credit_minor bigint NOT NULL CHECK (credit_minor >= 0),
    tax_base_minor bigint NOT NULL,
    posting_count bigint NOT NULL CHECK (posting_count > 0),
    PRIMARY KEY (legal_entity_id, accounting_on, account, location_id, channel_id, currency,
        tax_code, kind)
);

INSERT INTO journal_pending (journal_id) SELECT id FROM journal;
