//! Corruptions of documents, money, tills, banks, work and late costs: each is found, and nothing
//! else.

use orderly::ops::bank::{MatchIn, match_entry};
use orderly::ops::books::entries::reverse;
use orderly::ops::books::revalue::revalue;
use orderly::ops::fulfillments::close::close as close_order;
use orderly::ops::fulfillments::shipments::deliver;
use orderly::ops::invoices::{self, Part, issue};
use orderly::ops::orders::place::place;
use orderly::ops::payments::{self, store_credit};
use orderly::ops::prices::lists;
use orderly::ops::tills::{MoveIn, close, count, move_cash, open};
use orderly_core::books::Account;
use orderly_core::books::period::Period;
use orderly_core::qty::Qty;
use orderly_core::till::EntryKind;
use orderly_core::time::Day;
use serde_json::json;

use super::corrupt::{Sown, sow};
use crate::books::{abroad, late};
use crate::fixture::{Shop, read};
use crate::invoices::{documents, for_account, on_account, ordered, pay, sent};
use crate::store_credit::out_of_credit;
use crate::{bank, on_delivery, tills, work};

const DOCUMENTS: &[Sown] = &[
    (
        "a credit note takes back what another document holds less of",
        &["invoice_line"],
        "UPDATE invoice_line SET credits_id = (SELECT id FROM invoice_line WHERE qty = 2)
          WHERE credits_id IS NOT NULL AND qty = 10",
        &["I6"],
        false,
    ),
    (
        "two lines of a finished order are invoiced at each other's cost",
        &["invoice_line"],
        "UPDATE invoice_line SET net_minor = net_minor + CASE qty WHEN 40 THEN 1 ELSE -1 END
          WHERE qty IN (40, 4)",
        &["I7"],
        false,
    ),
    (
        "goods that are with a customer count as written off",
        &["posting"],
        "UPDATE posting SET account = 'write_offs'
          WHERE account = 'delivered_not_invoiced' AND amount_minor > 0",
        &["I9"],
        false,
    ),
    (
        "a document is settled by a payment that does not pay it",
        &["settlement"],
        "UPDATE settlement SET source_id = invoice_id WHERE source_kind = 'application'",
        &["I11"],
        false,
    ),
    (
        "a credit note settles a document that does not know it",
        &["settlement"],
        "UPDATE settlement SET source_id = id
          WHERE source_kind = 'credit_note'
            AND invoice_id IN (SELECT id FROM invoice WHERE kind = 'credit_note')",
        &["I11"],
        false,
    ),
    (
        "what settled documents is not in receivables",
        &["posting"],
        "UPDATE posting SET account = 'suspense' WHERE account = 'receivables'
            AND journal_id IN (SELECT id FROM journal WHERE kind = 'settlement')",
        &["I12"],
        false,
    ),
    (
        "a deposit went elsewhere",
        &["posting"],
        "UPDATE posting SET account = 'suspense' WHERE account = 'customer_deposits'
            AND journal_id IN (SELECT id FROM journal WHERE kind = 'capture')",
        &["I12"],
        false,
    ),
    (
        "a line's price has other reasons",
        &["price_trace"],
        "UPDATE price_trace SET trace = REPLACE(trace, '\"price\":\"', '\"price\":\"9')",
        &["O6"],
        false,
    ),
];

