//! Statements, aged debt and exports of them, from documents and what settled them.

use orderly::ops::accounts::statements::{By, Period, aged, export, of_account};
use orderly::ops::accounts::{print, recount};
use orderly::{Error, verify};
use orderly_core::id::{IdSource, InvoiceId, SettlementId, SiteId};
use orderly_core::invoice::{Invoice, InvoiceKind, SettlementKind, SettlementRow};
use orderly_core::party::Account;
use orderly_core::party::statement::Aged;
use orderly_core::time::Day;
use orderly_store::tables::invoices;
use serde_json::Value;

use super::{account, owed, site};
use crate::fixture::Shop;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// Issues a document as a row: nothing is posted and no counter moves.
fn issued(
    shop: &Shop,
    account: &Account,
    (number, kind, total): (i64, InvoiceKind, i64),
    (issued, due): (&str, &str),
    site: Option<SiteId>,
) -> InvoiceId {
    let call = shop.call();
    let mut ids = IdSource::new(call.now, call.seed);
    let one = Invoice {
        id: ids.draw(),
        legal_entity: account.legal_entity,
        series: if kind == InvoiceKind::CreditNote { "CRN" } else { "INV" }.into(),
        number,
        kind,
        corrects: None,
        replaces: None,
        refund: None,
        order: None,
        channel: None,
        customer: Some(account.customer),
        account: Some(account.id),
        site,
        bill_to: None,
        reference: Some(format!("PO {number}")),
        reason: None,
        currency: account.currency,
        net: total,
        tax: 0,
        total,
        settled: 0,
        issued_at: call.now,
        issued_on: day(issued),
        due_on: Some(day(due)),
        version: 1,
        lines: Vec::new(),
    };
    let added: Result<u64, Error> = shop.app.store.write(|tx| Ok(invoices::insert(tx, &[&one])?));
    assert_eq!(added.unwrap(), 1);
    one.id
}

fn settled(shop: &Shop, document: InvoiceId, kind: SettlementKind, amount: i64, on: &str) {
    let call = shop.call();
    let id: SettlementId = IdSource::new(call.now, call.seed).draw();
    let settled_at = day(on).start_in("Europe/London").plus_micros(36_000_000_000);
    let row = SettlementRow { source_kind: kind, source: [7; 16], amount, settled_at };
    let done: Result<bool, Error> = shop.app.store.write(|tx| {
        invoices::insert_settlements(tx, &[(id, document, row)])?;
        Ok(invoices::settle(tx, document, amount)?)
    });
    assert!(done.unwrap());
}

/// Four invoices and a credit note of a spring, partly paid.
fn spring(shop: &Shop) -> (Account, SiteId) {
    let account = account(shop, None);
    let north = site(shop, &account, "NORTH", None).id;
    let invoice = |number, total, days, site| {
        issued(shop, &account, (number, InvoiceKind::Invoice, total), days, site)
    };
    let one = invoice(1, 10_000, ("2026-01-05", "2026-02-04"), None);
    let two = invoice(2, 5_000, ("2026-02-10", "2026-03-12"), Some(north));
    invoice(3, 700, ("2026-03-20", "2026-04-19"), Some(north));
    invoice(4, 40, ("2026-05-01", "2026-05-31"), None);
    let note = issued(
        shop,
        &account,
        (1, InvoiceKind::CreditNote, 300),
        ("2026-03-25", "2026-03-25"),
        None,
    );
    settled(shop, one, SettlementKind::Application, 9_000, "2026-02-20");
    settled(shop, two, SettlementKind::Deposit, 2_000, "2026-03-30");
    settled(shop, one, SettlementKind::CreditNote, 100, "2026-03-31");
    settled(shop, note, SettlementKind::CreditNote, 100, "2026-03-31");
    // Later than the day the statements tell of.
    settled(shop, two, SettlementKind::Application, 3_000, "2026-05-02");
    (account, north)
}

fn told(shop: &Shop, period: Period) -> Vec<Vec<(String, Value)>> {
    let mut rows = Vec::new();
    export(&shop.app, &shop.call(), None, period, |row| {
        rows.push(row.to_vec());
        Ok(())
    })
    .unwrap();
    rows
}

