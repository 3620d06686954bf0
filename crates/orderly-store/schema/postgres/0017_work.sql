-- Work that turns items into others, and what transfers and counts need to be settled.
-- No program has written work orders before this step.
DROP TABLE work_order;

CREATE TABLE work_order (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('cut', 'assembly', 'disassembly')),
    location_id bytea NOT NULL,
    item_id bytea NOT NULL,
    length_mm bigint CHECK (length_mm > 0),
    qty bigint NOT NULL CHECK (qty > 0),
    done bigint NOT NULL CHECK (done BETWEEN 0 AND qty),
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('planned', 'released', 'part_done', 'done', 'canceled')),
    order_id bytea,
    order_line_id bytea,
    priority bigint NOT NULL,
    due_on bigint,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    released_at bigint,
    ended_at bigint
);

CREATE INDEX work_order_by_order ON work_order (order_id) WHERE order_id IS NOT NULL;

-- What a work order takes: needed and used in base units of the item, allocated is what it claims.
CREATE TABLE work_line (
    id bytea PRIMARY KEY,
    work_order_id bytea NOT NULL REFERENCES work_order (id),
    position bigint NOT NULL,
    item_id bytea NOT NULL,
    lot_class bytea NOT NULL,
    per bigint NOT NULL CHECK (per > 0),
    needed bigint NOT NULL CHECK (needed >= 0),
    used bigint NOT NULL CHECK (used >= 0),
    allocated bigint NOT NULL CHECK (allocated >= 0),
    backordered bigint NOT NULL CHECK (backordered >= 0)
);

CREATE INDEX work_line_by_order ON work_line (work_order_id);

-- One execution of a work order: its movements have it as their cause.
CREATE TABLE work_step (
    id bytea PRIMARY KEY,
    work_order_id bytea NOT NULL REFERENCES work_order (id),
    position bigint NOT NULL,
    made bigint NOT NULL CHECK (made >= 0),
    scrapped bigint NOT NULL CHECK (scrapped >= 0),
    value_minor bigint NOT NULL,
    used text COLLATE "C" NOT NULL,
    worked_at bigint NOT NULL,
    undone_at bigint
);

CREATE INDEX work_step_by_order ON work_step (work_order_id);

ALTER TABLE transfer_line ADD COLUMN bin_id bytea;

-- Where what came is not what was sent: lost, found, or claimed from the carrier.
CREATE TABLE transfer_difference (
    id bytea PRIMARY KEY,
    transfer_id bytea NOT NULL REFERENCES transfer (id),
    transfer_line_id bytea NOT NULL REFERENCES transfer_line (id),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('lost', 'found', 'claimed')),
    qty bigint NOT NULL CHECK (qty > 0),
    value_minor bigint NOT NULL,
    reason text COLLATE "C" NOT NULL,
    event_id bytea NOT NULL,
    recorded_at bigint NOT NULL,
    settled_at bigint
);

CREATE INDEX transfer_difference_by_transfer ON transfer_difference (transfer_id);

ALTER TABLE stock_count ADD COLUMN reversed_at bigint;

ALTER TABLE count_line ADD COLUMN rounds bigint NOT NULL DEFAULT 1;