const MONEY: &[Sown] = &[
    (
        "a customer has a penny more credit",
        &["store_credit"],
        "UPDATE store_credit SET balance_minor = balance_minor + 1",
        &["M6"],
        false,
    ),
    (
        "an entry of store credit is gone",
        &["store_credit_entry"],
        "DELETE FROM store_credit_entry WHERE kind = 'spent'",
        &["M6"],
        false,
    ),
    (
        "store credit is posted to nobody",
        &["posting"],
        "UPDATE posting SET party_id = journal_id WHERE account = 'store_credit'",
        &["M6"],
        false,
    ),
    (
        "a till expects a penny more",
        &["till_session"],
        "UPDATE till_session SET expected_minor = expected_minor + 1 WHERE state = 'open'",
        &["M8"],
        false,
    ),
    (
        "a closed till was counted otherwise",
        &["till_session"],
        "UPDATE till_session SET counted_minor = counted_minor + 1 WHERE state = 'closed'",
        &["M8"],
        false,
    ),
    (
        "an entry of a till is a penny less",
        &["till_entry"],
        "UPDATE till_entry SET amount_minor = amount_minor - 1 WHERE kind = 'pay_in'",
        &["M8"],
        false,
    ),
    (
        "cash of a till is posted elsewhere",
        &["posting"],
        "UPDATE posting SET account = 'suspense' WHERE account = 'till_cash'
            AND journal_id IN (SELECT journal_id FROM posting WHERE amount_minor = 2999)",
        &["M8"],
        false,
    ),
    (
        "a movement of the bank is matched with another amount",
        &["bank_match"],
        "UPDATE bank_match SET amount_minor = amount_minor + 1 WHERE amount_minor > 0",
        &["M9"],
        false,
    ),
    (
        "what the bank brought is posted elsewhere",
        &["posting"],
        "UPDATE posting SET account = 'suspense' WHERE account = 'bank'
            AND journal_id IN (SELECT id FROM journal WHERE kind = 'capture')",
        &["M9"],
        false,
    ),
    (
        "a statement closes with another balance",
        &["bank_statement"],
        "UPDATE bank_statement SET closing_minor = closing_minor + 1",
        &["M9"],
        false,
    ),
    (
        "a movement of the bank is gone",
        &["bank_entry", "bank_match"],
        "DELETE FROM bank_match WHERE amount_minor < 0;
         DELETE FROM bank_entry WHERE amount_minor < 0",
        &["M9"],
        false,
    ),
];

const LEDGER: &[Sown] = &[
    (
        "a posting has no journal",
        &["posting"],
        "INSERT INTO posting (journal_id, number, account, amount_minor)
         SELECT id, 1, 'suspense', 5 FROM item WHERE sku = 'NAIL'",
        &["M1", "D1"],
        false,
    ),
    (
        "a reversal mirrors more than its original",
        &["posting"],
        "UPDATE posting SET amount_minor = 2 * amount_minor
          WHERE journal_id IN (SELECT id FROM journal WHERE reverses IS NOT NULL)",
        &["M1"],
        false,
    ),
    (
        "a journal is in another currency than its books",
        &["journal"],
        "UPDATE journal SET currency = 'EUR' WHERE kind = 'entry'",
        &["M1"],
        false,
    ),
    (
        "a late cost is another than its journal",
        &["late_cost"],
        "UPDATE late_cost SET cost_minor = cost_minor + 1 WHERE cost_minor > 0",
        &["V1"],
        false,
    ),
    (
        "a late cost makes goods worth more than its journal",
        &["late_cost"],
        "UPDATE late_cost SET inventory_minor = inventory_minor + 1 WHERE inventory_minor = 150",
        &["V1"],
        false,
    ),
    (
        "the journal of a late cost posts something else",
        &["posting"],
        "UPDATE posting SET account = 'write_offs' WHERE account = 'cost_of_goods'
            AND journal_id IN (SELECT id FROM journal WHERE kind = 'late_cost')",
        &["V1"],
        false,
    ),
    (
        "work has done more than its steps",
        &["work_order"],
        "UPDATE work_order SET done = done + 1 WHERE done > 0",
        &["W1"],
        false,
    ),
    (
        "work claims other than its lines say",
        &["work_line"],
        "UPDATE work_line SET allocated = allocated + 1 WHERE allocated > 0",
        &["W1"],
        false,
    ),
    (
        "value stays in the middle of work",
        &["posting"],
        "UPDATE posting SET account = 'own_use'
          WHERE account = 'work_in_progress' AND amount_minor < 0",
        &["W2"],
        false,
    ),
];

