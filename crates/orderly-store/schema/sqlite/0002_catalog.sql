-- What is sold, through which channels, from where.
CREATE TABLE channel (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('store', 'web', 'marketplace', 'phone', 'edi')),
    when_short TEXT NOT NULL CHECK (when_short IN ('refuse', 'accept', 'hand_over')),
    rounding TEXT NOT NULL CHECK (rounding IN ('line', 'document')),
    currency TEXT NOT NULL,
    legal_entity_id BLOB NOT NULL,
    location_id BLOB,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE location (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('store', 'warehouse', 'third_party')),
    legal_entity_id BLOB NOT NULL,
    party_id BLOB,
    latitude_e6 INTEGER CHECK (latitude_e6 BETWEEN -90000000 AND 90000000),
    longitude_e6 INTEGER CHECK (longitude_e6 BETWEEN -180000000 AND 180000000),
    zone TEXT NOT NULL,
    priority INTEGER NOT NULL,
    fulfills INTEGER NOT NULL CHECK (fulfills IN (0, 1)),
    storage_bin_id BLOB NOT NULL,
    staging_bin_id BLOB NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE bin (
    id BLOB NOT NULL PRIMARY KEY,
    location_id BLOB NOT NULL REFERENCES location (id),
    code TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('storage', 'staging', 'receiving', 'returns')),
    position INTEGER NOT NULL,
    capacity_g INTEGER CHECK (capacity_g > 0),
    capacity_ml INTEGER CHECK (capacity_ml > 0),
    capacity_mm INTEGER CHECK (capacity_mm > 0),
    state TEXT NOT NULL,
    UNIQUE (location_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
    id BLOB NOT NULL PRIMARY KEY,
    sku TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    goods TEXT NOT NULL
        CHECK (goods IN ('counted', 'continuous', 'lengths', 'catch_weight', 'service')),
    base_unit TEXT NOT NULL,
    tracking TEXT NOT NULL CHECK (tracking IN ('none', 'lot', 'serial')),
    sale_unit TEXT NOT NULL,
    price TEXT,
    price_unit TEXT NOT NULL,
    price_num INTEGER NOT NULL CHECK (price_num > 0),
    price_den INTEGER NOT NULL CHECK (price_den > 0),
    price_currency TEXT,
    cost TEXT,
    gtin TEXT,
    weight_g INTEGER CHECK (weight_g >= 0),
    length_mm INTEGER CHECK (length_mm >= 0),
    width_mm INTEGER CHECK (width_mm >= 0),
    height_mm INTEGER CHECK (height_mm >= 0),
    hs_code TEXT,
    origin_country TEXT,
    over_ppm INTEGER NOT NULL CHECK (over_ppm >= 0),
    under_ppm INTEGER NOT NULL CHECK (under_ppm >= 0),
    min_offcut INTEGER NOT NULL CHECK (min_offcut >= 0),
    kerf INTEGER NOT NULL CHECK (kerf >= 0),
    backorder_limit INTEGER CHECK (backorder_limit >= 0),
    refurbish_item_id BLOB,
    kit INTEGER NOT NULL CHECK (kit IN (0, 1)),
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX item_by_gtin ON item (gtin) WHERE gtin IS NOT NULL;

CREATE TABLE item_unit (
    item_id BLOB NOT NULL REFERENCES item (id),
    code TEXT NOT NULL,
    num INTEGER NOT NULL CHECK (num > 0),
    den INTEGER NOT NULL CHECK (den > 0),
    whole INTEGER NOT NULL CHECK (whole IN (0, 1)),
    gtin TEXT,
    PRIMARY KEY (item_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE kit_component (
    kit_id BLOB NOT NULL REFERENCES item (id),
    component_id BLOB NOT NULL REFERENCES item (id),
    qty INTEGER NOT NULL CHECK (qty > 0),
    position INTEGER NOT NULL,
    PRIMARY KEY (kit_id, component_id),
    CHECK (kit_id <> component_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lot (
    id BLOB NOT NULL PRIMARY KEY,
    item_id BLOB NOT NULL REFERENCES item (id),
    kind TEXT NOT NULL CHECK (kind IN ('lot', 'serial', 'length')),
    code TEXT NOT NULL,
    length_mm INTEGER CHECK (length_mm > 0),
    expires_on INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (item_id, kind, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE supplier (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    party_id BLOB,
    currency TEXT NOT NULL,
    lead_time_days INTEGER NOT NULL CHECK (lead_time_days >= 0),
    state TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE supplier_item (
    supplier_id BLOB NOT NULL REFERENCES supplier (id),
    item_id BLOB NOT NULL REFERENCES item (id),
    sku TEXT,
    pack_qty INTEGER NOT NULL CHECK (pack_qty > 0),
    minimum_qty INTEGER NOT NULL CHECK (minimum_qty >= 0),
    cost TEXT,
    PRIMARY KEY (supplier_id, item_id)
) STRICT, WITHOUT ROWID;