#[test]
fn a_statement_is_as_it_was_on_its_day_whatever_came_later() {
    for shop in Shop::each() {
        let (account, north) = spring(&shop);
        let period = Period { from: Some(day("2026-03-01")), as_of: Some(day("2026-04-30")) };
        let drawn = of_account(&shop.app, &shop.call(), "T1", None, period).unwrap();
        let one = &drawn.statement;
        assert_eq!((one.opening, one.closing), (6_000, 4_400));
        let kinds: Vec<(&str, i64, i64)> =
            one.entries.iter().map(|one| (one.kind.code(), one.amount, one.balance)).collect();
        assert_eq!(
            kinds,
            [("invoice", 700, 6_700), ("credit_note", -300, 6_400), ("deposit", -2_000, 4_400)]
        );
        let open: Vec<(&str, i64)> =
            one.open.iter().map(|one| (one.name.as_str(), one.open)).collect();
        assert_eq!(
            open,
            [("INV-000001", 900), ("INV-000002", 3_000), ("INV-000003", 700), ("CRN-000001", -200)]
        );
        let ages = Aged { to_30: 700, to_60: 3_000 - 200, to_90: 900, ..Aged::default() };
        assert_eq!(one.aged, ages);
        let own = of_account(&shop.app, &shop.call(), "T1", Some("NORTH"), period).unwrap();
        assert_eq!((own.statement.opening, own.statement.closing), (5_000, 3_700));
        assert_eq!(own.site.map(|site| site.id), Some(north));
        let before = told(&shop, period);
        assert_eq!(before.len(), 5, "an opening, three entries, a closing balance");
        // What comes later is a row of its own, in a later statement.
        issued(&shop, &account, (5, InvoiceKind::Invoice, 1), ("2026-05-03", "2026-06-02"), None);
        assert_eq!(told(&shop, period), before, "exported again, it is identical");
        let next = Period { from: Some(day("2026-05-01")), as_of: Some(day("2026-05-31")) };
        let next = of_account(&shop.app, &shop.call(), "T1", None, next).unwrap();
        assert_eq!(next.statement.opening, one.closing);
        assert_eq!(next.statement.closing, 4_400 + 40 - 3_000 + 1);
        let backwards = Period { from: Some(day("2026-05-01")), as_of: Some(day("2026-04-30")) };
        assert!(of_account(&shop.app, &shop.call(), "T1", None, backwards).is_err());
        assert!(of_account(&shop.app, &shop.call(), "T1", Some("WEST"), period).is_err());
        let pdf = print(&drawn, orderly_docs::Paper::A4, false).to_pdf().unwrap();
        assert!(pdf.starts_with(b"%PDF"));
    }
}

#[test]
fn aged_debt_sums_all_accounts_as_of_a_day() {
    for shop in Shop::each() {
        spring(&shop);
        let at = |text| aged(&shop.app, &shop.call(), Some(day(text)), By::Account).unwrap();
        let april = at("2026-04-30");
        assert_eq!((april.len(), april[0].code.as_str(), april[0].aged.sum()), (1, "T1", 4_400));
        let period = Period { from: None, as_of: Some(day("2026-04-30")) };
        let drawn = of_account(&shop.app, &shop.call(), "T1", None, period).unwrap();
        assert_eq!(april[0].aged, drawn.statement.aged, "as its statement says");
        assert_eq!(at("2026-05-31")[0].aged.sum(), 4_400 + 40 - 3_000);
        assert!(at("2026-01-04").is_empty());
        for by in [By::Entity, By::Branch] {
            let sums = aged(&shop.app, &shop.call(), Some(day("2026-04-30")), by).unwrap();
            assert_eq!(sums.iter().map(|line| line.aged.sum()).sum::<i64>(), 4_400);
        }
    }
}

#[test]
fn what_is_owed_can_be_counted_again() {
    for shop in Shop::each() {
        let (account, north) = spring(&shop);
        // The documents came without their counters.
        let found = |shop: &Shop| {
            let report = verify::run(&shop.app, &verify::Options::default()).unwrap();
            report.violations.iter().filter(|one| one.invariant == "C1").count()
        };
        assert_eq!(found(&shop), 2, "the account's counter and its site's");
        recount(&shop.app, &shop.call(), account.id).unwrap();
        assert_eq!(owed(&shop, account.id, None), (0, 0, 900 + 700 + 40 - 200));
        assert_eq!(owed(&shop, account.id, Some(north)), (0, 0, 700));
        assert_eq!(found(&shop), 0);
        assert!(recount(&shop.app, &shop.stranger(), account.id).is_err());
    }
}
