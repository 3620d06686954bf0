-- What things cost: price lists with quantity breaks, discounts, floors, tax codes and rules.
CREATE TABLE customer_group (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL
);

-- subject_id: the channel, customer group, account or site it is for; zero for everybody.
CREATE TABLE price_list (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL
        CHECK (scope IN ('base', 'channel', 'customer_group', 'account', 'site')),
    subject_id bytea NOT NULL,
    discount_ppm bigint NOT NULL CHECK (discount_ppm BETWEEN 0 AND 1000000),
    whole bigint NOT NULL CHECK (whole IN (0, 1)),
    tax_included bigint CHECK (tax_included IN (0, 1)),
    margin_ppm bigint CHECK (margin_ppm >= 0),
    valid_from bigint,
    valid_until bigint,
    state text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE price_entry (
    id bytea PRIMARY KEY,
    price_list_id bytea NOT NULL REFERENCES price_list (id),
    item_id bytea NOT NULL,
    from_qty bigint NOT NULL CHECK (from_qty >= 0),
    price text COLLATE "C" NOT NULL,
    price_unit text COLLATE "C" NOT NULL,
    price_num bigint NOT NULL CHECK (price_num > 0),
    price_den bigint NOT NULL CHECK (price_den > 0),
    valid_from bigint,
    valid_until bigint
);

CREATE INDEX price_entry_by_item ON price_entry (item_id);

CREATE INDEX price_entry_by_list ON price_entry (price_list_id, item_id);

-- What a customer group gets off: of one item, of one category, or of everything.
CREATE TABLE discount_rule (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    customer_group_id bytea NOT NULL REFERENCES customer_group (id),
    item_id bytea,
    category text COLLATE "C",
    discount_ppm bigint NOT NULL CHECK (discount_ppm BETWEEN 0 AND 1000000),
    valid_from bigint,
    valid_until bigint
);

CREATE TABLE category (
    code text COLLATE "C" PRIMARY KEY,
    margin_ppm bigint CHECK (margin_ppm >= 0)
);

CREATE TABLE item_pricing (
    item_id bytea PRIMARY KEY REFERENCES item (id),
    category text COLLATE "C",
    tax_class text COLLATE "C",
    margin_ppm bigint CHECK (margin_ppm >= 0)
);

CREATE TABLE channel_pricing (
    channel_id bytea PRIMARY KEY REFERENCES channel (id),
    tax_included bigint NOT NULL CHECK (tax_included IN (0, 1))
);

CREATE TABLE account_pricing (
    account_id bytea PRIMARY KEY REFERENCES account (id),
    customer_group_id bytea,
    tax_number text COLLATE "C"
);

CREATE TABLE tax_code (
    code text COLLATE "C" PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL
        CHECK (kind IN ('standard', 'zero_rated', 'exempt', 'reverse_charge')),
    note text COLLATE "C"
);

-- NULL matches everything; the rule that says most wins in its layer.
CREATE TABLE tax_rule (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL REFERENCES tax_code (code),
    layer bigint NOT NULL CHECK (layer > 0),
    seller_country text COLLATE "C",
    country text COLLATE "C",
    region text COLLATE "C",
    tax_class text COLLATE "C",
    buyer text COLLATE "C" CHECK (buyer IN ('business', 'consumer')),
    rate text COLLATE "C" NOT NULL,
    valid_from bigint,
    valid_until bigint
);

CREATE TABLE tax_exemption (
    id bytea PRIMARY KEY,
    account_id bytea NOT NULL REFERENCES account (id),
    code text COLLATE "C" NOT NULL REFERENCES tax_code (code),
    certificate text COLLATE "C" NOT NULL,
    country text COLLATE "C",
    valid_from bigint,
    valid_until bigint
);

CREATE INDEX tax_exemption_by_account ON tax_exemption (account_id);

-- Why each line costs what it costs: every price considered, the floor, the taxes.
CREATE TABLE price_trace (
    order_id bytea PRIMARY KEY,
    decided_at bigint NOT NULL,
    trace text COLLATE "C" NOT NULL
);
