//! Corruptions of quotes and loads: each is found, and nothing else.

use orderly::ops::loads::road::{self, Back, Drop};
use orderly::ops::quotes::convert::convert;
use serde_json::json;

use super::corrupt::{Sown, sow};
use crate::fixture::Shop;
use crate::loads::{on_the_road, shop};

const PLANTS: &[Sown] = &[
    (
        "a quote counts more drawn",
        &["quote_line"],
        "UPDATE quote_line SET drawn = drawn + 1 WHERE drawn = 40",
        &["Q1"],
        false,
    ),
    (
        "less is offered than was drawn",
        &["quote_line"],
        "UPDATE quote_line SET offered = 39 WHERE drawn = 40",
        &["Q1", "D1"],
        true,
    ),
    (
        "an order line forgets its origin",
        &["order_line"],
        "UPDATE order_line SET origin_line_id = NULL WHERE origin_line_id IS NOT NULL",
        &["E1", "Q1"],
        false,
    ),
    ("a revision is gone", &["quote_revision"], "DELETE FROM quote_revision", &["Q2"], false),
    (
        "a stop carries other than its shipment",
        &["load_line"],
        "UPDATE load_line SET qty = qty + 1",
        &["L1"],
        false,
    ),
    (
        "a stop has no shipment",
        &["load_stop"],
        "UPDATE load_stop SET shipment_id = NULL",
        &["L1"],
        false,
    ),
    (
        "something is aboard a load that has returned",
        &["load"],
        "UPDATE load SET state = 'returned' WHERE state = 'departed'",
        &["L2"],
        false,
    ),
    (
        "a load weighs more than its stops",
        &["load"],
        "UPDATE load SET weight_g = weight_g + 1",
        &["L3"],
        false,
    ),
    ("a load is over its limit", &["load"], "UPDATE load SET max_weight_g = 1", &["L3"], false),
];

#[test]
fn every_planted_corruption_of_quotes_and_loads_is_found_and_nothing_else() {
    for own in Shop::each() {
        shop(&own);
        own.buy("depot", "NAIL", "500", "0.03");
        let quote = own.quoted(json!([{ "sku": "NAIL", "quantity": "100" }]));
        let part = crate::fixture::read(json!({ "lines": [{ "line": 1, "quantity": "40" }] }));
        convert(&own.app, &own.call(), quote.id, &part).unwrap();
        let (_, home, stop) = on_the_road(&own);
        let collected = Some("30.00".into());
        let drop = Drop { received_by: "A. Field".into(), collected, ..Drop::default() };
        road::drop_at(&own.app, &own.call(), home.id, stop, &drop).unwrap();
        road::give_back(&own.app, &own.call(), home.id, Back::default()).unwrap();
        on_the_road(&own);
        sow(&own, PLANTS);
    }
}
