-- Work that turns items into others, and what transfers and counts need to be settled.
-- No program has written work orders before this step.
DROP TABLE work_order;

CREATE TABLE work_order (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('cut', 'assembly', 'disassembly')),
    location_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    length_mm INTEGER CHECK (length_mm > 0),
    qty INTEGER NOT NULL CHECK (qty > 0),
    done INTEGER NOT NULL CHECK (done BETWEEN 0 AND qty),
    state TEXT NOT NULL CHECK (state IN ('planned', 'released', 'part_done', 'done', 'canceled')),
    order_id BLOB,
    order_line_id BLOB,
    priority INTEGER NOT NULL,
    due_on INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    released_at INTEGER,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX work_order_by_order ON work_order (order_id) WHERE order_id IS NOT NULL;

-- What a work order takes: needed and used in base units of the item, allocated is what it claims.
CREATE TABLE work_line (
    id BLOB NOT NULL PRIMARY KEY,
    work_order_id BLOB NOT NULL REFERENCES work_order (id),
    position INTEGER NOT NULL,
    item_id BLOB NOT NULL,
    lot_class BLOB NOT NULL,
    per INTEGER NOT NULL CHECK (per > 0),
    needed INTEGER NOT NULL CHECK (needed >= 0),
    used INTEGER NOT NULL CHECK (used >= 0),
    allocated INTEGER NOT NULL CHECK (allocated >= 0),
    backordered INTEGER NOT NULL CHECK (backordered >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX work_line_by_order ON work_line (work_order_id);

-- One execution of a work order: its movements have it as their cause.
CREATE TABLE work_step (
    id BLOB NOT NULL PRIMARY KEY,
    work_order_id BLOB NOT NULL REFERENCES work_order (id),
    position INTEGER NOT NULL,
    made INTEGER NOT NULL CHECK (made >= 0),
    scrapped INTEGER NOT NULL CHECK (scrapped >= 0),
    value_minor INTEGER NOT NULL,
    used TEXT NOT NULL,
    worked_at INTEGER NOT NULL,
    undone_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX work_step_by_order ON work_step (work_order_id);

ALTER TABLE transfer_line ADD COLUMN bin_id BLOB;

-- Where what came is not what was sent: lost, found, or claimed from the carrier.
CREATE TABLE transfer_difference (
    id BLOB NOT NULL PRIMARY KEY,
    transfer_id BLOB NOT NULL REFERENCES transfer (id),
    transfer_line_id BLOB NOT NULL REFERENCES transfer_line (id),
    kind TEXT NOT NULL CHECK (kind IN ('lost', 'found', 'claimed')),
    qty INTEGER NOT NULL CHECK (qty > 0),
    value_minor INTEGER NOT NULL,
    reason TEXT NOT NULL,
    event_id BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    settled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX transfer_difference_by_transfer ON transfer_difference (transfer_id);

ALTER TABLE stock_count ADD COLUMN reversed_at INTEGER;

ALTER TABLE count_line ADD COLUMN rounds INTEGER NOT NULL DEFAULT 1;
