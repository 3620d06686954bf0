//! Purchase orders, suppliers' invoices and rebates: what one query proves.

use super::Check;

const COMPARE: &str = "compare the purchase order with its receipts; reverse what is wrong";
const BACKUP: &str = "restore a backup beside this database and compare the documents";

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "P1",
        title: "received of a purchase line is the sum of what came of it, with its value",
        table: "purchase_line",
        sql: RECEIVED,
        remedy: COMPARE,
    },
    Check {
        invariant: "P1",
        title: "invoiced of a purchase line is the sum of its invoices, with what they clear",
        table: "supplier_invoice_line",
        sql: INVOICED,
        remedy: COMPARE,
    },
    Check {
        invariant: "P2",
        title: "what purchase lines brought and nobody invoiced is owed for, at the order's price",
        table: "purchase_line",
        sql: NOT_INVOICED,
        remedy: BACKUP,
    },
    Check {
        invariant: "P3",
        title: "payables are the open invoices of suppliers, less their credit notes",
        table: "supplier_invoice",
        sql: PAYABLES,
        remedy: BACKUP,
    },
    Check {
        invariant: "P3",
        title: "settled of a supplier's invoice is the sum of what was applied to it",
        table: "supplier_invoice",
        sql: "SELECT i.id AS supplier_invoice_id, i.number,
                     CAST(COALESCE(SUM(a.amount_minor), 0) AS BIGINT) AS expected,
                     i.settled_minor AS actual
                FROM supplier_invoice i
                LEFT JOIN supplier_application a ON a.supplier_invoice_id = i.id
               GROUP BY i.id, i.number, i.settled_minor
              HAVING COALESCE(SUM(a.amount_minor), 0) <> i.settled_minor",
        remedy: BACKUP,
    },
    Check {
        invariant: "P4",
        title: "an order line claims of its purchases what it needs and they bring",
        table: "claim",
        sql: CLAIMED,
        remedy: "orderly purchases close the order that nobody waits for",
    },
    Check {
        invariant: "P5",
        title: "rebates in the books are what accrued and is not settled",
        table: "rebate_accrual",
        sql: REBATES,
        remedy: BACKUP,
    },
    Check {
        invariant: "P5",
        title: "a customer's rebate accrues what the lines of his documents come to",
        table: "rebate_accrual",
        sql: "SELECT a.rebate_id, a.period, l.invoice_id, l.id AS line_id,
                     CASE i.kind WHEN 'credit_note' THEN -l.net_minor ELSE l.net_minor END
                         AS expected, a.base_minor AS actual
                FROM rebate r JOIN rebate_accrual a ON a.rebate_id = r.id AND a.kind = 'line'
                JOIN invoice_line l ON l.id = a.source_id
                JOIN invoice i ON i.id = l.invoice_id
               WHERE r.side = 'customer' AND i.currency = r.currency
                 AND a.base_minor <>
                     CASE i.kind WHEN 'credit_note' THEN -l.net_minor ELSE l.net_minor END",
        remedy: BACKUP,
    },
    Check {
        invariant: "P5",
        title: "what is given of a customer's rebate is the net amount of its credit note",
        table: "rebate_accrual",
        sql: "SELECT a.rebate_id, a.period, i.id AS invoice_id, i.series, i.number,
                     i.net_minor AS expected, -a.amount_minor AS actual
                FROM rebate r JOIN rebate_accrual a ON a.rebate_id = r.id AND a.kind = 'settled'
                JOIN invoice i ON i.id = a.source_id
               WHERE r.side = 'customer' AND a.amount_minor <> -i.net_minor",
        remedy: BACKUP,
    },
    Check {
        invariant: "P6",
        title: "every version of a purchase order has its event",
        table: "purchase_order",
        sql: "SELECT p.id AS purchase_order_id, p.number, p.version AS expected,
                     COALESCE(MAX(e.sequence), 0) AS actual
                FROM purchase_order p LEFT JOIN event e ON e.stream_id = p.id
               GROUP BY p.id, p.number, p.version
              HAVING COALESCE(MAX(e.sequence), 0) <> p.version",
        remedy: BACKUP,
    },
];

