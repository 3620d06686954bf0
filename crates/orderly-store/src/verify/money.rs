//! Journals, payments, applications and refunds: what one query proves.

use super::Check;

const BACKUP: &str = "restore a backup beside this database and compare the journal";

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "M1",
        title: "each journal has two postings or more, and they sum to zero",
        table: "journal",
        sql: "SELECT j.id AS journal_id, j.kind, j.currency,
                     'at least 2 postings, sum 0' AS expected,
                     CAST(COUNT(p.number) AS TEXT) || ' postings, sum ' ||
                     CAST(COALESCE(SUM(p.amount_minor), 0) AS TEXT) AS actual,
                     'journal' AS cause, j.id AS cause_id
                FROM journal j LEFT JOIN posting p ON p.journal_id = j.id
               GROUP BY j.id, j.kind, j.currency
              HAVING COUNT(p.number) < 2 OR COALESCE(SUM(p.amount_minor), 0) <> 0",
        remedy: BACKUP,
    },
    Check {
        invariant: "M1",
        title: "every posting belongs to a journal",
        table: "posting",
        sql: "SELECT p.journal_id, p.account, 'a journal' AS expected, 'none' AS actual
                FROM posting p LEFT JOIN journal j ON j.id = p.journal_id
               WHERE j.id IS NULL",
        remedy: BACKUP,
    },
    Check {
        invariant: "M1",
        title: "a reversing journal mirrors its original",
        table: "journal",
        sql: "SELECT r.id AS journal_id, r.reverses AS original_journal_id, p.account,
                     -p.amount_minor AS expected, COALESCE(q.amount_minor, 0) AS actual,
                     'journal' AS cause, r.id AS cause_id
                FROM journal r
                JOIN posting p ON p.journal_id = r.reverses
                LEFT JOIN posting q ON q.journal_id = r.id AND q.number = p.number
               WHERE r.reverses IS NOT NULL
                 AND (q.account IS NULL OR q.account <> p.account
                      OR q.amount_minor <> -p.amount_minor)",
        remedy: BACKUP,
    },
    Check {
        invariant: "V1",
        title: "a late cost is what its journal posts on inventory and cost of goods",
        table: "late_cost",
        sql: "SELECT j.id AS journal_id,
                     'inventory ' || CAST(COALESCE(l.inventory, 0) AS TEXT) || ', cost ' ||
                     CAST(COALESCE(l.cost, 0) AS TEXT) AS expected,
                     'inventory ' || CAST(COALESCE(p.inventory, 0) AS TEXT) || ', cost ' ||
                     CAST(COALESCE(p.cost, 0) AS TEXT) AS actual,
                     'journal' AS cause, j.id AS cause_id
                FROM journal j
                LEFT JOIN (SELECT journal_id, SUM(inventory_minor) AS inventory,
                                  SUM(cost_minor) AS cost
                             FROM late_cost GROUP BY journal_id) l ON l.journal_id = j.id
                LEFT JOIN (SELECT q.journal_id,
                                  SUM(CASE q.account WHEN 'inventory' THEN q.amount_minor
                                      ELSE 0 END) AS inventory,
                                  SUM(CASE q.account WHEN 'cost_of_goods' THEN q.amount_minor
                                      ELSE 0 END) AS cost
                             FROM posting q JOIN journal k ON k.id = q.journal_id
                            WHERE k.kind = 'late_cost' GROUP BY q.journal_id) p
                  ON p.journal_id = j.id
               WHERE j.kind = 'late_cost'
                 AND (COALESCE(l.inventory, 0) <> COALESCE(p.inventory, 0)
                      OR COALESCE(l.cost, 0) <> COALESCE(p.cost, 0))",
        remedy: "have the difference corrected by a journal of its own, naming the late cost",
    },
    Check {
        invariant: "M4",
        title: "no document of a closed order is open, unless it is charged to an account",
        table: "orders",
        sql: "SELECT o.id AS order_id, o.number, i.id AS invoice_id, 0 AS expected,
                     i.total_minor - i.settled_minor AS actual
                FROM orders o JOIN invoice i ON i.order_id = o.id
               WHERE o.state = 'closed' AND o.settlement = 'payment'
                 AND i.kind <> 'credit_note' AND i.settled_minor < i.total_minor",
        remedy: "orderly orders reopen the order, and collect what is open or write it off",
    },
    Check {
        invariant: "M10",
        title: "what carriers owe is what they took on delivery and have not remitted",
        table: "payment",
        sql: "SELECT x.legal_entity_id, x.taken - x.remitted AS expected, x.booked AS actual
                FROM (SELECT e.id AS legal_entity_id,
                             COALESCE((SELECT CAST(SUM(p.captured_minor - p.refunded_minor)
                                                   AS BIGINT)
                                         FROM payment p
                                        WHERE p.legal_entity_id = e.id AND p.provider = 'cod'), 0)
                                 AS taken,
                             COALESCE((SELECT CAST(SUM(m.amount_minor + m.fees_minor) AS BIGINT)
                                         FROM bank_match m
                                         JOIN bank_entry b ON b.id = m.bank_entry_id
                                         JOIN bank_account a ON a.id = b.bank_account_id
                                        WHERE a.legal_entity_id = e.id
                                          AND m.account = 'cod_clearing'
                                          AND m.undone_at IS NULL), 0)
                             + COALESCE((SELECT CAST(SUM(r.amount_minor) AS BIGINT)
                                           FROM remittance r
                                           JOIN till_entry t ON t.id = r.till_entry_id
                                           JOIN till_session s ON s.id = t.session_id
                                          WHERE s.legal_entity_id = e.id), 0) AS remitted,
                             COALESCE((SELECT CAST(SUM(g.amount_minor) AS BIGINT)
                                         FROM posting g JOIN journal j ON j.id = g.journal_id
                                        WHERE j.legal_entity_id = e.id
                                          AND g.account = 'cod_clearing'
                                          AND j.kind IN ('capture', 'refund', 'bank', 'till')
                                          AND NOT EXISTS (SELECT 1 FROM journal r
                                                           WHERE r.reverses = j.id)), 0)
                                 AS booked
                        FROM legal_entity e
                       WHERE NOT EXISTS (SELECT 1 FROM payment p
                                          WHERE p.legal_entity_id = e.id AND p.provider = 'cod'
                                            AND p.currency <> e.currency)) x
               WHERE x.taken - x.remitted <> x.booked",
        remedy: "compare `orderly payments on-delivery` with what the carriers say they hold",
    },
    Check {
        invariant: "M2",
        title: "captured and refunded of a payment stay within their bounds",
        table: "payment",
        sql: "SELECT id AS payment_id,
                     'refunded ≤ captured ≤ authorized, nothing below 0' AS expected,
                     'authorized ' || CAST(authorized_minor AS TEXT) || ', captured ' ||
                     CAST(captured_minor AS TEXT) || ', refunded ' ||
                     CAST(refunded_minor AS TEXT) AS actual
                FROM payment
               WHERE captured_minor + capture_pending_minor + voided_minor > authorized_minor
                  OR refunded_minor + refund_pending_minor > captured_minor
                  OR captured_minor < 0 OR refunded_minor < 0 OR voided_minor < 0
                  OR capture_pending_minor < 0 OR refund_pending_minor < 0",
        remedy: "compare the payment with the provider's statement",
    },
    Check {
        invariant: "M2",
        title: "captured, voided and refunded of a payment are the sums of its transactions",
        table: "payment",
        sql: TRANSACTIONS,
        remedy: "compare the payment with the provider's statement",
    },
    Check {
        invariant: "M2",
        title: "applied of a payment is the sum of its applications",
        table: "payment",
        sql: "SELECT x.payment_id, x.applied AS expected, x.stored AS actual,
                     'application' AS cause,
                     (SELECT a.id FROM application a WHERE a.payment_id = x.payment_id
                       ORDER BY a.applied_at DESC, a.id DESC LIMIT 1) AS cause_id
                FROM (SELECT p.id AS payment_id, p.applied_minor AS stored,
                             CAST(COALESCE(SUM(CASE a.kind WHEN 'captured' THEN a.amount_minor
                                 ELSE 0 END), 0) AS BIGINT) AS applied
                        FROM payment p LEFT JOIN application a ON a.payment_id = p.id
                       GROUP BY p.id, p.applied_minor) x
               WHERE x.applied <> x.stored",
        remedy: "orderly payments apply the difference",
    },
    Check {
        invariant: "M2",
        title: "what an order counts as paid is the sum of its applications",
        table: "orders",
        sql: PAID,
        remedy: "orderly payments apply the difference",
    },
    Check {
        invariant: "M5",
        title: "the amount of a refund is the sum of its lines",
        table: "refund",
        sql: "SELECT r.id AS refund_id, r.number,
                     CAST(COALESCE(SUM(l.amount_minor), 0) AS BIGINT) AS expected,
                     r.amount_minor AS actual, 'refund' AS cause, r.id AS cause_id
                FROM refund r LEFT JOIN refund_line l ON l.refund_id = r.id
               GROUP BY r.id, r.number, r.amount_minor
              HAVING COALESCE(SUM(l.amount_minor), 0) <> r.amount_minor",
        remedy: "correct the refund by a new one for the difference",
    },
    Check {
        invariant: "M5",
        title: "no line is refunded more than was charged for it",
        table: "refund_line",
        sql: OVER_CHARGED,
        remedy: "collect the difference from the customer as a new charge",
    },
    Check {
        invariant: "M5",
        title: "refunded of an order line is the sum of its refund lines",
        table: "order_line",
        sql: "SELECT x.order_id, x.line_id, x.refunded AS expected, x.stored AS actual,
                     'refund_line' AS cause,
                     (SELECT b.id FROM refund_line b WHERE b.order_line_id = x.line_id
                       ORDER BY b.id DESC LIMIT 1) AS cause_id
                FROM (SELECT o.order_id, o.id AS line_id, o.refunded AS stored,
                             CAST(SUM(CASE WHEN r.state IN ('pending', 'settled') THEN l.qty
                                 ELSE 0 END) AS BIGINT) AS refunded
                        FROM refund_line l
                        JOIN refund r ON r.id = l.refund_id
                        JOIN order_line o ON o.id = l.order_line_id
                       GROUP BY o.order_id, o.id, o.refunded) x
               WHERE x.refunded <> x.stored",
        remedy: "correct the refund by a new one for the difference",
    },
    Check {
        invariant: "M5",
        title: "a refund gives no more credit than it comes to",
        table: "refund",
        sql: "SELECT id AS refund_id, number, 'between 0 and ' || CAST(amount_minor AS TEXT)
                     AS expected, CAST(credited_minor AS TEXT) AS actual, 'refund' AS cause,
                     id AS cause_id
                FROM refund
               WHERE credited_minor < 0 OR credited_minor > amount_minor
                  OR (settlement = 'refund' AND credited_minor <> 0)",
        remedy: "correct the refund by a new one for the difference",
    },
    Check {
        invariant: "M5",
        title: "a restocking fee is what its refund kept",
        table: "charge",
        sql: "SELECT c.order_id, c.id AS charge_id, COALESCE(k.kept, 0) AS expected,
                     c.amount_minor + c.tax_added_minor AS actual
                FROM charge c
                LEFT JOIN (SELECT l.charge_id, CAST(-SUM(l.amount_minor) AS BIGINT) AS kept
                             FROM refund_line l
                             JOIN refund r ON r.id = l.refund_id
                                  AND r.state IN ('pending', 'settled')
                            WHERE l.amount_minor < 0
                            GROUP BY l.charge_id) k ON k.charge_id = c.id
               WHERE c.kind = 'restocking_fee'
                 AND COALESCE(k.kept, 0) <> c.amount_minor + c.tax_added_minor",
        remedy: "refund the fee to the customer",
    },
    Check {
        invariant: "M5",
        title: "what an exchange carries is what the refunds of its goods gave",
        table: "exchange",
        sql: CARRIED,
        remedy: "correct the payment of the replacement by one for the difference",
    },
    Check {
        invariant: "M5",
        title: "no more units are refunded than were canceled, returned or given as goodwill",
        table: "refund_line",
        sql: OVER_ENTITLED,
        remedy: "collect the difference from the customer as a new charge",
    },
];

