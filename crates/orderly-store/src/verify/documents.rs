//! Returns, deliveries, receipts, events, the feed and idempotency: what one query proves.

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "O2",
        title: "a channel's external id names one order",
        table: "orders",
        sql: "SELECT channel_id, external_id, 1 AS expected, COUNT(*) AS actual FROM orders
               WHERE external_id IS NOT NULL
               GROUP BY channel_id, external_id HAVING COUNT(*) > 1",
        remedy: "orderly orders cancel the repeated order",
    },
    Check {
        invariant: "O5",
        title: "an SSCC is on one parcel",
        table: "parcel",
        sql: "SELECT sscc, 1 AS expected, COUNT(*) AS actual FROM parcel
               GROUP BY sscc HAVING COUNT(*) > 1",
        remedy: "orderly label print a new label for one of the parcels",
    },
    Check {
        invariant: "O9",
        title: "received of a return line is the sum of what became of it",
        table: "return_line",
        sql: "SELECT return_id, id AS return_line_id, received AS actual,
                     awaiting_inspection + restocked + quarantined + repaired + refurbished +
                     scrapped + to_vendor + sent_back AS expected
                FROM return_line
               WHERE received <> awaiting_inspection + restocked + quarantined + repaired +
                     refurbished + scrapped + to_vendor + sent_back",
        remedy: "orderly orders return inspect the line again",
    },
    Check {
        invariant: "O9",
        title: "what became of returned goods is what was decided",
        table: "disposition",
        sql: FATES,
        remedy: "orderly orders return inspect the line again",
    },
    Check {
        invariant: "O9",
        title: "no more comes back than was shipped",
        table: "order_line",
        sql: "SELECT o.order_id, o.id AS line_id, o.shipped AS expected,
                     CAST(SUM(r.received - r.sent_back) AS BIGINT) AS actual
                FROM return_line r
                JOIN returns h ON h.id = r.return_id
                JOIN order_line o ON o.id = r.order_line_id
               WHERE h.state NOT IN ('refused', 'canceled')
               GROUP BY o.order_id, o.id, o.shipped
              HAVING SUM(r.received - r.sent_back) > o.shipped",
        remedy: "orderly orders return: move what is too much to a return without an order",
    },
    Check {
        invariant: "O9",
        title: "returned of an order line is what its returns received and kept",
        table: "order_line",
        sql: "SELECT o.order_id, o.id AS line_id, o.returned AS actual,
                     CAST(SUM(r.received - r.sent_back) AS BIGINT) AS expected,
                     'return_line' AS cause,
                     (SELECT b.id FROM return_line b WHERE b.order_line_id = o.id
                       ORDER BY b.id DESC LIMIT 1) AS cause_id
                FROM return_line r
                JOIN returns h ON h.id = r.return_id
                JOIN order_line o ON o.id = r.order_line_id
               WHERE h.history = 0
               GROUP BY o.order_id, o.id, o.returned
              HAVING SUM(r.received - r.sent_back) <> o.returned",
        remedy: "orderly orders return show; receive or inspect what is missing",
    },
    Check {
        invariant: "E1",
        title: "every event waits for the feed or is in it, once",
        table: "event",
        sql: "SELECT e.stream_id, e.stream_kind, e.sequence, 1 AS expected,
                     CASE WHEN f.position IS NULL THEN 0 ELSE 2 END AS actual
                FROM event e
                LEFT JOIN feed f ON f.stream_id = e.stream_id AND f.sequence = e.sequence
                LEFT JOIN pending p ON p.stream_id = e.stream_id AND p.sequence = e.sequence
               WHERE (f.position IS NULL AND p.sequence IS NULL)
                  OR (f.position IS NOT NULL AND p.sequence IS NOT NULL)",
        remedy: "restore a backup beside this database and compare the events",
    },
    Check {
        invariant: "E1",
        title: "every row that waits for the feed has its event",
        table: "pending",
        sql: "SELECT p.stream_id, p.sequence, 'an event' AS expected, 'none' AS actual
                FROM pending p
                LEFT JOIN event e ON e.stream_id = p.stream_id AND e.sequence = p.sequence
               WHERE e.sequence IS NULL",
        remedy: "restore a backup beside this database and compare the events",
    },
    Check {
        invariant: "E1",
        title: "the events of a stream are numbered 1, 2, 3 …",
        table: "event",
        sql: "SELECT stream_id, MIN(stream_kind) AS stream_kind, MAX(sequence) AS expected,
                     COUNT(*) AS actual
                FROM event GROUP BY stream_id HAVING MAX(sequence) <> COUNT(*)",
        remedy: "restore a backup beside this database and compare the events",
    },
    Check {
        invariant: "E1",
        title: "every order of which events tell is there",
        table: "event",
        sql: "SELECT e.stream_id AS order_id, 'an order' AS expected, 'none' AS actual
                FROM event e LEFT JOIN orders o ON o.id = e.stream_id
               WHERE e.stream_kind = 'order' AND e.sequence = 1 AND o.id IS NULL",
        remedy: "restore a backup beside this database and compare the order",
    },
    Check {
        invariant: "E1",
        title: "a return has all its events",
        table: "returns",
        sql: "SELECT r.id AS return_id, r.number, r.sequence AS expected,
                     COALESCE(MAX(e.sequence), 0) AS actual
                FROM returns r LEFT JOIN event e ON e.stream_id = r.id
               GROUP BY r.id, r.number, r.sequence
              HAVING COALESCE(MAX(e.sequence), 0) <> r.sequence",
        remedy: "restore a backup beside this database and compare the events",
    },
    Check {
        invariant: "I1",
        title: "an answered key points to an object at one of its sequences",
        table: "idempotency",
        sql: "SELECT i.source, i.key, i.verb, i.object_kind, i.object_id,
                     'sequence ' || CAST(i.sequence AS TEXT) AS expected,
                     COALESCE('sequence ' || CAST(COALESCE(o.sequence, r.sequence, p.sequence)
                         AS TEXT), 'none') AS actual
                FROM idempotency i
                LEFT JOIN orders o ON o.id = i.object_id AND i.object_kind = 'order'
                LEFT JOIN returns r ON r.id = i.object_id AND i.object_kind = 'return'
                LEFT JOIN payment p ON p.id = i.object_id AND i.object_kind = 'payment'
               WHERE i.outcome = 'done' AND i.object_kind IN ('order', 'return', 'payment')
                 AND i.sequence > COALESCE(o.sequence, r.sequence, p.sequence, 0)",
        remedy: "restore a backup beside this database and compare the object",
    },
    Check {
        invariant: "I1",
        title: "an answered key has its answer",
        table: "idempotency",
        sql: "SELECT source, key, verb, outcome AS expected, 'nothing' AS actual
                FROM idempotency
               WHERE (outcome = 'done' AND (object_kind IS NULL OR object_id IS NULL))
                  OR (outcome = 'refused' AND problem IS NULL)",
        remedy: "restore a backup beside this database and compare the key",
    },
    Check {
        invariant: "O4",
        title: "what the audit says was done was done to an order that exists",
        table: "audit",
        sql: "SELECT a.id AS audit_id, a.verb, a.object_id AS order_id, 'an order' AS expected,
                     'none' AS actual, 'audit' AS cause, a.id AS cause_id
                FROM audit a LEFT JOIN orders o ON o.id = a.object_id
               WHERE a.outcome = 'done' AND a.object_kind = 'order' AND a.object_id IS NOT NULL
                 AND o.id IS NULL",
        remedy: "restore a backup beside this database and compare the order",
    },
];

