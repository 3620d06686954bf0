//! Documents of revenue: sums, numbers, journals and what settles them, each by one query.

use super::Check;

const BACKUP: &str = "restore a backup beside this database and compare the document";

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "I1",
        title: "the total of a document is the sum of its lines",
        table: "invoice",
        sql: "SELECT i.id AS invoice_id, i.series, i.number,
                     CAST(COALESCE(SUM(l.net_minor), 0) AS TEXT) || ' net, ' ||
                     CAST(COALESCE(SUM(l.tax_minor), 0) AS TEXT) || ' tax' AS expected,
                     CAST(i.net_minor AS TEXT) || ' net, ' || CAST(i.tax_minor AS TEXT) ||
                     ' tax' AS actual
                FROM invoice i LEFT JOIN invoice_line l ON l.invoice_id = i.id
               GROUP BY i.id, i.series, i.number, i.net_minor, i.tax_minor, i.total_minor
              HAVING i.net_minor <> COALESCE(SUM(l.net_minor), 0)
                  OR i.tax_minor <> COALESCE(SUM(l.tax_minor), 0)
                  OR i.total_minor <> i.net_minor + i.tax_minor",
        remedy: BACKUP,
    },
    Check {
        invariant: "I2",
        title: "the numbers of documents are without gaps within their legal entity and series",
        table: "invoice",
        sql: "SELECT x.legal_entity_id, x.series, '1 to ' || CAST(x.count AS TEXT) AS expected,
                     CAST(x.first AS TEXT) || ' to ' || CAST(x.last AS TEXT) ||
                     ', the next is ' || CAST(COALESCE(s.next, 1) AS TEXT) AS actual
                FROM (SELECT legal_entity_id, series, COUNT(*) AS count, MIN(number) AS first,
                             MAX(number) AS last
                        FROM invoice GROUP BY legal_entity_id, series) x
                LEFT JOIN number_series s ON s.legal_entity_id = x.legal_entity_id
                     AND s.series = 'document.' || x.series
               WHERE x.first <> 1 OR x.last <> x.count OR COALESCE(s.next, 1) <> x.last + 1",
        remedy: BACKUP,
    },
    Check {
        invariant: "I3",
        title: "the journal of a document posts its amounts",
        table: "invoice",
        sql: JOURNALS,
        remedy: "have the difference corrected by a journal of its own, naming the document",
    },
    Check {
        invariant: "I3",
        title: "revenue comes from documents only, and from credit without a receipt",
        table: "journal",
        sql: "SELECT DISTINCT j.id AS journal_id, 'a document' AS expected, j.kind AS actual,
                     'journal' AS cause, j.id AS cause_id
                FROM journal j JOIN posting p ON p.journal_id = j.id
               WHERE p.account = 'revenue'
                 AND j.kind NOT IN ('invoice', 'receipt', 'credit_note', 'rebate', 'correction',
                     'entry', 'closing')
                 AND NOT EXISTS (SELECT 1 FROM refund r
                                  WHERE r.id = j.cause_id AND r.order_id IS NULL)",
        remedy: "reverse the journal and issue a document instead",
    },
    Check {
        invariant: "I4",
        title: "invoiced and credited of an order line are the sums of its documents",
        table: "order_line",
        sql: "SELECT o.order_id, o.id AS line_id,
                     CAST(COALESCE(d.invoiced, 0) AS TEXT) || ' invoiced, ' ||
                     CAST(COALESCE(d.credited, 0) AS TEXT) || ' credited' AS expected,
                     CAST(o.invoiced AS TEXT) || ' invoiced, ' || CAST(o.credited AS TEXT) ||
                     ' credited' AS actual
                FROM order_line o
                LEFT JOIN (SELECT l.order_line_id,
                                  SUM(CASE l.effect WHEN 'invoiced' THEN l.qty
                                      WHEN 'undone' THEN -l.qty ELSE 0 END) AS invoiced,
                                  SUM(CASE l.effect WHEN 'returned' THEN l.qty ELSE 0 END)
                                      AS credited
                             FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
                            WHERE l.order_line_id IS NOT NULL AND i.replaces_id IS NULL
                            GROUP BY l.order_line_id) d ON d.order_line_id = o.id
               WHERE o.invoiced <> COALESCE(d.invoiced, 0)
                  OR o.credited <> COALESCE(d.credited, 0)",
        remedy: "have somebody look at the documents of the order",
    },
    Check {
        invariant: "I5",
        title: "settled of a document is the sum of what settles it, within its total",
        table: "invoice",
        sql: "SELECT i.id AS invoice_id, i.series, i.number,
                     CAST(COALESCE(SUM(s.amount_minor), 0) AS BIGINT) AS expected,
                     i.settled_minor AS actual, 'settlement' AS cause,
                     (SELECT b.id FROM settlement b WHERE b.invoice_id = i.id
                       ORDER BY b.settled_at DESC, b.id DESC LIMIT 1) AS cause_id
                FROM invoice i LEFT JOIN settlement s ON s.invoice_id = i.id
               GROUP BY i.id, i.series, i.number, i.settled_minor, i.total_minor
              HAVING i.settled_minor <> COALESCE(SUM(s.amount_minor), 0)
                  OR i.settled_minor < 0 OR i.settled_minor > i.total_minor",
        remedy: "have somebody look at what settles the document",
    },
    Check {
        invariant: "I6",
        title: "no more is credited of a document than it holds",
        table: "invoice_line",
        sql: "SELECT l.invoice_id, l.id AS line_id, l.qty AS expected,
                     CAST(SUM(c.qty) AS BIGINT) AS actual
                FROM invoice_line l JOIN invoice_line c ON c.credits_id = l.id
               GROUP BY l.invoice_id, l.id, l.qty HAVING SUM(c.qty) > l.qty",
        remedy: "have somebody look at the credit notes of the document",
    },
    Check {
        invariant: "I7",
        title: "a finished order is invoiced to what is owed for it",
        table: "orders",
        sql: FINISHED,
        remedy: "have somebody look at the documents of the order",
    },
    Check {
        invariant: "I8",
        title: "what of an order's money is used is what it settles, and what became credit",
        table: "orders",
        sql: "SELECT o.id AS order_id, o.number,
                     CAST(COALESCE(d.amount, 0) + COALESCE(r.amount, 0) AS BIGINT) AS expected,
                     o.used_minor AS actual
                FROM orders o
                LEFT JOIN (SELECT s.source_id,
                                  SUM(CASE i.kind WHEN 'credit_note' THEN -s.amount_minor
                                      ELSE s.amount_minor END) AS amount
                             FROM settlement s JOIN invoice i ON i.id = s.invoice_id
                            WHERE s.source_kind = 'deposit' GROUP BY s.source_id) d
                  ON d.source_id = o.id
                LEFT JOIN (SELECT order_id, SUM(credited_minor) AS amount FROM refund
                            WHERE state IN ('pending', 'settled') AND awaits_approval = 0
                              AND settlement <> 'account_credit'
                            GROUP BY order_id) r ON r.order_id = o.id
               WHERE o.used_minor <> COALESCE(d.amount, 0) + COALESCE(r.amount, 0)",
        remedy: "have somebody look at what the order's money settles",
    },
    Check {
        invariant: "I12",
        title: "what is open of an account's documents is what receivables hold of them",
        table: "invoice",
        sql: "SELECT x.legal_entity_id, x.account_id, CAST(SUM(x.open) AS BIGINT) AS expected,
                     CAST(SUM(x.booked) AS BIGINT) AS actual
                FROM (SELECT i.legal_entity_id, i.account_id,
                             CASE i.kind WHEN 'credit_note' THEN i.settled_minor - i.total_minor
                                 ELSE i.total_minor - i.settled_minor END AS open, 0 AS booked
                        FROM invoice i JOIN legal_entity e ON e.id = i.legal_entity_id
                       WHERE i.currency = e.currency
                       UNION ALL
                      SELECT i.legal_entity_id, i.account_id, 0, p.amount_minor
                        FROM posting p JOIN invoice i ON i.id = p.document_id
                        JOIN legal_entity e ON e.id = i.legal_entity_id
                       WHERE p.account = 'receivables' AND i.currency = e.currency) x
               GROUP BY x.legal_entity_id, x.account_id HAVING SUM(x.open) <> SUM(x.booked)",
        remedy: "compare `orderly accounts aged` with the journals of receivables",
    },
    Check {
        invariant: "I10",
        title: "what is refunded without an order has its credit note",
        table: "refund",
        sql: "SELECT r.id AS refund_id, r.number, r.amount_minor AS expected,
                     CAST(COALESCE(SUM(i.total_minor), 0) AS BIGINT) AS actual,
                     'refund' AS cause, r.id AS cause_id
                FROM refund r
                LEFT JOIN invoice i ON i.refund_id = r.id AND i.kind = 'credit_note'
               WHERE r.order_id IS NULL AND r.state = 'settled'
               GROUP BY r.id, r.number, r.amount_minor
              HAVING COALESCE(SUM(i.total_minor), 0) <> r.amount_minor",
        remedy: "have somebody look at the credit note of the refund",
    },
];

