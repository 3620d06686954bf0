-- Drafts that claim, parts that leave and arrive, and differences with their claims.
-- No program has written differences before this step.
DROP TABLE transfer_difference;

ALTER TABLE transfer ADD COLUMN expected_on bigint;

ALTER TABLE transfer_line ADD COLUMN lot_class bytea;

ALTER TABLE transfer_line ADD COLUMN allocated bigint NOT NULL DEFAULT 0;

ALTER TABLE transfer_line ADD COLUMN canceled bigint NOT NULL DEFAULT 0;

ALTER TABLE transfer_line ADD COLUMN settled_minor bigint NOT NULL DEFAULT 0;

-- Goods that left or arrived at once; their movements have it as their cause.
CREATE TABLE transfer_step (
    id bytea PRIMARY KEY,
    transfer_id bytea NOT NULL REFERENCES transfer (id),
    position bigint NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('shipped', 'received')),
    stepped_at bigint NOT NULL,
    undone_at bigint
);

CREATE INDEX transfer_step_by_transfer ON transfer_step (transfer_id);

-- Where what came is not what was sent. The step is zero where none was recorded.
CREATE TABLE transfer_difference (
    id bytea PRIMARY KEY,
    transfer_id bytea NOT NULL REFERENCES transfer (id),
    transfer_line_id bytea NOT NULL REFERENCES transfer_line (id),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('lost', 'found', 'damaged', 'claimed')),
    qty bigint NOT NULL CHECK (qty > 0),
    value_minor bigint NOT NULL,
    reason text COLLATE "C" NOT NULL,
    step_id bytea NOT NULL,
    recorded_at bigint NOT NULL,
    undone_at bigint
);

CREATE INDEX transfer_difference_by_transfer ON transfer_difference (transfer_id);

CREATE TABLE carrier_claim (
    id bytea PRIMARY KEY,
    number text COLLATE "C" NOT NULL UNIQUE,
    transfer_id bytea NOT NULL REFERENCES transfer (id),
    difference_id bytea NOT NULL UNIQUE REFERENCES transfer_difference (id),
    legal_entity_id bytea NOT NULL,
    currency text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'settled', 'withdrawn')),
    value_minor bigint NOT NULL CHECK (value_minor >= 0),
    received_minor bigint CHECK (received_minor >= 0),
    reason text COLLATE "C",
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    settled_at bigint
);

CREATE INDEX carrier_claim_open ON carrier_claim (id) WHERE state = 'open';

-- What left the way already, by the movements of the line's item and lot.
UPDATE transfer_line SET settled_minor = COALESCE((
    SELECT SUM(m.value_minor) FROM movement m
      JOIN place p ON p.id = m.from_place AND p.kind = 'in_transit'
     WHERE p.ref_id = transfer_line.transfer_id AND m.item_id = transfer_line.item_id
       AND m.lot_id = transfer_line.lot_id AND m.reverses IS NULL), 0)
 WHERE received + written_off > 0;

-- What was called back took nothing along.
UPDATE transfer_line SET value_minor = 0 WHERE sent = 0;

INSERT INTO transfer_difference (id, transfer_id, transfer_line_id, kind, qty, value_minor, reason,
    step_id, recorded_at)
SELECT l.id, l.transfer_id, l.id, 'lost', l.written_off,
       COALESCE((SELECT CAST(SUM(m.value_minor) AS BIGINT) FROM movement m
           JOIN place p ON p.id = m.from_place AND p.kind = 'in_transit'
           JOIN place q ON q.id = m.to_place AND q.kind = 'lost'
          WHERE p.ref_id = l.transfer_id AND m.item_id = l.item_id AND m.lot_id = l.lot_id), 0),
       COALESCE(l.reason, 'written off'), '\x00000000000000000000000000000000'::bytea, t.created_at
  FROM transfer_line l JOIN transfer t ON t.id = l.transfer_id
 WHERE l.written_off > 0;

INSERT INTO ledger_account (code, name, kind)
SELECT 'carrier_claims', 'Claims against carriers', 'asset'
 WHERE EXISTS (SELECT 1 FROM ledger_account);
