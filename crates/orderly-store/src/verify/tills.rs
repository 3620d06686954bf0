//! Store credit and the cash of tills: what one query proves.

use super::Check;

const RECOUNT: &str = "count the drawer and correct it in the session that follows";
const COMPARE: &str = "compare the customer's entries with the refunds and payments they name";

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "M6",
        title: "a customer's store credit is the sum of its entries",
        table: "store_credit",
        sql: "SELECT c.customer_id, c.currency,
                     CAST(COALESCE(SUM(e.amount_minor), 0) AS BIGINT) AS expected,
                     c.balance_minor AS actual
                FROM store_credit c
                LEFT JOIN store_credit_entry e ON e.customer_id = c.customer_id
                 AND e.legal_entity_id = c.legal_entity_id AND e.currency = c.currency
               GROUP BY c.legal_entity_id, c.customer_id, c.currency, c.balance_minor
              HAVING COALESCE(SUM(e.amount_minor), 0) <> c.balance_minor OR c.balance_minor < 0",
        remedy: COMPARE,
    },
    Check {
        invariant: "M6",
        title: "store credit in the books is what customers have left",
        table: "store_credit",
        sql: "SELECT x.customer_id, x.currency, CAST(SUM(x.posted) AS BIGINT) AS expected,
                     CAST(SUM(x.kept) AS BIGINT) AS actual
                FROM (SELECT j.legal_entity_id, p.party_id AS customer_id,
                             COALESCE(p.foreign_currency, j.currency) AS currency,
                             -COALESCE(p.foreign_minor, p.amount_minor) AS posted, 0 AS kept
                        FROM posting p JOIN journal j ON j.id = p.journal_id
                       WHERE p.account = 'store_credit'
                       UNION ALL
                      SELECT legal_entity_id, customer_id, currency, 0, balance_minor
                        FROM store_credit) x
               GROUP BY x.legal_entity_id, x.customer_id, x.currency
              HAVING SUM(x.posted) <> SUM(x.kept)",
        remedy: COMPARE,
    },
    Check {
        invariant: "M8",
        title: "what a till session expects is the sum of its entries",
        table: "till_session",
        sql: "SELECT s.drawer_id, s.number,
                     CAST(COALESCE(SUM(CASE WHEN e.kind IN ('difference', 'cash_up') THEN 0
                         ELSE e.amount_minor END), 0) AS BIGINT) AS expected,
                     s.expected_minor AS actual
                FROM till_session s LEFT JOIN till_entry e ON e.session_id = s.id
               GROUP BY s.id, s.drawer_id, s.number, s.expected_minor
              HAVING COALESCE(SUM(CASE WHEN e.kind IN ('difference', 'cash_up') THEN 0
                         ELSE e.amount_minor END), 0) <> s.expected_minor",
        remedy: RECOUNT,
    },
    Check {
        invariant: "M8",
        title: "a closed till session has no cash left, and its difference is what was counted",
        table: "till_session",
        sql: "SELECT s.drawer_id, s.number, '0 left' AS expected,
                     CAST(COALESCE(SUM(e.amount_minor), 0) AS TEXT) || ' left, counted ' ||
                     CAST(s.counted_minor AS TEXT) || ', difference ' ||
                     CAST(s.difference_minor AS TEXT) AS actual
                FROM till_session s LEFT JOIN till_entry e ON e.session_id = s.id
               WHERE s.state = 'closed'
               GROUP BY s.id, s.drawer_id, s.number, s.expected_minor, s.counted_minor,
                     s.difference_minor
              HAVING COALESCE(SUM(e.amount_minor), 0) <> 0
                  OR s.counted_minor - s.expected_minor <> s.difference_minor",
        remedy: RECOUNT,
    },
    Check {
        invariant: "M8",
        title: "every entry of a till is posted on the cash in tills",
        table: "till_entry",
        sql: "SELECT e.session_id, e.amount_minor AS expected,
                     CAST(COALESCE(SUM(COALESCE(p.foreign_minor, p.amount_minor)), 0) AS BIGINT)
                         AS actual,
                     'till_entry' AS cause, e.id AS cause_id
                FROM till_entry e
                LEFT JOIN journal j ON j.cause_id = COALESCE(e.transaction_id, e.id)
                 AND j.cause_kind IN ('till_entry', 'payment_transaction')
                LEFT JOIN posting p ON p.journal_id = j.id AND p.account = 'till_cash'
               GROUP BY e.id, e.session_id, e.amount_minor
              HAVING COALESCE(SUM(COALESCE(p.foreign_minor, p.amount_minor)), 0) <> e.amount_minor",
        remedy: RECOUNT,
    },
    Check {
        invariant: "M8",
        title: "the cash in tills of a location with drawers is what its open sessions expect",
        table: "drawer",
        sql: CASH,
        remedy: RECOUNT,
    },
];

/// Cash from before the first drawer of its currency belongs to no session.
const CASH: &str = "
    SELECT d.location_id, d.currency,
           CAST(COALESCE((SELECT SUM(s.expected_minor) FROM till_session s
                           WHERE s.location_id = d.location_id AND s.currency = d.currency
                             AND s.state <> 'closed'), 0) AS BIGINT) AS expected,
           CAST(COALESCE(x.cash, 0) AS BIGINT) AS actual
      FROM (SELECT location_id, currency, MIN(created_at) AS since
              FROM drawer GROUP BY location_id, currency) d
      LEFT JOIN (SELECT f.location_id, f.currency,
                        SUM(COALESCE(p.foreign_minor, p.amount_minor)) AS cash
                   FROM (SELECT location_id, currency, MIN(created_at) AS since
                           FROM drawer GROUP BY location_id, currency) f
                   JOIN posting p ON p.account = 'till_cash' AND p.location_id = f.location_id
                   JOIN journal j ON j.id = p.journal_id AND j.recorded_at >= f.since
                  WHERE COALESCE(p.foreign_currency, j.currency) = f.currency
                  GROUP BY f.location_id, f.currency) x
        ON x.location_id = d.location_id AND x.currency = d.currency
     WHERE COALESCE(x.cash, 0) <>
           COALESCE((SELECT SUM(s.expected_minor) FROM till_session s
                      WHERE s.location_id = d.location_id AND s.currency = d.currency
                        AND s.state <> 'closed'), 0)";
