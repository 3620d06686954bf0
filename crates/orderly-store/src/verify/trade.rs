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
];
