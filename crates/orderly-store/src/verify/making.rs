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