/// The sum of a payment's transactions of one kind in some states.
macro_rules! sum_of {
    ($kind:literal, $states:literal) => {
        concat!(
            "CAST(COALESCE(SUM(CASE WHEN t.kind = '",
            $kind,
            "' AND t.state IN (",
            $states,
            ") THEN t.amount_minor ELSE 0 END), 0) AS BIGINT)"
        )
    };
}

/// One line of an explanation: what each amount is, or should be.
macro_rules! amounts {
    ($authorized:literal, $captured:literal, $pending:literal, $voided:literal, $refunded:literal,
     $refunding:literal) => {
        concat!(
            "'authorized ' || CAST(x.",
            $authorized,
            " AS TEXT) || ', captured ' || CAST(x.",
            $captured,
            " AS TEXT) || ' (pending ' || CAST(x.",
            $pending,
            " AS TEXT) || '), voided ' || CAST(x.",
            $voided,
            " AS TEXT) || ', refunded ' || CAST(x.",
            $refunded,
            " AS TEXT) || ' (pending ' || CAST(x.",
            $refunding,
            " AS TEXT) || ')'"
        )
    };
}

/// A void reserves its amount while nobody knows its outcome.
const TRANSACTIONS: &str = concat!(
    "SELECT x.payment_id, ",
    amounts!("authorized", "captured", "capturing", "voided", "refunded", "refunding"),
    " AS expected, ",
    amounts!(
        "authorized_minor",
        "captured_minor",
        "capture_pending_minor",
        "voided_minor",
        "refunded_minor",
        "refund_pending_minor"
    ),
    " AS actual, 'payment_transaction' AS cause,
           (SELECT t.id FROM payment_transaction t WHERE t.payment_id = x.payment_id
             ORDER BY t.created_at DESC, t.id DESC LIMIT 1) AS cause_id
      FROM (SELECT p.id AS payment_id, p.authorized_minor, p.captured_minor,
                   p.capture_pending_minor, p.voided_minor, p.refunded_minor,
                   p.refund_pending_minor, ",
    sum_of!("authorize", "'done'"),
    " AS authorized, ",
    sum_of!("capture", "'done'"),
    " AS captured, ",
    sum_of!("capture", "'pending', 'unknown'"),
    " AS capturing, ",
    sum_of!("void", "'done', 'pending', 'unknown'"),
    " AS voided, ",
    sum_of!("refund", "'done'"),
    " AS refunded, ",
    sum_of!("refund", "'pending', 'unknown'"),
    " AS refunding
              FROM payment p LEFT JOIN payment_transaction t ON t.payment_id = p.id
             GROUP BY p.id, p.authorized_minor, p.captured_minor, p.capture_pending_minor,
                   p.voided_minor, p.refunded_minor, p.refund_pending_minor) x
     WHERE x.authorized <> x.authorized_minor OR x.captured <> x.captured_minor
        OR x.capturing <> x.capture_pending_minor OR x.voided <> x.voided_minor
        OR x.refunded <> x.refunded_minor OR x.refunding <> x.refund_pending_minor"
);