/// Each fate's counter against the dispositions into it less those out of it.
const FATES: &str = "
    SELECT x.return_id, x.return_line_id, x.fate AS what, x.decided AS expected,
           x.counted AS actual, 'disposition' AS cause,
           (SELECT d.id FROM disposition d
             WHERE d.return_id = x.return_id AND d.return_line_id = x.return_line_id
               AND (d.to_disposition = x.fate OR d.from_disposition = x.fate)
             ORDER BY d.decided_at DESC, d.id DESC LIMIT 1) AS cause_id
      FROM (SELECT l.return_id, l.id AS return_line_id, f.fate,
                   CASE f.fate
                       WHEN 'awaiting_inspection' THEN l.awaiting_inspection
                       WHEN 'restocked' THEN l.restocked WHEN 'quarantined' THEN l.quarantined
                       WHEN 'repaired' THEN l.repaired WHEN 'refurbished' THEN l.refurbished
                       WHEN 'scrapped' THEN l.scrapped WHEN 'to_vendor' THEN l.to_vendor
                       ELSE l.sent_back END AS counted,
                   (SELECT CAST(COALESCE(SUM(CASE WHEN d.to_disposition = f.fate THEN d.qty
                                                  ELSE -d.qty END), 0) AS BIGINT)
                      FROM disposition d
                     WHERE d.return_id = l.return_id AND d.return_line_id = l.id
                       AND (d.to_disposition = f.fate OR d.from_disposition = f.fate)) AS decided
              FROM return_line l
              JOIN returns r ON r.id = l.return_id AND r.history = 0
             CROSS JOIN (SELECT 'awaiting_inspection' AS fate UNION ALL SELECT 'restocked'
                          UNION ALL SELECT 'quarantined' UNION ALL SELECT 'repaired'
                          UNION ALL SELECT 'refurbished' UNION ALL SELECT 'scrapped'
                          UNION ALL SELECT 'to_vendor' UNION ALL SELECT 'sent_back') f) x
     WHERE x.decided <> x.counted";