const ABROAD: &[Sown] = &[
    (
        "a penny of what was settled in dollars stays",
        &["posting"],
        "UPDATE posting SET amount_minor = amount_minor +
                CASE account WHEN 'receivables' THEN 1 ELSE -1 END
          WHERE account IN ('receivables', 'fx_differences')
            AND journal_id IN (SELECT journal_id FROM posting WHERE account = 'fx_differences')
            AND journal_id IN (SELECT id FROM journal WHERE kind = 'settlement')",
        &["M11"],
        false,
    ),
    (
        "a revaluation stays",
        &["journal"],
        "UPDATE journal SET accounting_on = accounting_on + 1
          WHERE kind = 'revaluation' AND reverses IS NOT NULL",
        &["M11"],
        false,
    ),
    (
        "a carrier owes less than he took on delivery",
        &["posting"],
        "UPDATE posting SET account = 'suspense' WHERE account = 'cod_clearing'",
        &["M10"],
        false,
    ),
    (
        "a penny of a closed order is not paid",
        &["invoice"],
        "UPDATE invoice SET settled_minor = settled_minor - 1
          WHERE order_id IN (SELECT id FROM orders WHERE state = 'closed')",
        &["I12", "I5", "M4"],
        false,
    ),
    (
        "a tax is posted as another one",
        &["posting"],
        "UPDATE posting SET tax_code = 'VAT 5%' WHERE tax_code = 'VAT 20%'",
        &["I13"],
        false,
    ),
];

/// An invoice in dollars that is paid at another rate, one that is open at the end of the month,
/// and an order with tax that was paid on delivery.
fn from_abroad(shop: &Shop) {
    abroad::abroad(shop);
    let order = abroad::ordered(shop, "10");
    let invoice = abroad::invoiced(shop, &order, "2026-03-02T12:00:00Z");
    let paid = abroad::received(shop, &order, "100.00", "2026-03-10T12:00:00Z");
    abroad::pays(shop, paid.id, &invoice, ("100", "2026-03-12T12:00:00Z")).unwrap();
    abroad::invoiced(shop, &abroad::ordered(shop, "3"), "2026-03-02T12:00:00Z");
    abroad::dollar(shop, "2026-03-31", "0.82");
    let call = shop.call_at("2026-04-01T12:00:00Z");
    let march = Period::parse("2026-03").unwrap();
    revalue(&shop.app, &call, None, march).unwrap();
    shop.buy("depot", "NAIL", "1000", "0.03");
    let order = on_delivery::on_its_way(shop, "dhl", "10");
    on_delivery::delivered(shop, &order).unwrap();
    let done = ordered(shop, "4");
    pay(shop, &done);
    let done = sent(shop, &done);
    issue(&shop.app, &shop.call(), done.id).unwrap();
    deliver(&shop.app, &shop.call(), (done.id, done.shipments[0].id), &[]).unwrap();
    close_order(&shop.app, &shop.call(), done.id).unwrap();
    let taxed = ordered(shop, "30");
    sent(shop, &taxed);
    issue(&shop.app, &shop.call(), taxed.id).unwrap();
}

#[test]
fn what_is_wrong_with_other_currencies_cash_on_delivery_and_taxes_is_found() {
    for shop in Shop::each() {
        from_abroad(&shop);
        sow(&shop, ABROAD);
    }
}