const PAID: &str = "
    SELECT o.id AS order_id, o.number, 'authorized ' || CAST(COALESCE(a.authorized, 0) AS TEXT)
           || ', captured ' || CAST(COALESCE(a.captured, 0) AS TEXT) || ', refunded ' ||
           CAST(COALESCE(a.refunded, 0) AS TEXT) AS expected,
           'authorized ' || CAST(o.authorized_minor AS TEXT) || ', captured ' ||
           CAST(o.captured_minor AS TEXT) || ', refunded ' || CAST(o.refunded_minor AS TEXT)
           AS actual, 'application' AS cause,
           (SELECT b.id FROM application b WHERE b.target_id = o.id
             ORDER BY b.applied_at DESC, b.id DESC LIMIT 1) AS cause_id
      FROM orders o
      LEFT JOIN (SELECT target_id,
                        CAST(SUM(CASE WHEN kind = 'authorized' THEN amount_minor ELSE 0 END)
                            AS BIGINT) AS authorized,
                        CAST(SUM(CASE WHEN kind = 'captured' THEN amount_minor ELSE 0 END)
                            AS BIGINT) AS captured,
                        CAST(SUM(CASE WHEN kind = 'refunded' THEN amount_minor ELSE 0 END)
                            AS BIGINT) AS refunded
                   FROM application WHERE target_kind = 'order' GROUP BY target_id) a
        ON a.target_id = o.id
     WHERE o.history = 0
       AND (o.authorized_minor <> COALESCE(a.authorized, 0)
            OR o.captured_minor <> COALESCE(a.captured, 0)
            OR o.refunded_minor <> COALESCE(a.refunded, 0))";

