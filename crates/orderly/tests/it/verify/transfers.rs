//! Corruptions of transfers, claims against carriers and counts: each is found, and nothing else.

use orderly::ops::stock::{count, transfer};
use orderly::verify::{Options, run};
use serde_json::json;

use super::corrupt::Owner;
use crate::fixture::{Shop, read};
use crate::stock::transfers::{differing, new};

/// Name, tables, what is done, the invariants that no longer hold.
type Plant = (&'static str, &'static [&'static str], &'static str, &'static [&'static str]);

const PLANTS: &[Plant] = &[
    (
        "a draft's claim is gone",
        &["claim"],
        "DELETE FROM claim WHERE claimant_kind = 'transfer_line'",
        &["S2", "S7"],
    ),
    (
        "a draft's line claims less than its claim",
        &["transfer_line"],
        "UPDATE transfer_line SET allocated = allocated - 1 WHERE allocated > 0",
        &["S7"],
    ),
    (
        "a draft claims what will not be sent",
        &["transfer_line"],
        "UPDATE transfer_line SET canceled = 1 WHERE allocated > 0",
        &["S7"],
    ),
    (
        "something arrived that did not move",
        &["transfer_line"],
        "UPDATE transfer_line SET received = received + 1 WHERE sent > received + written_off",
        &["S7"],
    ),
    (
        "a penny is on its way that nothing carries",
        &["transfer_line"],
        "UPDATE transfer_line SET settled_minor = settled_minor - 1 WHERE received > 0",
        &["S7"],
    ),
    (
        "a loss has no difference",
        &["transfer_difference"],
        "UPDATE transfer_difference SET undone_at = 1 WHERE kind = 'lost'",
        &["S7"],
    ),
    (
        "a claim is more than the account says",
        &["carrier_claim"],
        "UPDATE carrier_claim SET value_minor = value_minor + 1",
        &["S7"],
    ),
    (
        "a claim was settled and nothing posted",
        &["carrier_claim"],
        "UPDATE carrier_claim SET state = 'settled'",
        &["S7"],
    ),
    (
        "a count found more than it moved",
        &["count_line"],
        "UPDATE count_line SET difference = difference + 1, counted = counted + 1",
        &["S10"],
    ),
    (
        "a count was taken back and nothing moved",
        &["stock_count"],
        "UPDATE stock_count SET reversed_at = 1",
        &["S10"],
    ),
];

#[test]
fn every_planted_corruption_of_transfers_is_found_and_nothing_else() {
    for own in Shop::each() {
        own.buy("depot", "NAIL", "20", "1.00");
        differing(&own);
        transfer::ship(&own.app, &own.call(), &read(new("3"))).unwrap();
        transfer::draft(&own.app, &own.call(), &read(new("5"))).unwrap();
        let opened = count::open(&own.app, &own.call(), &read(json!({ "location": "depot" })));
        let opened = opened.unwrap().id;
        let seen: Vec<_> = read(json!([{ "sku": "NAIL", "quantity": "12" }]));
        count::record(&own.app, &own.call(), opened, &seen).unwrap();
        count::finish(&own.app, &own.call(), opened).unwrap();
        let mut owner = Owner::of(&own);
        let mut wrong = Vec::new();
        for (name, tables, sql, broken) in PLANTS {
            owner.plant(tables, sql);
            let report = run(&own.app, &Options::default()).unwrap();
            owner.restore(tables);
            let mut found: Vec<&str> = report.violations.iter().map(|one| one.invariant).collect();
            found.sort_unstable();
            found.dedup();
            if found != *broken {
                wrong.push(format!("{name}: {found:?} instead of {broken:?}\n{report}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let report = run(&own.app, &Options::default()).unwrap();
        assert!(report.clean, "{report}");
        let claims = transfer::claims(&own.app, &own.call(), None, None, 5).unwrap();
        let end = read(json!({ "received": "1.00" }));
        transfer::settle_claim(&own.app, &own.call(), claims[0].id, &end).unwrap();
    }
}
