//! What banks say moved: once, as what it was said to be, and in the books.

use super::Check;

const UNMATCH: &str = "orderly bank unmatch the movement and match it again";
const BACKUP: &str = "restore a backup beside this database and compare the statement";

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "M9",
        title: "a movement of the bank is matched once",
        table: "bank_entry",
        sql: "SELECT bank_entry_id, 1 AS expected, COUNT(*) AS actual
                FROM bank_match WHERE undone_at IS NULL
               GROUP BY bank_entry_id HAVING COUNT(*) > 1",
        remedy: UNMATCH,
    },
    Check {
        invariant: "M9",
        title: "what a movement is matched with is its amount, and its payment brought that",
        table: "bank_match",
        sql: "SELECT m.bank_entry_id, m.id AS bank_match_id, 'amount' AS what,
                     e.amount_minor AS expected, m.amount_minor AS actual
                FROM bank_match m JOIN bank_entry e ON e.id = m.bank_entry_id
               WHERE m.amount_minor <> e.amount_minor
               UNION ALL
              SELECT m.bank_entry_id, m.id AS bank_match_id, 'payment' AS what,
                     m.amount_minor + m.fees_minor AS expected,
                     COALESCE(p.captured_minor, 0) AS actual
                FROM bank_match m LEFT JOIN payment p ON p.id = m.payment_id
               WHERE m.payment_id IS NOT NULL
                 AND COALESCE(p.captured_minor, 0) <> m.amount_minor + m.fees_minor",
        remedy: UNMATCH,
    },
    Check {
        invariant: "M9",
        title: "a matched movement is on the account of the bank in the books",
        table: "bank_match",
        sql: POSTED,
        remedy: UNMATCH,
    },
    Check {
        invariant: "M9",
        title: "a bank statement leads from its opening to its closing balance",
        table: "bank_statement",
        sql: "SELECT s.id AS bank_statement_id, s.number,
                     CAST(s.added AS TEXT) || ' movements, ' ||
                     COALESCE(CAST(s.closing_minor - s.opening_minor AS TEXT), 'unknown')
                     AS expected,
                     CAST(COALESCE(e.movements, 0) AS TEXT) || ' movements, ' ||
                     CAST(COALESCE(e.amount, 0) AS TEXT) AS actual
                FROM bank_statement s
                LEFT JOIN (SELECT bank_statement_id, COUNT(*) AS movements,
                                  CAST(SUM(amount_minor) AS BIGINT) AS amount
                             FROM bank_entry GROUP BY bank_statement_id) e
                  ON e.bank_statement_id = s.id
               WHERE s.added <> COALESCE(e.movements, 0)
                  OR (s.added = s.entries
                      AND s.closing_minor - s.opening_minor <> COALESCE(e.amount, 0))",
        remedy: BACKUP,
    },
];

/// What a movement brought is posted with its payment's capture, or by the match itself; what was
/// undone is posted back.
const POSTED: &str = "
    SELECT x.bank_entry_id, x.bank_match_id, x.due AS expected, x.booked AS actual
      FROM (SELECT m.bank_entry_id, m.id AS bank_match_id,
                   CASE WHEN m.undone_at IS NULL THEN m.amount_minor ELSE 0 END AS due,
                   CAST(COALESCE(o.amount, 0) + CASE WHEN m.undone_at IS NULL
                        THEN COALESCE(t.captured, 0) ELSE COALESCE(t.whole, 0) END AS BIGINT)
                       AS booked
              FROM bank_match m
              LEFT JOIN (SELECT j.cause_id,
                                SUM(COALESCE(p.foreign_minor, p.amount_minor)) AS amount
                           FROM journal j
                           JOIN posting p ON p.journal_id = j.id AND p.account = 'bank'
                          WHERE j.cause_kind = 'bank_match' GROUP BY j.cause_id) o
                ON o.cause_id = m.id
              LEFT JOIN (SELECT n.payment_id,
                                SUM(CASE n.kind WHEN 'capture'
                                    THEN COALESCE(p.foreign_minor, p.amount_minor) ELSE 0 END)
                                    AS captured,
                                SUM(COALESCE(p.foreign_minor, p.amount_minor)) AS whole
                           FROM payment y
                           JOIN payment_transaction n ON n.payment_id = y.id
                           JOIN journal j ON j.cause_id = n.id
                            AND j.cause_kind = 'payment_transaction'
                           JOIN posting p ON p.journal_id = j.id AND p.account = 'bank'
                          WHERE y.provider = 'bank' GROUP BY n.payment_id) t
                ON t.payment_id = m.payment_id) x
     WHERE x.due <> x.booked";