/// Where the rest is given as store credit, the refunds gave at least what was carried.
const CARRIED: &str = "
    SELECT e.id AS exchange_id, e.number, COALESCE(g.given, 0) AS expected,
           p.captured_minor - p.refunded_minor AS actual
      FROM exchange e
      JOIN payment p ON p.id = e.payment_id
      LEFT JOIN (SELECT return_id, CAST(SUM(credited_minor) AS BIGINT) AS given
                   FROM refund
                  WHERE settlement = 'exchange' AND state IN ('pending', 'settled')
                  GROUP BY return_id) g ON g.return_id = e.return_id
     WHERE p.captured_minor - p.refunded_minor > COALESCE(g.given, 0)
        OR (e.rest <> 'store_credit'
            AND p.captured_minor - p.refunded_minor <> COALESCE(g.given, 0))";

const OVER_CHARGED: &str = "
    SELECT o.order_id, o.id AS line_id,
           o.gross_minor - o.discount_minor + o.tax_added_minor AS expected,
           CAST(SUM(l.amount_minor) AS BIGINT) AS actual, 'refund_line' AS cause,
           (SELECT b.id FROM refund_line b WHERE b.order_line_id = o.id
             ORDER BY b.id DESC LIMIT 1) AS cause_id
      FROM refund_line l
      JOIN refund r ON r.id = l.refund_id AND r.state IN ('pending', 'settled')
      JOIN order_line o ON o.id = l.order_line_id
     WHERE l.cause <> 'goodwill'
     GROUP BY o.order_id, o.id, o.gross_minor, o.discount_minor, o.tax_added_minor
    HAVING SUM(l.amount_minor) > o.gross_minor - o.discount_minor + o.tax_added_minor";

const OVER_ENTITLED: &str = "
    SELECT o.order_id, o.id AS line_id, o.canceled + o.closed_short + o.returned AS expected,
           CAST(SUM(l.qty) AS BIGINT) AS actual, 'refund_line' AS cause,
           (SELECT b.id FROM refund_line b WHERE b.order_line_id = o.id
             ORDER BY b.id DESC LIMIT 1) AS cause_id
      FROM refund_line l
      JOIN refund r ON r.id = l.refund_id AND r.state IN ('pending', 'settled')
      JOIN order_line o ON o.id = l.order_line_id
     WHERE l.cause IN ('canceled', 'returned')
     GROUP BY o.order_id, o.id, o.canceled, o.closed_short, o.returned
    HAVING SUM(l.qty) > o.canceled + o.closed_short + o.returned";
