-- What is sold, through which channels, from where.
CREATE TABLE channel (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('store', 'web', 'marketplace', 'phone', 'edi')),
    when_short text COLLATE "C" NOT NULL CHECK (when_short IN ('refuse', 'accept', 'hand_over')),
    rounding text COLLATE "C" NOT NULL CHECK (rounding IN ('line', 'document')),
    currency text COLLATE "C" NOT NULL,
    legal_entity_id bytea NOT NULL,
    location_id bytea,
    priority bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE location (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('store', 'warehouse', 'third_party')),
    legal_entity_id bytea NOT NULL,
    party_id bytea,
    latitude_e6 bigint CHECK (latitude_e6 BETWEEN -90000000 AND 90000000),
    longitude_e6 bigint CHECK (longitude_e6 BETWEEN -180000000 AND 180000000),
    zone text COLLATE "C" NOT NULL,
    priority bigint NOT NULL,
    fulfills bigint NOT NULL CHECK (fulfills IN (0, 1)),
    storage_bin_id bytea NOT NULL,
    staging_bin_id bytea NOT NULL,
    state text COLLATE "C" NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE bin (
    id bytea PRIMARY KEY,
    location_id bytea NOT NULL REFERENCES location (id),
    code text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('storage', 'staging', 'receiving', 'returns')),
    position bigint NOT NULL,
    capacity_g bigint CHECK (capacity_g > 0),
    capacity_ml bigint CHECK (capacity_ml > 0),
    capacity_mm bigint CHECK (capacity_mm > 0),
    state text COLLATE "C" NOT NULL,
    UNIQUE (location_id, code)
);

CREATE TABLE item (
    id bytea PRIMARY KEY,
    sku text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    goods text COLLATE "C" NOT NULL
        CHECK (goods IN ('counted', 'continuous', 'lengths', 'catch_weight', 'service')),
    base_unit text COLLATE "C" NOT NULL,
    tracking text COLLATE "C" NOT NULL CHECK (tracking IN ('none', 'lot', 'serial')),
    sale_unit text COLLATE "C" NOT NULL,
    price text COLLATE "C",
    price_unit text COLLATE "C" NOT NULL,
    price_num bigint NOT NULL CHECK (price_num > 0),
    price_den bigint NOT NULL CHECK (price_den > 0),
    price_currency text COLLATE "C",
    cost text COLLATE "C",
    gtin text COLLATE "C",
    weight_g bigint CHECK (weight_g >= 0),
    length_mm bigint CHECK (length_mm >= 0),
    width_mm bigint CHECK (width_mm >= 0),
    height_mm bigint CHECK (height_mm >= 0),
    hs_code text COLLATE "C",
    origin_country text COLLATE "C",
    over_ppm bigint NOT NULL CHECK (over_ppm >= 0),
    under_ppm bigint NOT NULL CHECK (under_ppm >= 0),
    min_offcut bigint NOT NULL CHECK (min_offcut >= 0),
    kerf bigint NOT NULL CHECK (kerf >= 0),
    backorder_limit bigint CHECK (backorder_limit >= 0),
    refurbish_item_id bytea,
    kit bigint NOT NULL CHECK (kit IN (0, 1)),
    state text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE INDEX item_by_gtin ON item (gtin) WHERE gtin IS NOT NULL;

CREATE TABLE item_unit (
    item_id bytea NOT NULL REFERENCES item (id),
    code text COLLATE "C" NOT NULL,
    num bigint NOT NULL CHECK (num > 0),
    den bigint NOT NULL CHECK (den > 0),
    whole bigint NOT NULL CHECK (whole IN (0, 1)),
    gtin text COLLATE "C",
    PRIMARY KEY (item_id, code)
);

CREATE TABLE kit_component (
    kit_id bytea NOT NULL REFERENCES item (id),
    component_id bytea NOT NULL REFERENCES item (id),
    qty bigint NOT NULL CHECK (qty > 0),
    position bigint NOT NULL,
    PRIMARY KEY (kit_id, component_id),
    CHECK (kit_id <> component_id)
);

CREATE TABLE lot (
    id bytea PRIMARY KEY,
    item_id bytea NOT NULL REFERENCES item (id),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('lot', 'serial', 'length')),
    code text COLLATE "C" NOT NULL,
    length_mm bigint CHECK (length_mm > 0),
    expires_on bigint,
    created_at bigint NOT NULL,
    UNIQUE (item_id, kind, code)
);

CREATE TABLE supplier (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    party_id bytea,
    currency text COLLATE "C" NOT NULL,
    lead_time_days bigint NOT NULL CHECK (lead_time_days >= 0),
    state text COLLATE "C" NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE supplier_item (
    supplier_id bytea NOT NULL REFERENCES supplier (id),
    item_id bytea NOT NULL REFERENCES item (id),
    sku text COLLATE "C",
    pack_qty bigint NOT NULL CHECK (pack_qty > 0),
    minimum_qty bigint NOT NULL CHECK (minimum_qty >= 0),
    cost text COLLATE "C",
    PRIMARY KEY (supplier_id, item_id)
);
