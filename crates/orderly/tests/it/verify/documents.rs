//! Planted corruptions of documents of revenue, each found and nothing else blamed.

use orderly::verify::{Options, run};

use super::corrupt::Owner;
use crate::fixture::{Shop, order};
use crate::invoices::{pay, sent};

/// What is planted, in which table, and every invariant that no longer holds.
const PLANTS: &[(&str, &str, &[&str])] = &[
    (
        "invoice",
        "UPDATE invoice SET net_minor = net_minor + 1, total_minor = total_minor + 1",
        &["I1", "I3"],
    ),
    ("invoice", "UPDATE invoice SET number = number + 1", &["I2"]),
    ("posting", "UPDATE posting SET account = 'bad_debt' WHERE account = 'revenue'", &["I3"]),
    ("journal", "UPDATE journal SET kind = 'goods' WHERE kind = 'invoice'", &["I3"]),
    ("invoice_line", "UPDATE invoice_line SET qty = qty + 1 WHERE qty > 0", &["I4"]),
    ("invoice", "UPDATE invoice SET settled_minor = settled_minor - 1", &["I5"]),
    ("settlement", "UPDATE settlement SET amount_minor = amount_minor - 1", &["I5", "I8"]),
];

#[test]
fn what_is_wrong_with_a_document_is_found() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "100", "0.0333");
        let placed = orderly::ops::orders::place::place(
            &shop.app,
            &shop.call(),
            &order("web", &[("NAIL", "30")]),
        );
        let placed = placed.unwrap();
        pay(&shop, &placed);
        sent(&shop, &placed);
        shop.work();
        let check = || run(&shop.app, &Options::default()).unwrap();
        assert!(check().clean, "{}", check());
        let mut owner = Owner::of(&shop);
        for (table, sql, wanted) in PLANTS {
            owner.plant(&[table], sql);
            let report = check();
            owner.restore(&[table]);
            let mut found: Vec<&str> = report.violations.iter().map(|one| one.invariant).collect();
            found.sort_unstable();
            found.dedup();
            assert!(wanted.iter().all(|one| found.contains(one)), "{sql}: {found:?}\n{report}");
        }
        assert!(check().clean, "{}", check());
    }
}
