//! What settles documents, against the payments and documents it comes from and against the books.

use super::Check;

const LOOK: &str = "have somebody look at what settles the document";
const BACKUP: &str = "restore a backup beside this database and compare the documents";

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "I11",
        title: "every application of a payment to a document settles it, and nothing else does",
        table: "application",
        sql: "SELECT a.payment_id, a.target_id AS invoice_id, a.amount_minor AS expected,
                     COALESCE(s.amount_minor, 0) AS actual, 'application' AS cause,
                     a.id AS cause_id
                FROM application a
                LEFT JOIN settlement s ON s.source_id = a.id AND s.source_kind = 'application'
                     AND s.invoice_id = a.target_id
               WHERE a.target_kind = 'invoice'
                 AND (s.id IS NULL OR s.amount_minor <> a.amount_minor)
               UNION ALL
              SELECT NULL AS payment_id, s.invoice_id, 0 AS expected, s.amount_minor AS actual,
                     'settlement' AS cause, s.id AS cause_id
                FROM settlement s
                LEFT JOIN application a ON a.id = s.source_id AND a.target_kind = 'invoice'
                     AND a.target_id = s.invoice_id
               WHERE s.source_kind = 'application' AND a.id IS NULL",
        remedy: LOOK,
    },
    Check {
        invariant: "I11",
        title: "what a credit note settles of a document, the document settles of it",
        table: "settlement",
        sql: "SELECT x.invoice_id, x.other AS original_invoice_id,
                     CAST(SUM(x.given) AS BIGINT) AS expected,
                     CAST(SUM(x.taken) AS BIGINT) AS actual
                FROM (SELECT invoice_id, source_id AS other, amount_minor AS taken, 0 AS given
                        FROM settlement WHERE source_kind = 'credit_note'
                       UNION ALL
                      SELECT source_id, invoice_id, 0, amount_minor
                        FROM settlement WHERE source_kind = 'credit_note') x
               GROUP BY x.invoice_id, x.other HAVING SUM(x.given) <> SUM(x.taken)",
        remedy: LOOK,
    },
    Check {
        invariant: "I12",
        title: "receivables in the books are what is open of documents, less their credit notes",
        table: "invoice",
        sql: "SELECT e.id AS legal_entity_id, COALESCE(d.open, 0) AS expected,
                     COALESCE(b.amount, 0) AS actual
                FROM legal_entity e
                LEFT JOIN (SELECT legal_entity_id, currency,
                                  CAST(SUM(CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END *
                                      (total_minor - settled_minor)) AS BIGINT) AS open
                             FROM invoice GROUP BY legal_entity_id, currency) d
                  ON d.legal_entity_id = e.id AND d.currency = e.currency
                LEFT JOIN (SELECT j.legal_entity_id, CAST(SUM(p.amount_minor) AS BIGINT) AS amount
                             FROM posting p JOIN journal j ON j.id = p.journal_id
                            WHERE p.account = 'receivables' AND p.foreign_currency IS NULL
                            GROUP BY j.legal_entity_id) b ON b.legal_entity_id = e.id
               WHERE COALESCE(d.open, 0) <> COALESCE(b.amount, 0)",
        remedy: BACKUP,
    },
    Check {
        invariant: "I12",
        title: "customers' deposits in the books are the money of orders that nothing used",
        table: "orders",
        sql: "SELECT e.id AS legal_entity_id, COALESCE(o.unused, 0) AS expected,
                     COALESCE(b.amount, 0) AS actual
                FROM legal_entity e
                LEFT JOIN (SELECT legal_entity_id, currency,
                                  CAST(SUM(captured_minor - refunded_minor - used_minor)
                                      AS BIGINT) AS unused
                             FROM orders WHERE history = 0
                            GROUP BY legal_entity_id, currency) o
                  ON o.legal_entity_id = e.id AND o.currency = e.currency
                LEFT JOIN (SELECT j.legal_entity_id,
                                  CAST(-SUM(p.amount_minor) AS BIGINT) AS amount
                             FROM posting p JOIN journal j ON j.id = p.journal_id
                            WHERE p.account = 'customer_deposits' AND p.foreign_currency IS NULL
                            GROUP BY j.legal_entity_id) b ON b.legal_entity_id = e.id
               WHERE COALESCE(o.unused, 0) <> COALESCE(b.amount, 0)",
        remedy: "compare the journals of payments and refunds with the orders they name",
    },
];