const RECEIVED: &str = "
    SELECT x.purchase_order_id, x.id AS purchase_line_id,
           CAST(x.came AS TEXT) || ' worth ' || CAST(x.value AS TEXT) AS expected,
           CAST(x.received AS TEXT) || ' worth ' || CAST(x.received_minor AS TEXT) AS actual
      FROM (SELECT l.purchase_order_id, l.id, l.received, l.received_minor,
                   CAST(COALESCE((SELECT SUM(r.qty) FROM receipt_line r
                                    JOIN receipt h ON h.id = r.receipt_id
                                   WHERE r.purchase_line_id = l.id
                                     AND h.reversed_at IS NULL), 0)
                      + COALESCE((SELECT SUM(s.qty) FROM supplier_shipment s
                                   WHERE s.purchase_line_id = l.id
                                     AND s.reversed_at IS NULL), 0) AS BIGINT) AS came,
                   CAST(COALESCE((SELECT SUM(r.value_minor) FROM receipt_line r
                                    JOIN receipt h ON h.id = r.receipt_id
                                   WHERE r.purchase_line_id = l.id
                                     AND h.reversed_at IS NULL), 0)
                      + COALESCE((SELECT SUM(s.value_minor) FROM supplier_shipment s
                                   WHERE s.purchase_line_id = l.id
                                     AND s.reversed_at IS NULL), 0) AS BIGINT) AS value
              FROM purchase_line l) x
     WHERE x.came <> x.received OR x.value <> x.received_minor";

const INVOICED: &str = "
    SELECT x.purchase_order_id, x.id AS purchase_line_id,
           CAST(x.billed AS TEXT) || ' clearing ' || CAST(x.clears AS TEXT) AS expected,
           CAST(x.invoiced AS TEXT) || ' clearing ' || CAST(x.cleared_minor AS TEXT) AS actual
      FROM (SELECT l.purchase_order_id, l.id, l.invoiced, l.cleared_minor,
                   CAST(COALESCE(SUM(CASE WHEN i.state <> 'posted' THEN 0
                        WHEN i.kind = 'invoice' THEN n.qty ELSE -n.qty END), 0) AS BIGINT)
                       AS billed,
                   CAST(COALESCE(SUM(CASE WHEN i.state <> 'posted' THEN 0
                        WHEN i.kind = 'invoice' THEN n.cleared_minor
                        ELSE -n.cleared_minor END), 0) AS BIGINT) AS clears
              FROM purchase_line l
              LEFT JOIN supplier_invoice_line n ON n.purchase_line_id = l.id
              LEFT JOIN supplier_invoice i ON i.id = n.supplier_invoice_id
             GROUP BY l.purchase_order_id, l.id, l.invoiced, l.cleared_minor) x
     WHERE x.billed <> x.invoiced OR x.clears <> x.cleared_minor";

/// Only what purchase lines brought: a journal of goods has the id of its movement, whose cause
/// (its original's, for a reversal) is the line that came.
const NOT_INVOICED: &str = "
    SELECT x.legal_entity_id, x.owed AS expected, x.booked AS actual
      FROM (SELECT e.id AS legal_entity_id,
                   CAST(COALESCE((SELECT SUM(l.received_minor - l.cleared_minor)
                                    FROM purchase_line l
                                    JOIN purchase_order p ON p.id = l.purchase_order_id
                                   WHERE p.legal_entity_id = e.id), 0) AS BIGINT) AS owed,
                   CAST(-COALESCE((SELECT SUM(g.amount_minor) FROM posting g
                                     JOIN journal j ON j.id = g.journal_id
                                     LEFT JOIN movement m ON m.id = j.id
                                     LEFT JOIN movement o ON o.id = m.reverses
                                    WHERE g.account = 'goods_received_not_invoiced'
                                      AND j.legal_entity_id = e.id
                                      AND (j.kind IN ('supplier_invoice', 'supplier_credit')
                                        OR (j.kind = 'goods' AND COALESCE(o.cause_id, m.cause_id)
                                            IN (SELECT r.id FROM receipt_line r
                                                 WHERE r.purchase_line_id IS NOT NULL
                                                 UNION ALL
                                                SELECT s.id FROM supplier_shipment s)))), 0)
                       AS BIGINT) AS booked
              FROM legal_entity e) x
     WHERE x.owed <> x.booked";

