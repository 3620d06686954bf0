//! Quotes and agreements: revisions, expiry, locked prices, and orders that draw on them.

use std::sync::Barrier;

use orderly::ops::fulfillments::cancel::{cancel, uncancel};
use orderly::ops::orders::place::{Placing, place, place_many};
use orderly::ops::prices::terms as prices;
use orderly::ops::quotes::convert::convert;
use orderly::ops::quotes::{self, read as reading};
use orderly::{Call, Error};
use orderly_core::order::Order;
use orderly_core::order::cancel::Cancel;
use orderly_core::qty::Qty;
use orderly_core::quote::{Quote, QuoteKind, QuoteState};
use orderly_core::refusal::Code;
use orderly_store::tables;
use serde_json::{Value, json};

use crate::fixture::{Shop, order, read};
use crate::proof;
use crate::sold::{allowed, code};

impl Shop {
    /// A trade account with one site.
    pub fn account(&self, number: &str) {
        let new = json!({
            "number": number, "name": "Field & Sons", "terms_days": 30,
            "party": { "name": "Field & Sons", "country": "GB", "city": "Leeds",
                       "address_lines": ["1 Mill Lane"], "postcode": "LS1 1AA" },
            "limit": null, "currency": null,
        });
        orderly::ops::accounts::create_account(&self.app, &self.call(), &read(new)).unwrap();
    }

    /// A quote for Ann that is sent.
    pub fn quoted(&self, lines: Value) -> Quote {
        let new = json!({
            "channel": "phone", "customer": { "email": "ann@example.com", "name": "Ann Field" },
            "terms": { "valid_until": "2026-03-31", "lines": lines },
        });
        let call = self.call().with_reason("a good customer");
        let quote = quotes::create(&self.app, &call, QuoteKind::Quote, &read(new)).unwrap();
        quotes::send(&self.app, &self.call(), quote.id).unwrap()
    }

    /// An agreement of the account T1.
    pub fn agreed(&self, lines: Value) -> Quote {
        let new = json!({
            "channel": "phone", "account": "T1",
            "terms": { "valid_from": "2026-03-01", "valid_until": "2026-06-30", "lines": lines },
        });
        let kind = QuoteKind::Agreement;
        let call = self.call().with_reason("a good customer");
        quotes::create(&self.app, &call, kind, &read(new)).unwrap()
    }

    fn quote(&self, quote: &Quote) -> Quote {
        self.app.store.read(|tx| quotes::load(tx, quote.id, false)).unwrap()
    }

    /// A call of a day that comes later in the year 2026.
    pub fn on(&self, day: &str) -> Call {
        let mut call = self.call();
        call.now = orderly_core::time::Instant::parse(&format!("{day}T12:00:00Z")).unwrap();
        call
    }
}

/// Everything that a refused command must not change; order numbers may have gaps.
pub fn books(shop: &Shop) -> std::collections::BTreeMap<String, String> {
    let mut books = proof::books(&shop.app);
    books.remove("number_series");
    books
}

fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

fn drawn(quote: &Quote) -> Vec<i64> {
    quote.lines.iter().map(|line| line.drawn.get()).collect()
}

pub(crate) fn part(line: i64, quantity: &str) -> orderly::wire::quotes::ConvertIn {
    read(json!({ "lines": [{ "line": line, "quantity": quantity }] }))
}

