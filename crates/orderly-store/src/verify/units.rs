//! Levels, claims and movements: what one query proves.

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "S2",
        title: "allocated of a level is the sum of its allocated claims",
        table: "stock_level",
        sql: ALLOCATED,
        remedy: "orderly stock show the level; place or cancel what the claim stands for",
    },
    Check {
        invariant: "S2",
        title: "backordered of a level is the sum of its backordered claims",
        table: "stock_level",
        sql: BACKORDERED,
        remedy: "orderly stock show the level; cancel the backorder that nobody waits for",
    },
    Check {
        invariant: "S2",
        title: "every claim on stock has its stock level",
        table: "claim",
        sql: "SELECT c.item_id, c.location_id, c.lot_class, c.order_id, c.id AS claim_id,
                     'a stock level' AS expected, 'none' AS actual,
                     'claim' AS cause, c.id AS cause_id
                FROM claim c
                LEFT JOIN stock_level l ON l.item_id = c.item_id
                 AND l.location_id = c.location_id AND l.lot_class = c.lot_class
               WHERE c.supply_kind = 'stock_level' AND l.item_id IS NULL",
        remedy: "orderly orders cancel the line of the claim, then place it again",
    },
    Check {
        invariant: "S3",
        title: "levels keep 0 ≤ allocated ≤ on hand ≤ held and backordered ≥ 0",
        table: "stock_level",
        sql: "SELECT item_id, location_id, lot_class,
                     '0 ≤ allocated ≤ on hand ≤ held, backordered ≥ 0' AS expected,
                     'allocated ' || CAST(allocated AS TEXT) || ', on hand ' ||
                     CAST(on_hand AS TEXT) || ', held ' || CAST(held AS TEXT) ||
                     ', backordered ' || CAST(backordered AS TEXT) AS actual
                FROM stock_level
               WHERE allocated < 0 OR allocated > on_hand OR on_hand > held OR backordered < 0
                  OR safety < 0",
        remedy: "orderly stock count the item at the location",
    },
    Check {
        invariant: "S3",
        title: "no holding is negative",
        table: "holding",
        sql: "SELECT item_id, place_id, lot_id, 'at least 0' AS expected, qty AS actual
                FROM holding WHERE qty < 0",
        remedy: "orderly stock count the item at the location",
    },
    Check {
        invariant: "S5",
        title: "a movement is posted once per cause",
        table: "movement",
        sql: "SELECT m.cause_id AS caused_by, m.cause_kind AS caused_by_kind, m.kind AS movement,
                     m.item_id, m.lot_id, 1 AS expected, COUNT(*) AS actual
                FROM movement m
               GROUP BY m.cause_id, m.cause_kind, m.kind, m.item_id, m.lot_id, m.from_place,
                     m.to_place
              HAVING COUNT(*) > 1",
        remedy: "orderly stock history the item; reverse the movement posted twice",
    },
    Check {
        invariant: "S5",
        title: "a reversal mirrors its original exactly",
        table: "movement",
        sql: MIRROR,
        remedy: "orderly stock adjust by the difference, with the reversal as the reason",
    },
    Check {
        invariant: "S6",
        title: "each shipment line has its ship movements, of its quantity and value",
        table: "shipment_line",
        sql: SHIPPED,
        remedy: "orderly stock history the item; adjust by the difference",
    },
    Check {
        invariant: "S6",
        title: "each ship movement belongs to a shipment line",
        table: "movement",
        sql: "SELECT m.id AS movement_id, m.item_id, 'a shipment line' AS expected,
                     'none' AS actual, 'movement' AS cause, m.id AS cause_id
                FROM movement m
                LEFT JOIN shipment_line s ON s.id = m.cause_id
               WHERE m.cause_kind = 'shipment_line' AND m.kind IN ('ship', 'hand_over')
                 AND s.id IS NULL",
        remedy: "orderly stock adjust the goods back, with the movement as the reason",
    },
    Check {
        invariant: "S7",
        title: "what a transfer sent is received, written off or still on its way",
        table: "transfer_line",
        sql: "SELECT transfer_id, id AS transfer_line_id, item_id, sent AS expected,
                     received + written_off AS actual
                FROM transfer_line WHERE received + written_off > sent OR sent > qty",
        remedy: "orderly stock count the item at both locations",
    },
];