const PAYABLES: &str = "
    SELECT x.legal_entity_id, x.open AS expected, x.booked AS actual
      FROM (SELECT e.id AS legal_entity_id,
                   CAST(COALESCE((SELECT SUM(CASE WHEN i.kind = 'invoice' THEN 1 ELSE -1 END *
                            (i.booked_minor - COALESCE((SELECT SUM(a.booked_minor)
                                 FROM supplier_application a
                                WHERE a.supplier_invoice_id = i.id), 0)))
                        FROM supplier_invoice i
                       WHERE i.state = 'posted' AND i.legal_entity_id = e.id), 0) AS BIGINT)
                       AS open,
                   CAST(-COALESCE((SELECT SUM(g.amount_minor) FROM posting g
                                     JOIN journal j ON j.id = g.journal_id
                                    WHERE g.account = 'payables'
                                      AND j.kind IN ('supplier_invoice', 'supplier_credit',
                                          'supplier_payment', 'exchange_difference')
                                      AND j.legal_entity_id = e.id), 0) AS BIGINT) AS booked
              FROM legal_entity e) x
     WHERE x.open <> x.booked";

const CLAIMED: &str = "
    SELECT x.order_id, x.line_id, x.due AS expected, x.claimed AS actual
      FROM (SELECT o.order_id, o.id AS line_id,
                   CAST(CASE WHEN t.comes < o.unallocated THEN t.comes
                             ELSE o.unallocated END AS BIGINT) AS due,
                   CAST(COALESCE((SELECT SUM(c.qty) FROM claim c
                                   WHERE c.order_id = o.order_id AND c.claimant_id = o.id
                                     AND c.supply_kind = 'purchase_line'), 0) AS BIGINT)
                       AS claimed
              FROM (SELECT l.order_line_id, SUM(CASE
                               WHEN p.closed_at IS NULL AND p.canceled_at IS NULL
                                    AND l.ordered - l.canceled > l.received
                               THEN l.ordered - l.canceled - l.received ELSE 0 END) AS comes
                      FROM purchase_line l
                      JOIN purchase_order p ON p.id = l.purchase_order_id
                     WHERE l.order_line_id IS NOT NULL GROUP BY l.order_line_id) t
              JOIN order_line o ON o.id = t.order_line_id) x
     WHERE x.due <> x.claimed";

const REBATES: &str = "
    SELECT x.account, x.accrued AS expected, x.booked AS actual
      FROM (SELECT s.account,
                   CAST(COALESCE((SELECT SUM(a.amount_minor) FROM rebate_accrual a
                                    JOIN rebate r ON r.id = a.rebate_id
                                   WHERE r.side = s.side), 0) * s.sign AS BIGINT) AS accrued,
                   CAST(COALESCE((SELECT SUM(g.amount_minor) FROM posting g
                                    JOIN journal j ON j.id = g.journal_id
                                   WHERE g.account = s.account
                                     AND j.kind IN ('rebate', 'supplier_credit')), 0) AS BIGINT)
                       AS booked
              FROM (SELECT 'supplier' AS side, 'rebates_receivable' AS account, 1 AS sign
                     UNION ALL SELECT 'customer', 'rebates_payable', -1) s) x
     WHERE x.accrued <> x.booked";