#[test]
fn a_quote_becomes_one_order_at_the_price_it_was_quoted() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "500", "0.03");
        let quote = shop.quoted(json!([
            { "sku": "NAIL", "quantity": "200", "unit_price": "0.08",
              "tax": [{ "name": "VAT", "rate": "0.2", "included": true }] },
            { "sku": "BRICK", "quantity": "1500" },
            { "kind": "service", "description": "Carriage", "quantity": "1",
              "unit_price": "25.00" },
        ]));
        assert_eq!((quote.state, quote.revision, quote.total), (QuoteState::Sent, 1, 67_100));
        let first = convert(&shop.app, &shop.call(), quote.id, &Default::default());
        let refused = code(first);
        assert_eq!(refused, Code::InsufficientStock, "the bricks are not there");
        assert_eq!(drawn(&shop.quote(&quote)), [0, 0, 0]);
        shop.buy("depot", "BRICK", "2000", "0.20");
        let item = shop.app.store.read(|tx| tables::catalog::by_sku(tx, "BRICK")).unwrap().unwrap();
        let dearer = read(json!({
            "sku": "BRICK", "name": "Brick", "price": "999.00", "price_unit": "thousand",
        }));
        orderly::ops::catalog::update_item(&shop.app, &shop.call(), item.id, &dearer).unwrap();
        let one = convert(&shop.app, &shop.call(), quote.id, &Default::default()).unwrap();
        assert_eq!(one.head.totals.total, 67_100, "the price of the quote, not of the list");
        assert_eq!(one.head.totals.tax_included, 267);
        let again = convert(&shop.app, &shop.call(), quote.id, &Default::default()).unwrap();
        assert_eq!(again.id, one.id, "twice is one order");
        let quote = shop.quote(&quote);
        assert_eq!((quote.state, drawn(&quote)), (QuoteState::Accepted, vec![200, 1500, 1]));
        let shown = reading::show(&shop.app, &shop.call(), QuoteKind::Quote, &quote.number);
        let shown = shown.unwrap();
        assert_eq!(shown.quote.standing(shown.today), "converted");
        assert_eq!(shown.orders.len(), 1);
        assert_eq!(
            code(convert(&shop.app, &shop.call(), quote.id, &part(1, "1"))),
            Code::AboveQuote
        );
        proof::all_holds(&shop.app);
    }
}

#[test]
fn parts_are_converted_until_nothing_is_left_and_a_cancellation_gives_back() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "500", "0.03");
        let quote = shop.quoted(json!([{ "sku": "NAIL", "quantity": "100" }]));
        let first = convert(&shop.app, &shop.call(), quote.id, &part(1, "60")).unwrap();
        let before = books(&shop);
        let more = convert(&shop.app, &shop.call(), quote.id, &part(1, "41"));
        assert_eq!(allowed(more), "40 each");
        assert!(before == books(&shop), "nothing changed");
        let some = Cancel::Lines(vec![(first.lines[0].id, Some(qty(10)))]);
        let call = || shop.call().with_reason("too many");
        cancel(&shop.app, &call(), first.id, &some).unwrap();
        assert_eq!(drawn(&shop.quote(&quote)), [50]);
        let rest = convert(&shop.app, &shop.call(), quote.id, &Default::default()).unwrap();
        assert_eq!(rest.lines[0].quantities.ordered, qty(50));
        let refused = uncancel(&shop.app, &call(), first.id, &some);
        assert_eq!(code(refused), Code::AboveQuote, "it is drawn by the other order");
        assert_eq!(drawn(&shop.quote(&quote)), [100]);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn an_expired_quote_is_priced_again_before_it_is_converted() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "500", "0.03");
        let quote = shop.quoted(json!([
            { "sku": "NAIL", "quantity": "100", "unit_price": "0.08" },
        ]));
        let before = books(&shop);
        // The last day counts in the merchant's zone: 23:30 UTC is the next day in London's summer.
        let mut late = shop.call();
        late.now = orderly_core::time::Instant::parse("2026-03-31T23:30:00Z").unwrap();
        let refused = convert(&shop.app, &late, quote.id, &Default::default());
        assert_eq!(code(refused), Code::QuoteExpired);
        let refused = convert(&shop.app, &shop.on("2026-04-01"), quote.id, &Default::default());
        assert_eq!(allowed(refused), "re-price");
        let refused = quotes::accept(&shop.app, &shop.on("2026-04-01"), quote.id);
        assert_eq!(code(refused), Code::QuoteExpired);
        assert!(before == books(&shop), "nothing changed");
        let again =
            quotes::reprice(&shop.app, &shop.on("2026-04-01"), quote.id, "2026-04-30").unwrap();
        assert_eq!(again.draft.as_ref().unwrap().totals.total, 1_000);
        let refused = convert(&shop.app, &shop.on("2026-04-01"), quote.id, &Default::default());
        assert_eq!(code(refused), Code::QuoteExpired, "the revision is not sent yet");
        quotes::send(&shop.app, &shop.on("2026-04-02"), quote.id).unwrap();
        let made =
            convert(&shop.app, &shop.on("2026-04-02"), quote.id, &Default::default()).unwrap();
        assert_eq!(made.head.totals.total, 1_000, "the list price of the new revision");
        let shown = reading::show(&shop.app, &shop.call(), QuoteKind::Quote, &quote.number);
        let totals: Vec<i64> =
            shown.unwrap().revisions.iter().map(|(_, _, terms)| terms.totals.total).collect();
        assert_eq!(totals, [800, 1_000], "what was sent stays as it was sent");
        proof::all_holds(&shop.app);
    }
}

