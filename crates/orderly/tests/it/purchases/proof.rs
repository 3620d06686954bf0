//! What verify says of corrupted purchases.

use orderly::ops::orders::place;
use orderly::ops::purchases::{self, create, direct, rebates};
use orderly::verify::{self, Options};
use serde_json::json;

use super::prove;
use crate::fixture::{Shop, read};
use crate::verify::corrupt::Owner;

/// What is done past the store, to which table, and the invariants that no longer hold.
const PLANTS: &[(&str, &str, &[&str])] = &[
    (
        "purchase_line",
        "UPDATE purchase_line SET received = received + 1 WHERE received = 60",
        &["P1"],
    ),
    (
        "purchase_line",
        "UPDATE purchase_line SET received_minor = received_minor + 7 WHERE received = 60",
        &["P1", "P2"],
    ),
    (
        "purchase_line",
        "UPDATE purchase_line SET invoiced = invoiced - 1 WHERE invoiced = 40",
        &["P1"],
    ),
    (
        "purchase_line",
        "UPDATE purchase_line SET cleared_minor = cleared_minor - 5 WHERE invoiced = 40",
        &["P1", "P2"],
    ),
    ("supplier_invoice", "UPDATE supplier_invoice SET booked_minor = booked_minor + 3", &["P3"]),
    ("supplier_invoice", "UPDATE supplier_invoice SET settled_minor = settled_minor - 1", &["P3"]),
    ("supplier_application", "DELETE FROM supplier_application", &["P3"]),
    ("supplier_shipment", "UPDATE supplier_shipment SET qty = qty + 1", &["P1"]),
    ("claim", "DELETE FROM claim WHERE supply_kind = 'purchase_line'", &["P4"]),
    ("claim", "UPDATE claim SET qty = qty + 1 WHERE supply_kind = 'purchase_line'", &["P4"]),
    ("rebate_accrual", "UPDATE rebate_accrual SET amount_minor = amount_minor + 1", &["P5"]),
    ("purchase_order", "UPDATE purchase_order SET version = version + 1", &["P6"]),
];

#[test]
fn every_corruption_of_purchases_is_found_and_nothing_else() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let rebate = json!({
            "code": "BONUS", "name": "Bonus", "supplier": "ACME",
            "tiers": [{ "from": "0", "rate": "2.5" }], "starts_on": "2026-01-01",
        });
        rebates::agree(&shop.app, &shop.call(), &read(rebate)).unwrap();
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "100", "price": "2" }]));
        shop.arrive(&order, json!([{ "line": 1, "quantity": "60" }])).unwrap();
        let invoice = json!({ "lines": [{ "purchase": "P1001", "line": 1, "quantity": "40" }] });
        shop.invoice("R-1", invoice).unwrap();
        let part = json!([{ "number": "R-1", "amount": "30.00" }]);
        shop.pay(part, json!([])).unwrap();
        let placed = json!({
            "channel": "web",
            "customer": { "email": "ann@example.com", "name": "Ann Field" },
            "lines": [{
                "kind": "direct_ship", "description": "Gate", "quantity": "5",
                "unit_price": "30.00", "cost": "18.00",
            }],
        });
        let placed = place::place(&shop.app, &shop.call(), &read(placed)).unwrap();
        let wanted = json!({
            "order": placed.number, "line": 1, "supplier": "ACME", "location": "depot",
        });
        let bought = create::order_for(&shop.app, &shop.call(), &read(wanted)).unwrap();
        purchases::send(&shop.app, &shop.call(), bought.id).unwrap();
        let sent = json!({ "lines": [{ "line": 1, "quantity": "2" }] });
        direct::dispatch(&shop.app, &shop.call(), bought.id, &read(sent)).unwrap();
        prove(&shop);

        let mut owner = Owner::of(&shop);
        let mut wrong = Vec::new();
        for (table, sql, broken) in PLANTS {
            owner.plant(&[table], sql);
            let report = verify::run(&shop.app, &Options::default()).unwrap();
            let mut found: Vec<&str> =
                report.violations.iter().map(|violation| violation.invariant).collect();
            found.sort_unstable();
            found.dedup();
            if found != *broken {
                wrong.push(format!("{sql}: {found:?} instead of {broken:?}"));
            }
            owner.restore(&[table]);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        prove(&shop);
    }
}
