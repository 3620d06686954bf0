-- Quotes and agreements in revisions; runs of the merchant's own vehicles.
ALTER TABLE quote ADD COLUMN legal_entity_id BLOB;
ALTER TABLE quote ADD COLUMN reference TEXT;
ALTER TABLE quote ADD COLUMN revision INTEGER NOT NULL DEFAULT 0 CHECK (revision >= 0);
ALTER TABLE quote ADD COLUMN valid_from INTEGER;
ALTER TABLE quote ADD COLUMN message TEXT;
ALTER TABLE quote ADD COLUMN total_minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quote ADD COLUMN draft TEXT;
ALTER TABLE quote ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE quote_line ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quote_line ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';

CREATE TABLE quote_revision (
    quote_id BLOB NOT NULL REFERENCES quote (id),
    number INTEGER NOT NULL CHECK (number > 0),
    terms TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (quote_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_line_by_origin ON order_line (origin_line_id)
    WHERE origin_line_id IS NOT NULL;

CREATE TABLE vehicle (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    max_weight_g INTEGER CHECK (max_weight_g > 0),
    max_volume_ml INTEGER CHECK (max_volume_ml > 0),
    max_length_mm INTEGER CHECK (max_length_mm > 0),
    tags TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'inactive')),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE load (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    vehicle_id BLOB NOT NULL REFERENCES vehicle (id),
    location_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    driver TEXT,
    state TEXT NOT NULL CHECK (state IN ('planned', 'departed', 'returned', 'canceled')),
    max_weight_g INTEGER,
    max_volume_ml INTEGER,
    max_length_mm INTEGER,
    weight_g INTEGER NOT NULL CHECK (weight_g >= 0),
    volume_ml INTEGER NOT NULL CHECK (volume_ml >= 0),
    length_mm INTEGER NOT NULL CHECK (length_mm >= 0),
    overridden INTEGER NOT NULL CHECK (overridden IN (0, 1)),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    departed_at INTEGER,
    returned_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX load_by_day ON load (day);

CREATE TABLE load_stop (
    id BLOB NOT NULL PRIMARY KEY,
    load_id BLOB NOT NULL REFERENCES load (id),
    position INTEGER NOT NULL,
    order_id BLOB NOT NULL,
    delivery_id BLOB NOT NULL,
    fulfillment_id BLOB NOT NULL,
    shipment_id BLOB,
    state TEXT NOT NULL
        CHECK (state IN ('planned', 'under_way', 'delivered', 'failed', 'moved', 'removed')),
    from_stop_id BLOB REFERENCES load_stop (id),
    slot_from TEXT,
    slot_until TEXT,
    note TEXT,
    weight_g INTEGER NOT NULL CHECK (weight_g >= 0),
    volume_ml INTEGER NOT NULL CHECK (volume_ml >= 0),
    length_mm INTEGER NOT NULL CHECK (length_mm >= 0),
    reason TEXT,
    received_by TEXT,
    attempted_at INTEGER,
    latitude_e6 INTEGER,
    longitude_e6 INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX load_stop_by_load ON load_stop (load_id);

CREATE INDEX load_stop_by_order ON load_stop (order_id);

CREATE INDEX load_stop_by_shipment ON load_stop (shipment_id) WHERE shipment_id IS NOT NULL;

CREATE TABLE load_line (
    stop_id BLOB NOT NULL REFERENCES load_stop (id),
    order_line_id BLOB NOT NULL,
    qty INTEGER NOT NULL CHECK (qty > 0),
    PRIMARY KEY (stop_id, order_line_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
    id BLOB NOT NULL PRIMARY KEY,
    media_type TEXT NOT NULL,
    content BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE proof (
    stop_id BLOB NOT NULL REFERENCES load_stop (id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('signature', 'photo')),
    document_id BLOB NOT NULL REFERENCES document (id),
    PRIMARY KEY (stop_id, position)
) STRICT, WITHOUT ROWID;