#[test]
fn only_the_latest_revision_sent_is_drawn_on_and_offers_at_least_what_was_drawn() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "500", "0.03");
        shop.buy("depot", "BOLT", "500", "0.03");
        let lines =
            json!([{ "sku": "NAIL", "quantity": "100" }, { "sku": "BOLT", "quantity": "9" }]);
        let quote = shop.quoted(lines);
        convert(&shop.app, &shop.call(), quote.id, &part(1, "30")).unwrap();
        let less = read(json!({
            "valid_until": "2026-03-31", "lines": [{ "sku": "NAIL", "quantity": "20" }],
        }));
        quotes::revise(&shop.app, &shop.call(), quote.id, &less).unwrap();
        let before = books(&shop);
        let refused = quotes::send(&shop.app, &shop.call(), quote.id);
        assert_eq!(code(refused), Code::BelowDrawn);
        assert!(before == books(&shop), "nothing changed");
        let other = read(json!({
            "valid_until": "2026-03-31",
            "lines": [{ "sku": "NAIL", "quantity": "40", "unit_price": "0.05" }],
        }));
        let refused = quotes::revise(&shop.app, &shop.call(), quote.id, &other);
        assert_eq!(code(refused), Code::ReasonRequired, "the price is below the list's");
        let call = shop.call().with_reason("a good customer");
        quotes::revise(&shop.app, &call, quote.id, &other).unwrap();
        let sent = quotes::send(&shop.app, &shop.call(), quote.id).unwrap();
        assert_eq!(sent.revision, 2);
        let bolts = convert(&shop.app, &shop.call(), quote.id, &part(2, "1"));
        assert_eq!(code(bolts), Code::UnknownLine, "the revision has no bolts");
        let rest = convert(&shop.app, &shop.call(), quote.id, &Default::default()).unwrap();
        assert_eq!(rest.lines.len(), 1);
        assert_eq!((rest.lines[0].quantities.ordered, rest.head.totals.total), (qty(10), 50));
        let mut stale = shop.call();
        stale.expected_version = Some(1);
        assert_eq!(code(quotes::decline(&shop.app, &stale, quote.id)), Code::StaleVersion);
        quotes::decline(&shop.app, &shop.call(), quote.id).unwrap();
        let after = convert(&shop.app, &shop.call(), quote.id, &part(1, "1"));
        assert_eq!(code(after), Code::InvalidTransition);
        assert_eq!(code(quotes::send(&shop.app, &shop.call(), quote.id)), Code::NothingToDo);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn a_quoted_price_is_changed_only_with_the_right_to_do_so() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "500", "0.03");
        let quote = shop.quoted(json!([{ "sku": "NAIL", "quantity": "100" }]));
        let mut wanted = order("phone", &[("NAIL", "10")]);
        wanted.quote = Some(quote.number.clone());
        wanted.lines[0].unit_price = Some("0.01".into());
        let before = books(&shop);
        assert_eq!(code(place(&shop.app, &shop.call(), &wanted)), Code::PriceLocked);
        assert!(before == books(&shop), "nothing changed");
        let mut call = shop.call().with_reason("goodwill");
        call.overrides.push(Code::PriceLocked);
        let placed = place(&shop.app, &call, &wanted).unwrap();
        assert_eq!(placed.head.totals.total, 10);
        assert_eq!(placed.lines[0].origin, Some(quote.lines[0].line.id));
        assert_eq!(drawn(&shop.quote(&quote)), [10]);
        let stranger = shop.stranger();
        let refused = quotes::send(&shop.app, &stranger, quote.id);
        assert!(matches!(refused, Err(Error::Forbidden { .. })));
        let mut unknown = order("phone", &[("NAIL", "10")]);
        unknown.quote = Some("Q9".into());
        assert_eq!(code(place(&shop.app, &shop.call(), &unknown)), Code::UnknownQuote);
        let mut lost = order("phone", &[("NAIL", "10")]);
        lost.lines[0].origin = Some(placed.lines[0].id.to_string());
        assert_eq!(code(place(&shop.app, &shop.call(), &lost)), Code::UnknownLine);
        let mut other = order("phone", &[("NAIL", "10")]);
        other.quote = Some(quote.number.clone());
        other.customer = read(json!({ "name": "Bob" }));
        assert_eq!(code(place(&shop.app, &shop.call(), &other)), Code::InvalidField);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn an_agreement_is_called_off_in_parts_and_grows_by_revision_only() {
    for shop in Shop::each() {
        shop.account("T1");
        shop.buy("depot", "BRICK", "9000", "0.20");
        let nobody = read(json!({
            "channel": "phone", "terms": { "valid_until": "2026-06-30", "lines": [] },
        }));
        let refused = quotes::create(&shop.app, &shop.call(), QuoteKind::Agreement, &nobody);
        assert_eq!(code(refused), Code::AccountRequired);
        let agreement = shop.agreed(json!([
            { "sku": "BRICK", "quantity": "5000", "unit_price": "300.00", "price_unit": "thousand",
              "schedule": [{ "on": "2026-03-15", "quantity": "2500" },
                           { "on": "2026-04-15", "quantity": "2500" }] },
        ]));
        assert_eq!((agreement.state, agreement.revision), (QuoteState::Accepted, 1));
        let call_off = convert(&shop.app, &shop.call(), agreement.id, &part(1, "3000")).unwrap();
        assert_eq!(call_off.head.settlement.code(), "account");
        assert_eq!(call_off.head.totals.total, 90_000);
        let before = books(&shop);
        let more = || convert(&shop.app, &shop.call(), agreement.id, &part(1, "2001"));
        assert_eq!(code(more()), Code::AboveAgreement);
        assert_eq!(allowed(more()), "2000 each");
        let early = convert(&shop.app, &shop.on("2026-02-01"), agreement.id, &part(1, "1"));
        assert_eq!(code(early), Code::InvalidTransition);
        let late = convert(&shop.app, &shop.on("2026-07-01"), agreement.id, &part(1, "1"));
        assert_eq!(code(late), Code::AgreementExpired);
        assert!(before == books(&shop), "nothing changed");
        let larger = read(json!({
            "valid_until": "2026-08-31",
            "lines": [{ "sku": "BRICK", "quantity": "6000", "unit_price": "300.00",
                        "price_unit": "thousand" }],
        }));
        let call = shop.call().with_reason("a good customer");
        quotes::revise(&shop.app, &call, agreement.id, &larger).unwrap();
        let second = more().unwrap();
        assert_eq!(second.lines[0].quantities.ordered, qty(2001));
        assert_eq!(drawn(&shop.quote(&agreement)), [5001]);
        quotes::close(&shop.app, &shop.call(), agreement.id).unwrap();
        let closed = convert(&shop.app, &shop.call(), agreement.id, &part(1, "1"));
        assert_eq!(code(closed), Code::InvalidTransition);
        assert_eq!(code(quotes::close(&shop.app, &shop.call(), agreement.id)), Code::NothingToDo);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn pieces_and_kits_are_quoted_and_drawn_as_they_are_sold() {
    for shop in Shop::each() {
        shop.stock("BOARD", "depot", 30_000, Some(5_000));
        shop.buy("depot", "BOLT", "50", "0.03");
        let quote = shop.quoted(json!([
            { "sku": "BOARD", "quantity": "6", "unit": "cut", "cut_length": "2.4 m",
              "unit_price": "19.00" },
            { "sku": "KIT-A", "quantity": "5", "unit_price": "0.90" },
            { "sku": "BOARD", "quantity": "2", "unit": "cut", "cut_length": "1.2 m" },
        ]));
        let new = read(json!({ "lines": [
            { "line": 1, "quantity": "4" }, { "line": 2, "quantity": "2" },
        ] }));
        let made = convert(&shop.app, &shop.call(), quote.id, &new).unwrap();
        assert_eq!(made.lines[0].piece, Some(qty(2_400)));
        assert_eq!(made.head.totals.total, 7_600 + 180);
        assert_eq!(drawn(&shop.quote(&quote)), [9_600, 2, 0]);
        let rest = convert(&shop.app, &shop.call(), quote.id, &Default::default()).unwrap();
        assert_eq!(rest.head.totals.total, 3_800 + 270 + 2_352);
        let call = shop.call().with_reason("no wood needed");
        cancel(&shop.app, &call, rest.id, &Cancel::Order).unwrap();
        assert_eq!(drawn(&shop.quote(&quote)), [9_600, 2, 0]);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn thirty_call_offs_at_once_never_draw_more_than_was_agreed() {
    for shop in Shop::each() {
        shop.account("T1");
        shop.buy("depot", "NAIL", "500", "0.03");
        let agreement = shop.agreed(json!([{ "sku": "NAIL", "quantity": "100" }]));
        let start = Barrier::new(30);
        let outcomes: Vec<Result<Order, Error>> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..30)
                .map(|_| {
                    let (shop, start, id) = (&shop, &start, agreement.id);
                    scope.spawn(move || {
                        let call = shop.call();
                        start.wait();
                        convert(&shop.app, &call, id, &part(1, "7"))
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        let (placed, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(placed.len(), 14);
        for error in refused.iter().filter_map(|one| one.as_ref().err()) {
            assert_eq!(error.refused(), Some(Code::AboveAgreement), "{error:?}");
        }
        assert_eq!(drawn(&shop.quote(&agreement)), [98]);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn a_quote_converted_by_two_at_once_is_one_order() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "500", "0.03");
        let quote = shop.quoted(json!([{ "sku": "NAIL", "quantity": "100" }]));
        let start = Barrier::new(8);
        let orders: Vec<Order> = std::thread::scope(|scope| {
            let clerks: Vec<_> = (0..8)
                .map(|_| {
                    let (shop, start, id) = (&shop, &start, quote.id);
                    scope.spawn(move || {
                        let call = shop.call();
                        start.wait();
                        convert(&shop.app, &call, id, &Default::default()).unwrap()
                    })
                })
                .collect();
            clerks.into_iter().map(|clerk| clerk.join().unwrap()).collect()
        });
        assert!(orders.iter().all(|order| order.id == orders[0].id));
        assert_eq!(shop.sums("NAIL", "depot"), (500, 100, 0));
        proof::all_holds(&shop.app);
    }
}

#[test]
fn a_batch_draws_in_its_order_and_a_refused_order_draws_nothing() {
    for shop in Shop::each() {
        shop.account("T1");
        shop.buy("depot", "NAIL", "50", "0.03");
        let agreement = shop.agreed(json!([{ "sku": "NAIL", "quantity": "100" }]));
        let off = |quantity: &str, external: &str| {
            let mut order = order("phone", &[("NAIL", quantity)]);
            order.customer = None;
            order.external_id = Some(external.into());
            order.agreement = Some(agreement.number.clone());
            order
        };
        // The second wants more than there is, so the third gets what is agreed.
        let orders = [off("40", "a"), off("55", "b"), off("10", "c"), off("51", "d")];
        let calls: Vec<Call> = orders.iter().map(|_| shop.call()).collect();
        let placings: Vec<Placing<'_>> =
            orders.iter().zip(&calls).map(|(order, call)| Placing { call, order }).collect();
        let outcomes = place_many(&shop.app, &placings);
        let codes: Vec<Option<Code>> =
            outcomes.iter().map(|one| one.as_ref().err().and_then(Error::refused)).collect();
        let (stock, above) = (Some(Code::InsufficientStock), Some(Code::AboveAgreement));
        assert_eq!(codes, [None, stock, None, above]);
        assert_eq!(drawn(&shop.quote(&agreement)), [50]);
        quotes::close(&shop.app, &shop.call(), agreement.id).unwrap();
        let again = place(&shop.app, &shop.call(), &orders[0]).unwrap();
        assert_eq!(again.id, outcomes[0].as_ref().unwrap().id, "what was placed is answered");
        proof::all_holds(&shop.app);
    }
}

#[test]
fn a_quote_locks_the_price_with_the_discount_of_its_day() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "500", "0.03");
        shop.account("T1");
        let (app, call) = (&shop.app, || shop.call());
        prices::account(app, &call(), "T1", (Some("builders"), None)).unwrap();
        let discount = json!({ "code": "D10", "group": "builders", "discount": "10" });
        prices::discount(app, &call(), &read(discount)).unwrap();
        let agreement = shop.agreed(json!([{ "sku": "NAIL", "quantity": "100" }]));
        let price = agreement.lines[0].line.price.to_string();
        assert_eq!((agreement.total, price.as_str()), (900, "0.09"));
        let half = convert(app, &call(), agreement.id, &part(1, "50")).unwrap();
        assert_eq!(half.head.totals.total, 450);
        let rest = convert(app, &call(), agreement.id, &Default::default()).unwrap();
        assert_eq!(rest.head.totals.total, 450);
        proof::all_holds(&shop.app);
    }
}