/// The claim to blame: one of exactly the difference, else the latest.
macro_rules! of_level {
    ($column:literal) => {
        concat!(
            "SELECT l.item_id, l.location_id, l.lot_class, COALESCE(c.qty, 0) AS expected, l.",
            $column,
            " AS actual, 'claim' AS cause,
                (SELECT b.id FROM claim b
                  WHERE b.item_id = l.item_id AND b.location_id = l.location_id
                    AND b.lot_class = l.lot_class AND b.state = '",
            $column,
            "' ORDER BY CASE WHEN b.qty = ABS(COALESCE(c.qty, 0) - l.",
            $column,
            ") THEN 0 ELSE 1 END, b.created_at DESC, b.id DESC LIMIT 1) AS cause_id
               FROM stock_level l
               LEFT JOIN (SELECT item_id, location_id, lot_class, CAST(SUM(qty) AS BIGINT) AS qty
                            FROM claim WHERE supply_kind = 'stock_level' AND state = '",
            $column,
            "' GROUP BY item_id, location_id, lot_class) c
                 ON c.item_id = l.item_id AND c.location_id = l.location_id
                AND c.lot_class = l.lot_class
              WHERE l.",
            $column,
            " <> COALESCE(c.qty, 0)"
        )
    };
}

const ALLOCATED: &str = of_level!("allocated");
const BACKORDERED: &str = of_level!("backordered");

const MIRROR: &str = "
    SELECT r.id AS movement_id, r.reverses AS original_movement_id, r.item_id,
           'the mirror of its original' AS expected,
           CASE WHEN m.id IS NULL THEN 'no original'
                WHEN r.item_id <> m.item_id OR r.lot_id <> m.lot_id THEN 'other goods'
                WHEN r.qty <> m.qty THEN 'qty ' || CAST(r.qty AS TEXT) || ' of ' ||
                     CAST(m.qty AS TEXT)
                WHEN r.value_minor <> m.value_minor THEN 'value ' ||
                     CAST(r.value_minor AS TEXT) || ' of ' || CAST(m.value_minor AS TEXT)
                ELSE 'other places' END AS actual,
           'movement' AS cause, r.id AS cause_id
      FROM movement r LEFT JOIN movement m ON m.id = r.reverses
     WHERE r.reverses IS NOT NULL
       AND (m.id IS NULL OR r.item_id <> m.item_id OR r.lot_id <> m.lot_id OR r.qty <> m.qty
            OR r.value_minor <> m.value_minor OR r.from_place <> m.to_place
            OR r.to_place <> m.from_place)";

const SHIPPED: &str = "
    SELECT x.order_id, x.shipment_id, x.shipment_line_id, x.item_id,
           CAST(x.qty AS TEXT) || ' worth ' || CAST(x.value_minor AS TEXT) AS expected,
           CAST(x.moved AS TEXT) || ' worth ' || CAST(x.value AS TEXT) AS actual,
           CASE WHEN x.moved = 0 THEN 'shipment_line' ELSE 'movement' END AS cause,
           COALESCE((SELECT b.id FROM movement b
                      WHERE b.cause_id = x.shipment_line_id AND b.cause_kind = 'shipment_line'
                        AND b.kind IN ('ship', 'hand_over')
                      ORDER BY b.id DESC LIMIT 1), x.shipment_line_id) AS cause_id
      FROM (SELECT s.order_id, s.shipment_id, s.id AS shipment_line_id, s.item_id, s.qty,
                   s.value_minor, CAST(COALESCE(SUM(m.qty), 0) AS BIGINT) AS moved,
                   CAST(COALESCE(SUM(m.value_minor), 0) AS BIGINT) AS value
              FROM shipment_line s
              LEFT JOIN movement m ON m.cause_id = s.id AND m.cause_kind = 'shipment_line'
               AND m.kind IN ('ship', 'hand_over') AND m.item_id = s.item_id
               AND m.lot_id = s.lot_id
             GROUP BY s.id, s.order_id, s.shipment_id, s.item_id, s.qty, s.value_minor) x
     WHERE x.moved <> x.qty OR x.value <> x.value_minor";
