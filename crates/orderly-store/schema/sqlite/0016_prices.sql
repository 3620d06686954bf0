-- What things cost: price lists with quantity breaks, discounts, floors, tax codes and rules.
CREATE TABLE customer_group (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- subject_id: the channel, customer group, account or site it is for; zero for everybody.
CREATE TABLE price_list (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('base', 'channel', 'customer_group', 'account', 'site')),
    subject_id BLOB NOT NULL,
    discount_ppm INTEGER NOT NULL CHECK (discount_ppm BETWEEN 0 AND 1000000),
    whole INTEGER NOT NULL CHECK (whole IN (0, 1)),
    tax_included INTEGER CHECK (tax_included IN (0, 1)),
    margin_ppm INTEGER CHECK (margin_ppm >= 0),
    valid_from INTEGER,
    valid_until INTEGER,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE price_entry (
    id BLOB NOT NULL PRIMARY KEY,
    price_list_id BLOB NOT NULL REFERENCES price_list (id),
    item_id BLOB NOT NULL,
    from_qty INTEGER NOT NULL CHECK (from_qty >= 0),
    price TEXT NOT NULL,
    price_unit TEXT NOT NULL,
    price_num INTEGER NOT NULL CHECK (price_num > 0),
    price_den INTEGER NOT NULL CHECK (price_den > 0),
    valid_from INTEGER,
    valid_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX price_entry_by_item ON price_entry (item_id);

CREATE INDEX price_entry_by_list ON price_entry (price_list_id, item_id);

-- What a customer group gets off: of one item, of one category, or of everything.
CREATE TABLE discount_rule (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    customer_group_id BLOB NOT NULL REFERENCES customer_group (id),
    item_id BLOB,
    category TEXT,
    discount_ppm INTEGER NOT NULL CHECK (discount_ppm BETWEEN 0 AND 1000000),
    valid_from INTEGER,
    valid_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE category (
    code TEXT NOT NULL PRIMARY KEY,
    margin_ppm INTEGER CHECK (margin_ppm >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE item_pricing (
    item_id BLOB NOT NULL PRIMARY KEY REFERENCES item (id),
    category TEXT,
    tax_class TEXT,
    margin_ppm INTEGER CHECK (margin_ppm >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_pricing (
    channel_id BLOB NOT NULL PRIMARY KEY REFERENCES channel (id),
    tax_included INTEGER NOT NULL CHECK (tax_included IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE account_pricing (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES account (id),
    customer_group_id BLOB,
    tax_number TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE tax_code (
    code TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('standard', 'zero_rated', 'exempt', 'reverse_charge')),
    note TEXT
) STRICT, WITHOUT ROWID;

-- NULL matches everything; the rule that says most wins in its layer.
CREATE TABLE tax_rule (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL REFERENCES tax_code (code),
    layer INTEGER NOT NULL CHECK (layer > 0),
    seller_country TEXT,
    country TEXT,
    region TEXT,
    tax_class TEXT,
    buyer TEXT CHECK (buyer IN ('business', 'consumer')),
    rate TEXT NOT NULL,
    valid_from INTEGER,
    valid_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE tax_exemption (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account (id),
    code TEXT NOT NULL REFERENCES tax_code (code),
    certificate TEXT NOT NULL,
    country TEXT,
    valid_from INTEGER,
    valid_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX tax_exemption_by_account ON tax_exemption (account_id);

-- Why each line costs what it costs: every price considered, the floor, the taxes.
CREATE TABLE price_trace (
    order_id BLOB NOT NULL PRIMARY KEY,
    decided_at INTEGER NOT NULL,
    trace TEXT NOT NULL
) STRICT, WITHOUT ROWID;
