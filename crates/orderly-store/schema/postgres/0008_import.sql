-- Files of history, items or stock: how far each is read, and the rows that were not taken.
CREATE TABLE import_file (
    id bytea PRIMARY KEY,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('orders', 'items', 'stock')),
    name text COLLATE "C" NOT NULL,
    map text COLLATE "C" NOT NULL,
    line bigint NOT NULL CHECK (line >= 0),
    row_count bigint NOT NULL CHECK (row_count >= 0),
    taken bigint NOT NULL CHECK (taken >= 0),
    rejected bigint NOT NULL CHECK (rejected >= 0),
    amount_taken text COLLATE "C" NOT NULL,
    amount_rejected text COLLATE "C" NOT NULL,
    amount_rounding text COLLATE "C" NOT NULL,
    orders bigint NOT NULL CHECK (orders >= 0),
    returns bigint NOT NULL CHECK (returns >= 0),
    started_at bigint NOT NULL,
    finished_at bigint,
    CHECK (taken + rejected = row_count)
);

CREATE TABLE import_reject (
    file_id bytea NOT NULL REFERENCES import_file (id),
    line bigint NOT NULL CHECK (line > 0),
    reason text COLLATE "C" NOT NULL,
    amount text COLLATE "C",
    PRIMARY KEY (file_id, line)
);