/// What a document in the currency of its legal entity comes to, against its journal.
const JOURNALS: &str = "
    SELECT i.id AS invoice_id, i.series, i.number,
           'receivables ' || CAST(i.total_minor AS TEXT) || ', revenue ' ||
           CAST(i.net_minor AS TEXT) || ', tax ' || CAST(i.tax_minor AS TEXT) AS expected,
           'receivables ' || CAST(COALESCE(p.receivables, 0) AS TEXT) || ', revenue ' ||
           CAST(COALESCE(p.revenue, 0) AS TEXT) || ', tax ' || CAST(COALESCE(p.tax, 0) AS TEXT)
           AS actual
      FROM invoice i JOIN legal_entity e ON e.id = i.legal_entity_id
      LEFT JOIN (SELECT j.cause_id,
                        SUM(CASE q.account WHEN 'receivables' THEN q.amount_minor ELSE 0 END)
                            AS receivables,
                        SUM(CASE q.account WHEN 'revenue' THEN -q.amount_minor ELSE 0 END)
                            AS revenue,
                        SUM(CASE q.account WHEN 'tax' THEN -q.amount_minor ELSE 0 END) AS tax
                   FROM journal j JOIN posting q ON q.journal_id = j.id
                  WHERE j.cause_kind = 'invoice'
                    AND j.kind IN ('invoice', 'receipt', 'credit_note')
                  GROUP BY j.cause_id) p ON p.cause_id = i.id
     WHERE e.currency = i.currency
       AND (COALESCE(p.receivables, 0) <>
                CASE WHEN i.replaces_id IS NOT NULL THEN 0
                     WHEN i.kind = 'credit_note' THEN -i.total_minor ELSE i.total_minor END
            OR COALESCE(p.revenue, 0) <>
                CASE WHEN i.replaces_id IS NOT NULL THEN 0
                     WHEN i.kind = 'credit_note' THEN -i.net_minor ELSE i.net_minor END
            OR COALESCE(p.tax, 0) <>
                CASE WHEN i.replaces_id IS NOT NULL THEN 0
                     WHEN i.kind = 'credit_note' THEN -i.tax_minor ELSE i.tax_minor END)";

