//! Orders on account, placed and worked on.

use orderly::Error;
use orderly::ops::accounts::{self, AccountEdit, move_invoiced, set_limit};
use orderly::ops::fulfillments::cancel::{cancel, uncancel};
use orderly::ops::fulfillments::hold::release_hold;
use orderly::ops::fulfillments::shipments::{Shipping, ship, void};
use orderly::ops::fulfillments::{pack, pick, recall, release, unpack, unpick};
use orderly::ops::orders::place::{Placing, place, place_many};
use orderly_core::id::SiteId;
use orderly_core::order::cancel::Cancel;
use orderly_core::party::WhenOver;
use orderly_core::refusal::Code;
use serde_json::json;

use super::{account, code, nails, owed, passing, placed, site};
use crate::fixture::{Shop, read};
use crate::proof;

#[test]
fn an_order_over_the_limit_is_refused_with_the_figures_and_its_neighbors_go_on() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10_000, None);
        let account = account(&shop, Some("10.00"));
        let asked = [nails("60", None), nails("50", None), nails("40", None), nails("1", None)];
        let calls: Vec<_> = asked.iter().map(|_| shop.call()).collect();
        let placings: Vec<Placing<'_>> =
            calls.iter().zip(&asked).map(|(call, order)| Placing { call, order }).collect();
        let answers = place_many(&shop.app, &placings);
        let done: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(done, [true, false, true, false], "in arrival order, to the last penny");
        let Err(Error::Refused(refused)) = &answers[1] else { panic!("it was placed") };
        let issue = &refused.issues[0];
        assert_eq!((issue.code, issue.pointer.as_str()), (Code::CreditLimit, "/account"));
        assert_eq!(issue.requested.as_deref(), Some("5.00 GBP"));
        assert_eq!(issue.available.as_deref(), Some("4.00 GBP"));
        assert_eq!(issue.allowed.as_deref(), Some("10.00 GBP"));
        assert!(issue.detail.contains("6.00 GBP are open"), "{}", issue.detail);
        assert_eq!(owed(&shop, account.id, None), (1_000, 0, 0));
        assert_eq!(shop.sums("NAIL", "depot"), (10_000, 100, 0), "what was refused claims nothing");
        let passed = place(&shop.app, &passing(&shop, Code::CreditLimit), &nails("30", None));
        assert!(passed.is_ok());
        assert_eq!(owed(&shop, account.id, None), (1_300, 0, 0));
        proof::all_holds(&shop.app);
    }
}

