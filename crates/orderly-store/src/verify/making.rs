//! Transfers, work orders, kits and serial numbers: what one query proves.

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "S7",
        title: "what is on its way of a transfer is what its movements left there",
        table: "transfer",
        sql: ON_THE_WAY,
        remedy: "orderly stock history the item; receive or write off the difference",
    },
    Check {
        invariant: "S7",
        title: "what a transfer claims is what its lines say",
        table: "transfer_line",
        sql: "SELECT l.transfer_id, l.id AS transfer_line_id, l.allocated AS expected,
                     CAST(COALESCE(SUM(c.qty), 0) AS BIGINT) AS actual
                FROM transfer_line l
                LEFT JOIN claim c ON c.claimant_id = l.id AND c.claimant_kind = 'transfer_line'
               GROUP BY l.transfer_id, l.id, l.allocated
              HAVING COALESCE(SUM(c.qty), 0) <> l.allocated",
        remedy: "orderly stock transfer cancel the draft, then draft it again",
    },
    Check {
        invariant: "S7",
        title: "a transfer claims no more than it has still to send",
        table: "transfer_line",
        sql: "SELECT l.transfer_id, l.id AS transfer_line_id,
                     l.qty - l.sent - l.canceled AS expected, l.allocated AS actual
                FROM transfer_line l
               WHERE l.allocated > l.qty - l.sent - l.canceled",
        remedy: "orderly stock transfer cancel the draft, then draft it again",
    },
    Check {
        invariant: "S7",
        title: "what is written off of a transfer is in its differences",
        table: "transfer_line",
        sql: "SELECT l.transfer_id, l.id AS transfer_line_id, l.written_off AS actual,
                     CAST(COALESCE(SUM(d.qty), 0) AS BIGINT) AS expected
                FROM transfer_line l
                LEFT JOIN transfer_difference d ON d.transfer_line_id = l.id
                 AND d.undone_at IS NULL AND d.kind IN ('lost', 'claimed')
               GROUP BY l.transfer_id, l.id, l.written_off
              HAVING COALESCE(SUM(d.qty), 0) <> l.written_off",
        remedy: "orderly stock transfer show it; undo the receipt and receive it again",
    },
    Check {
        invariant: "S7",
        title: "what is on its way of a transfer is worth what its movements left there",
        table: "transfer",
        sql: WORTH,
        remedy: "orderly stock history the item; receive or write off the difference",
    },
    Check {
        invariant: "S7",
        title: "open claims against carriers are what the account says",
        table: "carrier_claim",
        sql: "SELECT x.legal_entity_id, x.currency,
                     CAST(SUM(x.claimed) AS BIGINT) AS expected,
                     CAST(SUM(x.posted) AS BIGINT) AS actual
                FROM (SELECT legal_entity_id, currency, value_minor AS claimed, 0 AS posted
                        FROM carrier_claim WHERE state = 'open'
                      UNION ALL
                      SELECT j.legal_entity_id, j.currency, 0, p.amount_minor
                        FROM posting p JOIN journal j ON j.id = p.journal_id
                       WHERE p.account = 'carrier_claims') x
               GROUP BY x.legal_entity_id, x.currency
              HAVING SUM(x.claimed) <> SUM(x.posted)",
        remedy: "orderly stock transfer claims; settle or reopen the one that differs",
    },
    Check {
        invariant: "S10",
        title: "a posted count moved what it found and no more than it missed",
        table: "count_line",
        sql: COUNTED,
        remedy: "orderly stock count the item again",
    },
    Check {
        invariant: "S10",
        title: "a count was taken back with all its movements, or with none",
        table: "stock_count",
        sql: "SELECT c.id AS count_id, c.number, m.id AS movement_id,
                     CASE WHEN c.reversed_at IS NULL THEN 'in force' ELSE 'taken back' END
                         AS expected,
                     CASE WHEN r.id IS NULL THEN 'in force' ELSE 'taken back' END AS actual
                FROM stock_count c
                JOIN count_line l ON l.count_id = c.id
                JOIN movement m ON m.cause_id = l.id AND m.cause_kind = 'count_line'
                LEFT JOIN movement r ON r.reverses = m.id
               WHERE (c.reversed_at IS NULL) <> (r.id IS NULL)",
        remedy: "orderly stock count the item again",
    },
    Check {
        invariant: "S8",
        title: "a serial number is in one place at most",
        table: "holding",
        sql: "SELECT h.item_id, h.lot_id, 1 AS expected, CAST(SUM(h.qty) AS BIGINT) AS actual
                FROM holding h JOIN lot l ON l.id = h.lot_id
               WHERE l.kind = 'serial' AND h.qty > 0
               GROUP BY h.item_id, h.lot_id HAVING SUM(h.qty) > 1",
        remedy: "orderly stock count the item where it is",
    },
    Check {
        invariant: "S9",
        title: "a kit's components are ordered in the ratio frozen with it",
        table: "order_line",
        sql: "SELECT c.order_id, c.id AS line_id, c.per_parent * k.ordered AS expected,
                     c.ordered AS actual
                FROM order_line c JOIN order_line k ON k.id = c.parent_id
               WHERE c.kind = 'component' AND c.per_parent IS NOT NULL
                 AND c.ordered <> c.per_parent * k.ordered",
        remedy: "orderly orders cancel the kit's line, then place it again",
    },
    Check {
        invariant: "W1",
        title: "what a work order has done is what its steps have made",
        table: "work_order",
        sql: "SELECT o.id AS work_order_id, o.number, o.done AS actual,
                     CAST(COALESCE(SUM(s.made), 0) AS BIGINT) AS expected
                FROM work_order o
                LEFT JOIN work_step s ON s.work_order_id = o.id AND s.undone_at IS NULL
               GROUP BY o.id, o.number, o.done
              HAVING COALESCE(SUM(s.made), 0) <> o.done",
        remedy: "orderly work show the order; count what was made",
    },
    Check {
        invariant: "W1",
        title: "what a work order claims is what its lines say",
        table: "work_line",
        sql:
            "SELECT l.work_order_id, l.id AS work_line_id, l.allocated + l.backordered AS expected,
                     CAST(COALESCE(SUM(c.qty), 0) AS BIGINT) AS actual
                FROM work_line l
                LEFT JOIN claim c ON c.claimant_id = l.id AND c.claimant_kind = 'work_order'
               GROUP BY l.work_order_id, l.id, l.allocated, l.backordered
              HAVING COALESCE(SUM(c.qty), 0) <> l.allocated + l.backordered",
        remedy: "orderly work release the order again",
    },
    Check {
        invariant: "W2",
        title: "no value stays in the middle of work",
        table: "posting",
        sql: "SELECT document_kind, document_id, 0 AS expected,
                     CAST(SUM(amount_minor) AS BIGINT) AS actual
                FROM posting WHERE account = 'work_in_progress'
               GROUP BY document_kind, document_id HAVING SUM(amount_minor) <> 0",
        remedy: "have the difference corrected by a journal of its own, naming the work",
    },
];

