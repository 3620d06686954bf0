-- Customers come from files too. A check cannot be changed here: the tables are made anew.
CREATE TABLE import_file_draft (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('orders', 'items', 'stock', 'customers')),
    name TEXT NOT NULL,
    map TEXT NOT NULL,
    line INTEGER NOT NULL CHECK (line >= 0),
    row_count INTEGER NOT NULL CHECK (row_count >= 0),
    taken INTEGER NOT NULL CHECK (taken >= 0),
    rejected INTEGER NOT NULL CHECK (rejected >= 0),
    amount_taken TEXT NOT NULL,
    amount_rejected TEXT NOT NULL,
    amount_rounding TEXT NOT NULL,
    orders INTEGER NOT NULL CHECK (orders >= 0),
    returns INTEGER NOT NULL CHECK (returns >= 0),
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    CHECK (taken + rejected = row_count)
) STRICT, WITHOUT ROWID;

INSERT INTO import_file_draft SELECT * FROM import_file;

CREATE TABLE import_reject_draft (
    file_id BLOB NOT NULL REFERENCES import_file_draft (id),
    line INTEGER NOT NULL CHECK (line > 0),
    reason TEXT NOT NULL,
    amount TEXT,
    PRIMARY KEY (file_id, line)
) STRICT, WITHOUT ROWID;

INSERT INTO import_reject_draft SELECT * FROM import_reject;

DROP TABLE import_reject;

DROP TABLE import_file;

ALTER TABLE import_file_draft RENAME TO import_file;

ALTER TABLE import_reject_draft RENAME TO import_reject;