/// Lines of which everything ordered and not canceled is invoiced, without units above the order
/// and without corrections: the invoiced amounts are the line's own where nothing was canceled.
const FINISHED: &str = "
    SELECT o.order_id, o.id AS line_id, d.amount AS actual,
           o.gross_minor - o.discount_minor + o.tax_added_minor AS expected
      FROM order_line o
      JOIN (SELECT l.order_line_id,
                   CAST(SUM(CASE l.effect WHEN 'invoiced' THEN l.net_minor + l.tax_minor
                       WHEN 'undone' THEN -l.net_minor - l.tax_minor ELSE 0 END) AS BIGINT)
                       AS amount
              FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
             WHERE l.order_line_id IS NOT NULL AND i.replaces_id IS NULL
             GROUP BY l.order_line_id) d ON d.order_line_id = o.id
     WHERE o.invoiced = o.ordered + o.over AND o.canceled = 0 AND o.closed_short = 0
       -- What was allowed in money is used up by undoing the rest of the same line.
       AND NOT EXISTS (SELECT 1 FROM invoice_line a
                         JOIN invoice_line u ON u.credits_id = a.credits_id
                        WHERE a.order_line_id = o.id AND a.effect = 'allowance'
                          AND u.effect = 'undone')
       AND d.amount <> o.gross_minor - o.discount_minor + o.tax_added_minor";
