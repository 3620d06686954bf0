//! Planted corruptions of documents of revenue, each found and nothing else blamed.

use super::corrupt::{Sown, sow};
use crate::fixture::{Shop, order};
use crate::invoices::{pay, sent};

const PLANTS: &[Sown] = &[
    (
        "a total is a penny more",
        &["invoice"],
        "UPDATE invoice SET net_minor = net_minor + 1, total_minor = total_minor + 1",
        &["I1", "I3", "I12"],
        false,
    ),
    (
        "a number is left out",
        &["invoice"],
        "UPDATE invoice SET number = number + 1",
        &["I2"],
        false,
    ),
    (
        "revenue is posted elsewhere",
        &["posting"],
        "UPDATE posting SET account = 'bad_debt' WHERE account = 'revenue'",
        &["I3"],
        false,
    ),
    (
        "revenue comes from no document",
        &["journal"],
        "UPDATE journal SET kind = 'goods' WHERE kind = 'invoice'",
        &["I3"],
        false,
    ),
    (
        "more is invoiced than the line says",
        &["invoice_line"],
        "UPDATE invoice_line SET qty = qty + 1 WHERE qty > 0",
        &["I4"],
        false,
    ),
    (
        "a document counts less settled",
        &["invoice"],
        "UPDATE invoice SET settled_minor = settled_minor - 1",
        &["I5", "I12"],
        false,
    ),
    (
        "a settlement is a penny less",
        &["settlement"],
        "UPDATE settlement SET amount_minor = amount_minor - 1",
        &["I5", "I8"],
        false,
    ),
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
        sow(&shop, PLANTS);
    }
}
