-- Quotes and agreements in revisions; runs of the merchant's own vehicles.
ALTER TABLE quote ADD COLUMN legal_entity_id bytea;
ALTER TABLE quote ADD COLUMN reference text COLLATE "C";
ALTER TABLE quote ADD COLUMN revision bigint NOT NULL DEFAULT 0 CHECK (revision >= 0);
ALTER TABLE quote ADD COLUMN valid_from bigint;
ALTER TABLE quote ADD COLUMN message text COLLATE "C";
ALTER TABLE quote ADD COLUMN total_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE quote ADD COLUMN draft text COLLATE "C";
ALTER TABLE quote ADD COLUMN updated_at bigint NOT NULL DEFAULT 0;

ALTER TABLE quote_line ADD COLUMN revision bigint NOT NULL DEFAULT 0;
ALTER TABLE quote_line ADD COLUMN terms text COLLATE "C" NOT NULL DEFAULT '{}';

CREATE TABLE quote_revision (
    quote_id bytea NOT NULL REFERENCES quote (id),
    number bigint NOT NULL CHECK (number > 0),
    terms text COLLATE "C" NOT NULL,
    sent_at bigint NOT NULL,
    PRIMARY KEY (quote_id, number)
);

CREATE INDEX order_line_by_origin ON order_line (origin_line_id)
    WHERE origin_line_id IS NOT NULL;

CREATE TABLE vehicle (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    max_weight_g bigint CHECK (max_weight_g > 0),
    max_volume_ml bigint CHECK (max_volume_ml > 0),
    max_length_mm bigint CHECK (max_length_mm > 0),
    tags text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('active', 'inactive')),
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE load (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    vehicle_id bytea NOT NULL REFERENCES vehicle (id),
    location_id bytea NOT NULL,
    day bigint NOT NULL,
    driver text COLLATE "C",
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('planned', 'departed', 'returned', 'canceled')),
    max_weight_g bigint,
    max_volume_ml bigint,
    max_length_mm bigint,
    weight_g bigint NOT NULL CHECK (weight_g >= 0),
    volume_ml bigint NOT NULL CHECK (volume_ml >= 0),
    length_mm bigint NOT NULL CHECK (length_mm >= 0),
    overridden bigint NOT NULL CHECK (overridden IN (0, 1)),
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    departed_at bigint,
    returned_at bigint
);

CREATE INDEX load_by_day ON load (day);

CREATE TABLE load_stop (
    id bytea PRIMARY KEY,
    load_id bytea NOT NULL REFERENCES load (id),
    position bigint NOT NULL,
    order_id bytea NOT NULL,
    delivery_id bytea NOT NULL,
    fulfillment_id bytea NOT NULL,
    shipment_id bytea,
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('planned', 'under_way', 'delivered', 'failed', 'moved', 'removed')),
    from_stop_id bytea REFERENCES load_stop (id),
    slot_from text COLLATE "C",
    slot_until text COLLATE "C",
    note text COLLATE "C",
    weight_g bigint NOT NULL CHECK (weight_g >= 0),
    volume_ml bigint NOT NULL CHECK (volume_ml >= 0),
    length_mm bigint NOT NULL CHECK (length_mm >= 0),
    reason text COLLATE "C",
    received_by text COLLATE "C",
    attempted_at bigint,
    latitude_e6 bigint,
    longitude_e6 bigint
);

CREATE INDEX load_stop_by_load ON load_stop (load_id);

CREATE INDEX load_stop_by_order ON load_stop (order_id);

CREATE INDEX load_stop_by_shipment ON load_stop (shipment_id) WHERE shipment_id IS NOT NULL;

CREATE TABLE load_line (
    stop_id bytea NOT NULL REFERENCES load_stop (id),
    order_line_id bytea NOT NULL,
    qty bigint NOT NULL CHECK (qty > 0),
    PRIMARY KEY (stop_id, order_line_id)
);

CREATE TABLE document (
    id bytea PRIMARY KEY,
    media_type text COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE proof (
    stop_id bytea NOT NULL REFERENCES load_stop (id),
    position bigint NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('signature', 'photo')),
    document_id bytea NOT NULL REFERENCES document (id),
    PRIMARY KEY (stop_id, position)
);