/// Documents of a sale, of an account with a credit note, and goods out without a document.
fn sales(shop: &Shop) {
    shop.buy("depot", "NAIL", "1000", "0.0333");
    let both = read(json!({
        "channel": "web",
        "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "lines": [{ "sku": "NAIL", "quantity": "40" }, { "sku": "BOLT", "quantity": "4" }],
    }));
    let both = place(&shop.app, &shop.call(), &both).unwrap();
    pay(shop, &both);
    sent(shop, &both);
    let small = ordered(shop, "2");
    pay(shop, &small);
    sent(shop, &small);
    shop.work();
    on_account(shop, "T1");
    sent(shop, &for_account(shop, "T1", "200"));
    let call = shop.call();
    invoices::run(&shop.app, &call, None, call.now).unwrap();
    let owed = documents(shop).into_iter().find(|one| one.account.is_some()).unwrap();
    let part = [(owed.lines[0].id, Part::Quantity(Qty::new(10).unwrap()))];
    invoices::credit(&shop.app, &shop.call().with_reason("bent"), owed.id, &part).unwrap();
    // It is sent and paid; its invoice is not issued yet.
    let waits = ordered(shop, "30");
    pay(shop, &waits);
    sent(shop, &waits);
    bank::giro(shop);
    bank::take_in(&shop.app, &shop.call(), bank::CAMT);
    let pays = MatchIn { invoices: vec![(owed.id, Some("5".into()))], ..MatchIn::default() };
    match_entry(&shop.app, &shop.call(), bank::line(shop, 3_000), &pays).unwrap();
    let costs = MatchIn { clear: Some(Account::BankFees), ..MatchIn::default() };
    match_entry(&shop.app, &shop.call(), bank::line(shop, -450), &costs).unwrap();
}

/// A till that was closed and one that is open, and credit of which a part is spent.
fn cash(shop: &Shop) {
    let app = &shop.app;
    tills::with_drawer(shop, "K1");
    open(app, &shop.call(), "K1", "50").unwrap();
    shop.stock("PAINT", "leeds", 10, None);
    let sold = shop.ordered(&[("PAINT", "1")]);
    payments::take(app, &shop.call(), &tills::cash(&sold)).unwrap();
    count(app, &shop.call(), "K1", &tills::pieces(&[("20", 3), ("10", 2)])).unwrap();
    close(app, &shop.call().with_reason("a coin too much"), "K1").unwrap();
    open(app, &shop.call(), "K1", "50").unwrap();
    let found = MoveIn {
        kind: EntryKind::PayIn,
        amount: "1".into(),
        account: Some(Account::CashDifferences),
    };
    move_cash(app, &shop.call().with_reason("under the mat"), "K1", &found).unwrap();
    let order = shop.ordered(&[("PAINT", "1")]);
    let customer = order.head.customer.unwrap();
    let call = shop.call().with_reason("a dent");
    store_credit::give(app, &call, customer, "60.00", None).unwrap();
    payments::take(app, &shop.call(), &out_of_credit(&order, "20")).unwrap();
}

/// An entry taken back, and work that is partly done.
fn ledger(shop: &Shop) {
    let call = shop.call().with_reason("as told");
    let entry = shop.entered(&call, "2026-03-02", "7.00").unwrap();
    let call = shop.call().with_reason("twice");
    reverse(&shop.app, &call, entry.head.id, Day::parse("2026-03-02").unwrap()).unwrap();
    work::receive(shop, "BOLT", "20", "0.25", None);
    work::receive(shop, "NAIL", "30", "0.10", None);
    let planned = work::create(shop, &work::assembly("5"));
    let released = orderly::ops::stock::work::release(&shop.app, &shop.call(), planned.id);
    work::make(shop, &released.unwrap(), 2, 0).unwrap();
}

#[test]
fn what_is_wrong_with_documents_money_and_the_ledger_is_found_and_nothing_else() {
    for shop in Shop::each() {
        lists::set(&shop.app, &shop.call(), &read(json!({ "code": "BASE" }))).unwrap();
        let nail = json!([{ "sku": "NAIL", "price": "0.10" }]);
        lists::put(&shop.app, &shop.call(), "BASE", &read::<Vec<_>>(nail)).unwrap();
        late::received(&shop);
        late::posted(&shop, &late::cost(&shop, "leeds", 10, 500, 1)).unwrap();
        shop.buy("depot", "BOLT", "100", "0.11");
        sales(&shop);
        cash(&shop);
        ledger(&shop);
        sow(&shop, DOCUMENTS);
        sow(&shop, MONEY);
        sow(&shop, LEDGER);
    }
}