/// Counted less expected is the difference; all of what was found moved, and of what was missing
/// no more than that.
const COUNTED: &str = "
    SELECT l.count_id, l.id AS count_line_id, l.item_id, l.difference AS expected,
           COALESCE(m.qty, 0) AS actual
      FROM count_line l
      JOIN stock_count c ON c.id = l.count_id AND c.state = 'posted'
      LEFT JOIN (SELECT v.cause_id, CAST(SUM(CASE WHEN f.kind = 'found' THEN v.qty
                                                  ELSE -v.qty END) AS BIGINT) AS qty
                   FROM movement v JOIN place f ON f.id = v.from_place
                  WHERE v.cause_kind = 'count_line'
                  GROUP BY v.cause_id) m ON m.cause_id = l.id
     WHERE l.counted - l.expected <> l.difference
        OR (l.difference >= 0 AND COALESCE(m.qty, 0) <> l.difference)
        OR (l.difference < 0 AND COALESCE(m.qty, 0) NOT BETWEEN l.difference AND 0)";

/// The value of the lines, less what has left the way, against the movements.
const WORTH: &str = "
    SELECT t.id AS transfer_id, t.number, l.value AS expected, COALESCE(m.value, 0) AS actual
      FROM transfer t
      JOIN (SELECT transfer_id, CAST(SUM(value_minor - settled_minor) AS BIGINT) AS value
              FROM transfer_line GROUP BY transfer_id) l ON l.transfer_id = t.id
      LEFT JOIN (SELECT x.ref_id, CAST(SUM(x.value_minor) AS BIGINT) AS value
                   FROM (SELECT p.ref_id, m.value_minor FROM movement m
                           JOIN place p ON p.id = m.to_place AND p.kind = 'in_transit'
                         UNION ALL
                         SELECT p.ref_id, -m.value_minor FROM movement m
                           JOIN place p ON p.id = m.from_place AND p.kind = 'in_transit') x
                  GROUP BY x.ref_id) m ON m.ref_id = t.id
     WHERE l.value <> COALESCE(m.value, 0)";

/// Sent, less received and written off, against the movements into and out of the transfer's
/// in-transit account.
const ON_THE_WAY: &str = "
    SELECT t.id AS transfer_id, t.number, l.qty AS expected, COALESCE(m.qty, 0) AS actual
      FROM transfer t
      JOIN (SELECT transfer_id, CAST(SUM(sent - received - written_off) AS BIGINT) AS qty
              FROM transfer_line GROUP BY transfer_id) l ON l.transfer_id = t.id
      LEFT JOIN (SELECT x.ref_id, CAST(SUM(x.qty) AS BIGINT) AS qty
                   FROM (SELECT p.ref_id, m.qty FROM movement m
                           JOIN place p ON p.id = m.to_place AND p.kind = 'in_transit'
                         UNION ALL
                         SELECT p.ref_id, -m.qty FROM movement m
                           JOIN place p ON p.id = m.from_place AND p.kind = 'in_transit') x
                  GROUP BY x.ref_id) m ON m.ref_id = t.id
     WHERE l.qty <> COALESCE(m.qty, 0)";
