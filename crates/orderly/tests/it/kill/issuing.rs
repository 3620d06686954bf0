//! A process that issues documents is killed in the middle of it: numbers stay without gaps, and
//! nothing is invoiced twice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Mutex;

use orderly::ops::invoices::{self, Filter, issue};
use orderly::{App, Call, Error};
use orderly_core::actor::Actor;
use orderly_core::id::OrderId;
use orderly_core::invoice::{Invoice, InvoiceKind};
use orderly_core::time::Instant;

use super::{answer, killed_after, started};
use crate::fixture::{START, Shop, TestDb};
use crate::invoices::{for_account, on_account, ordered, pay, sent};
use crate::proof;

const ISSUERS: u64 = 3;
/// Orders that wait for their document at the beginning of a round.
const ORDERS: u64 = 12;

/// The call that issues the document of an order; `salt` tells who asks.
fn call(order: OrderId, salt: u64) -> Call {
    let low = order.as_bytes()[8..].iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
    let micros = START + 60_000_000 + i64::try_from(low % 1_000_000_000).unwrap();
    Call::new(Actor::owner(), "kill", Instant::from_micros(micros), low ^ (salt << 17))
        .with_key(format!("issue {order}"), b"issue")
}

fn said(outcome: &Result<Invoice, Error>) -> String {
    match outcome {
        Ok(invoice) => invoice.id.to_string(),
        Err(error) => match error.refused() {
            Some(code) => code.code().to_owned(),
            None => panic!("not an answer: {error}"),
        },
    }
}

/// The orders that have something to invoice, those of accounts aside.
fn due(app: &App) -> Vec<OrderId> {
    let sql = "SELECT id FROM orders WHERE account_id IS NULL ORDER BY id";
    let all = app.store.read(|tx| tx.query(sql, &[], |row| row.get::<OrderId>("id"))).unwrap();
    let is_due = |id: &OrderId| {
        let order = orderly::ops::orders::get(app, *id).unwrap().unwrap();
        orderly_core::order::invoicing::is_due(&order)
    };
    all.into_iter().filter(is_due).collect()
}

/// Issues the documents of all orders from several threads at once, each of every order, and runs
/// the collective invoices beside them; says each after it is answered.
fn issue_all(app: &App, out: &Mutex<impl Write + Send>) {
    let orders = due(app);
    std::thread::scope(|scope| {
        for issuer in 0..ISSUERS {
            let orders = &orders;
            scope.spawn(move || {
                let shift = orders.len() * usize::try_from(issuer).unwrap() / 3;
                for order in orders.iter().cycle().skip(shift).take(orders.len()) {
                    let outcome = issue(app, &call(*order, issuer), *order);
                    let mut out = out.lock().unwrap();
                    writeln!(out, "answered {order} {}", said(&outcome)).unwrap();
                    out.flush().unwrap();
                }
            });
        }
        scope.spawn(|| {
            let call = call(OrderId::NONE, 9);
            invoices::run(app, &Call { key: None, ..call.clone() }, None, call.now).unwrap();
        });
    });
}

/// The process that is killed; without the variable, what it says is checked.
#[test]
fn an_issuer_says_what_was_answered() {
    if let Ok(location) = std::env::var("ORDERLY_KILL_ISSUES") {
        return issue_all(&App::open(&location).unwrap(), &Mutex::new(std::io::stdout()));
    }
    for shop in Shop::each() {
        prepared(&shop);
        wait(&shop);
        let out = Mutex::new(Vec::new());
        issue_all(&shop.app, &out);
        let text = String::from_utf8(out.into_inner().unwrap()).unwrap();
        let answers: BTreeMap<String, String> = text.lines().filter_map(answer).collect();
        assert_eq!(answers.len() as u64, ORDERS, "each order is answered the same by each issuer");
        gap_free(&shop.app);
    }
}

fn prepared(shop: &Shop) {
    shop.buy("depot", "NAIL", "100000", "0.0333");
    on_account(shop, "T1");
}

/// Sends orders that wait for their documents; every third is paid, three are on account.
fn wait(shop: &Shop) {
    for number in 0..ORDERS {
        let order = ordered(shop, "3");
        if number.is_multiple_of(3) {
            pay(shop, &order);
        }
        sent(shop, &order);
    }
    for _ in 0..3 {
        sent(shop, &for_account(shop, "T1", "5"));
    }
}

/// Numbers are 1, 2, 3 … in every series, and no delivery is on two documents.
fn gap_free(app: &App) {
    let call = Call::new(Actor::owner(), "kill", Instant::from_micros(START), 1);
    let all = invoices::list(app, &call, &Filter::default(), None, 10_000).unwrap();
    let mut numbers: Vec<i64> = all.iter().map(|one| one.number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=i64::try_from(all.len()).unwrap()).collect::<Vec<_>>());
    assert!(all.iter().all(|one| one.kind == InvoiceKind::Invoice));
    let mut seen = BTreeSet::new();
    for one in &all {
        let whole = invoices::get(app, one.id).unwrap().unwrap();
        let lines = whole.lines.iter().filter_map(|line| line.order_line);
        lines.for_each(|line| assert!(seen.insert(line), "a line is invoiced twice"));
    }
}

fn kill_many(db: TestDb, kills: usize) {
    let location = db.location().to_owned();
    let shop = Shop::new(db);
    prepared(&shop);
    let (mut answers, mut orders) = (0, 0);
    for round in 1..=kills {
        wait(&shop);
        orders += ORDERS;
        let issuer = started(
            "kill::issuing::an_issuer_says_what_was_answered",
            "ORDERLY_KILL_ISSUES",
            &location,
        );
        let limit = round * 5 % 7 + 1;
        let answered = killed_after(issuer, limit, |said| said.len() >= 30);
        // A fresh process: nothing of the killed one is left but the database.
        let app = App::open(&location).unwrap();
        gap_free(&app);
        for (order, first) in &answered {
            let order: OrderId = order.parse().unwrap();
            assert_eq!(said(&issue(&app, &call(order, 7), order)), *first, "{order}");
        }
        // What was in doubt is issued now or was before, once.
        for order in due(&app) {
            issue(&app, &call(order, 5), order).unwrap();
        }
        assert!(due(&app).is_empty());
        answers += answered.len();
    }
    let now = shop.call();
    invoices::run(&shop.app, &now, None, now.now).unwrap();
    gap_free(&shop.app);
    let sql = "SELECT COUNT(*) AS n FROM invoice WHERE account_id IS NULL";
    let issued = shop.app.store.read(|tx| tx.query_one(sql, &[], |row| row.get::<i64>("n")));
    assert_eq!(issued.unwrap(), Some(i64::try_from(orders).unwrap()), "one document an order");
    proof::all_holds(&shop.app);
    eprintln!("{kills} kills, {answers} answers before a kill, {orders} orders");
}

#[test]
fn eight_kills_of_issuers_leave_numbers_without_gaps_on_sqlite() {
    kill_many(TestDb::sqlite(), 8);
}

#[test]
fn four_kills_of_issuers_leave_numbers_without_gaps_on_postgres() {
    let Some(db) = TestDb::postgres() else { return };
    kill_many(db, 4);
}