#[test]
fn a_site_has_its_own_limit_within_that_of_the_account() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10_000, None);
        let account = account(&shop, Some("10.00"));
        let north = site(&shop, &account, "NORTH", Some("4.00"));
        let south = site(&shop, &account, "SOUTH", None);
        placed(&shop, &nails("30", Some("NORTH")));
        let refused = place(&shop.app, &shop.call(), &nails("11", Some("NORTH")));
        let Err(Error::Refused(refused)) = refused else { panic!("it was placed") };
        assert_eq!(refused.issues[0].pointer, "/site");
        assert_eq!(refused.issues[0].available.as_deref(), Some("1.00 GBP"));
        placed(&shop, &nails("60", Some("SOUTH")));
        let whole = place(&shop.app, &shop.call(), &nails("11", Some("SOUTH")));
        assert_eq!(code(whole), Code::CreditLimit);
        assert_eq!(owed(&shop, account.id, None), (900, 0, 0));
        assert_eq!(owed(&shop, account.id, Some(north.id)), (300, 0, 0));
        assert_eq!(owed(&shop, account.id, Some(south.id)), (600, 0, 0));
        set_limit(&shop.app, &shop.call(), account.id, None, Some("9.00")).unwrap();
        let full = place(&shop.app, &shop.call(), &nails("1", Some("SOUTH")));
        assert_eq!(code(full), Code::CreditLimit);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn what_is_done_and_undone_moves_the_same_money_back() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10_000, None);
        shop.stock("BOLT", "depot", 10_000, None);
        let account = account(&shop, Some("100.00"));
        let north = site(&shop, &account, "NORTH", None);
        let order = read(json!({
            "channel": "web", "account": "T1", "site": "NORTH", "settlement": "account",
            "lines": [
                { "sku": "NAIL", "quantity": "33", "unit_price": "0.333",
                  "tax": [{ "name": "VAT", "rate": "0.2" }] },
                { "sku": "KIT-B", "quantity": "7" },
            ],
            "charges": [{ "kind": "carriage", "amount": "5.00" }],
        }));
        let order = placed(&shop, &order);
        let total = order.head.totals.total;
        let both = |open: i64, dispatched: i64| {
            assert_eq!(owed(&shop, account.id, None), (open, dispatched, 0));
            assert_eq!(owed(&shop, account.id, Some(north.id)), (open, dispatched, 0));
        };
        both(total, 0);
        let of = (order.id, order.fulfillments[0].id);
        let app = &shop.app;
        release(app, &shop.call(), of).unwrap();
        pick(app, &shop.call(), of, &[]).unwrap();
        pack(app, &shop.call(), of, &[]).unwrap();
        both(total, 0);
        let shipped = ship(app, &shop.call(), of, &Shipping::default()).unwrap();
        both(0, total);
        // At the limit, moving between stages is never refused.
        set_limit(app, &shop.call(), account.id, None, Some("0")).unwrap();
        void(app, &shop.call(), (order.id, shipped.shipments[0].id)).unwrap();
        both(total, 0);
        let packs: Vec<_> = shipped
            .work
            .iter()
            .map(|work| orderly_core::order::pack::Pack {
                claim: work.claim,
                qty: work.shipped,
                measured: None,
            })
            .collect();
        unpack(app, &shop.call(), of, &packs).unwrap();
        unpick(app, &shop.call(), of, &[], false).unwrap();
        recall(app, &shop.call(), of).unwrap();
        both(total, 0);
        let call = shop.call().with_reason("not wanted");
        let what = Cancel::Lines(vec![(order.lines[0].id, None)]);
        cancel(app, &call, order.id, &what).unwrap();
        let line = order.lines[0].amounts.due();
        both(total - line, 0);
        let again = uncancel(app, &shop.call(), order.id, &what);
        assert_eq!(code(again), Code::CreditLimit, "what raises the worth is guarded");
        both(total - line, 0);
        set_limit(app, &shop.call(), account.id, None, Some("100")).unwrap();
        uncancel(app, &shop.call(), order.id, &what).unwrap();
        both(total, 0);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn an_order_over_the_limit_waits_under_a_hold_where_the_account_says_so() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10_000, None);
        let account = account(&shop, Some("10.00"));
        let edit = AccountEdit { when_over: Some(WhenOver::Hold), ..AccountEdit::default() };
        accounts::update_account(&shop.app, &shop.call(), account.id, &edit).unwrap();
        placed(&shop, &nails("80", None));
        let waits = placed(&shop, &nails("50", None));
        assert_eq!(waits.holds.len(), 1);
        assert_eq!(waits.holds[0].kind, "credit");
        assert_eq!(owed(&shop, account.id, None), (800, 0, 0), "what is on hold counts nothing");
        let of = (waits.id, waits.fulfillments[0].id);
        assert_eq!(code(release(&shop.app, &shop.call(), of)), Code::OnHold);
        let hold = waits.holds[0].id;
        let early = release_hold(&shop.app, &shop.call(), waits.id, hold);
        assert_eq!(code(early), Code::CreditLimit, "releasing is guarded");
        let passing = passing(&shop, Code::CreditLimit);
        release_hold(&shop.app, &passing, waits.id, hold).unwrap();
        assert_eq!(owed(&shop, account.id, None), (1_300, 0, 0));
        release(&shop.app, &shop.call(), of).unwrap();
        proof::all_holds(&shop.app);
    }
}

#[test]
fn only_orders_settled_on_account_in_its_currency_count() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let account = account(&shop, Some("1.00"));
        let mut paid = nails("50", None);
        paid.settlement = None;
        placed(&shop, &paid);
        assert_eq!(owed(&shop, account.id, None), (0, 0, 0));
        let mut dollars = nails("1", None);
        dollars.currency = Some("USD".into());
        dollars.lines[0].unit_price = Some("1".into());
        let refused = place(&shop.app, &shop.call(), &dollars);
        assert_eq!(code(refused), Code::CurrencyMismatch);
        // What came with the order is not owed.
        let mut part = nails("15", None);
        part.payments = read(json!([{ "provider": "manual", "captured": "0.50" }]));
        placed(&shop, &part);
        assert_eq!(owed(&shop, account.id, None), (100, 0, 0));
        proof::all_holds(&shop.app);
    }
}

#[test]
fn issued_documents_count_until_they_are_settled() {
    for shop in Shop::each() {
        let account = account(&shop, Some("1.00"));
        let north = site(&shop, &account, "NORTH", None);
        let moved = |site, delta| -> Result<(), Error> {
            shop.app.store.write(|tx| move_invoiced(tx, [(account.id, site, delta)]))
        };
        moved(Some(north.id), 500).unwrap();
        moved(None, -700).unwrap();
        assert_eq!(owed(&shop, account.id, None), (0, 0, -200), "an open credit");
        assert_eq!(owed(&shop, account.id, Some(north.id)), (0, 0, 500));
        assert!(moved(Some(SiteId::from_bytes([7; 16])), 1).is_err());
    }
}
