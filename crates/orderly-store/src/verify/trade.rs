//! Quotes and loads: what one query proves.

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "Q1",
        title: "drawn of a quote's line is what order lines draw, at most what is offered",
        table: "quote_line",
        sql: "SELECT q.quote_id, q.id AS line_id, q.drawn AS actual, q.offered,
                     COALESCE(d.qty, 0) AS expected
                FROM quote_line q
                LEFT JOIN (SELECT origin_line_id, CAST(SUM(ordered - canceled) AS BIGINT) AS qty
                             FROM order_line
                            WHERE origin_line_id IS NOT NULL AND parent_id IS NULL
                            GROUP BY origin_line_id) d ON d.origin_line_id = q.id
               WHERE q.drawn <> COALESCE(d.qty, 0) OR q.drawn > q.offered",
        remedy: "orderly orders cancel what was drawn too much, or revise the quote",
    },
    Check {
        invariant: "Q2",
        title: "a quote's revision is the last one it sent, of which none is missing",
        table: "quote",
        sql: "SELECT q.id AS quote_id, q.revision AS actual,
                     COALESCE(MAX(r.number), 0) AS expected
                FROM quote q LEFT JOIN quote_revision r ON r.quote_id = q.id
               GROUP BY q.id, q.revision
              HAVING q.revision <> COALESCE(MAX(r.number), 0) OR q.revision <> COUNT(r.number)",
        remedy: "orderly quotes revise and send the quote again",
    },
    Check {
        invariant: "L1",
        title: "what a stop carries is what its shipment shipped",
        table: "load_stop",
        sql: "SELECT s.load_id, s.id AS stop_id, l.order_line_id AS line_id, l.qty AS actual,
                     CAST(COALESCE(SUM(h.qty), 0) AS BIGINT) AS expected
                FROM load_stop s
                JOIN load_line l ON l.stop_id = s.id
                LEFT JOIN shipment_line h
                  ON h.shipment_id = s.shipment_id AND h.line_id = l.order_line_id
               WHERE s.shipment_id IS NOT NULL AND s.from_stop_id IS NULL
               GROUP BY s.load_id, s.id, l.order_line_id, l.qty
              HAVING l.qty <> COALESCE(SUM(h.qty), 0)",
        remedy: "compare the load list with the order's shipments",
    },
    Check {
        invariant: "L1",
        title: "a stop whose load left has a shipment of its order",
        table: "load_stop",
        sql: "SELECT s.load_id, s.id AS stop_id, 'its shipment' AS expected, 'none' AS actual
                FROM load_stop s
                JOIN load l ON l.id = s.load_id
                LEFT JOIN shipment h ON h.id = s.shipment_id AND h.order_id = s.order_id
               WHERE l.state IN ('departed', 'returned') AND s.state <> 'removed' AND h.id IS NULL",
        remedy: "compare the load list with the order's shipments",
    },
    Check {
        invariant: "L2",
        title: "nothing is aboard a load that has returned",
        table: "load",
        sql: "SELECT s.load_id, s.id AS stop_id, 0 AS expected,
                     CAST(SUM(h.qty - h.delivered - h.lost - h.brought_back) AS BIGINT) AS actual
                FROM load l
                JOIN load_stop s ON s.load_id = l.id AND s.state <> 'removed'
                JOIN shipment_line h ON h.shipment_id = s.shipment_id
               WHERE l.state = 'returned'
                 AND NOT EXISTS (SELECT 1 FROM load_stop o
                                  WHERE o.from_stop_id = s.id AND o.state <> 'removed')
               GROUP BY s.load_id, s.id
              HAVING SUM(h.qty - h.delivered - h.lost - h.brought_back) <> 0",
        remedy: "orderly orders bring-back what is still in transit",
    },
    Check {
        invariant: "L3",
        title: "a load is the sum of its stops",
        table: "load",
        sql: "SELECT l.id AS load_id, 'weight and volume' AS what,
                     l.weight_g + l.volume_ml AS actual,
                     CAST(COALESCE(SUM(s.weight_g + s.volume_ml), 0) AS BIGINT) AS expected
                FROM load l LEFT JOIN load_stop s ON s.load_id = l.id AND s.state <> 'removed'
               WHERE l.state <> 'canceled'
               GROUP BY l.id, l.weight_g, l.volume_ml, l.length_mm
              HAVING l.weight_g <> COALESCE(SUM(s.weight_g), 0)
                  OR l.volume_ml <> COALESCE(SUM(s.volume_ml), 0)
                  OR l.length_mm <> COALESCE(MAX(s.length_mm), 0)",
        remedy: "orderly loads remove a stop and add it again",
    },
    Check {
        invariant: "L3",
        title: "a load is within what its vehicle may carry, or somebody let it pass",
        table: "load",
        sql: "SELECT id AS load_id, 'within its limits' AS expected, 'more' AS actual
                FROM load
               WHERE overridden = 0 AND state <> 'canceled'
                 AND (weight_g > max_weight_g OR volume_ml > max_volume_ml
                      OR length_mm > max_length_mm)",
        remedy: "orderly loads remove a stop, or have the capacity overridden",
    },
];
