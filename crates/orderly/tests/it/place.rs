//! Placing orders.

use orderly::ops::orders::place::{Placing, place, place_many};
use orderly::{Call, Error};
use orderly_core::order::Order;
use orderly_core::refusal::{Code, Refusal};
use serde_json::json;

use crate::fixture::{Shop, order, read};

fn refusal(result: Result<Order, Error>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        Err(error) => panic!("not a refusal: {error}"),
        Ok(order) => panic!("order {} was placed", order.number),
    }
}

#[test]
fn an_order_is_served_by_the_fewest_locations_then_by_priority() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        shop.stock("NAIL", "york", 100, None);
        shop.stock("BOLT", "york", 50, None);
        let both = order("web", &[("NAIL", "10"), ("BOLT", "5")]);
        let placed = place(&shop.app, &shop.call(), &both).unwrap();
        assert_eq!(placed.fulfillments.len(), 1, "york alone has both");
        assert_eq!(placed.fulfillments[0].location, shop.location("york"));
        let nails = order("web", &[("NAIL", "10")]);
        let placed = place(&shop.app, &shop.call(), &nails).unwrap();
        assert_eq!(placed.fulfillments[0].location, shop.location("depot"));
        let split = order("web", &[("NAIL", "150")]);
        let placed = place(&shop.app, &shop.call(), &split).unwrap();
        assert_eq!(placed.fulfillments.len(), 2);
        assert_eq!(shop.sums("NAIL", "depot"), (100, 100, 0));
        assert_eq!(shop.sums("NAIL", "york"), (100, 70, 0));
        assert_eq!(placed.head.totals.total, 1_500);
    }
}

#[test]
fn kits_sum_what_they_share() {
    for shop in Shop::each() {
        shop.stock("BOLT", "depot", 3, None);
        shop.stock("NAIL", "depot", 100, None);
        let kits = order("web", &[("KIT-A", "1"), ("KIT-A", "1"), ("KIT-B", "1")]);
        let refused = refusal(place(&shop.app, &shop.call(), &kits));
        assert_eq!(refused.code(), Code::InsufficientStock);
        let issue = &refused.issues[0];
        assert_eq!(issue.sku.as_deref(), Some("BOLT"));
        assert_eq!(issue.requested.as_deref(), Some("5 each"));
        assert_eq!(issue.available.as_deref(), Some("3 each"));
        assert_eq!(shop.sums("BOLT", "depot"), (3, 0, 0));
        shop.stock("BOLT", "depot", 2, None);
        let placed = place(&shop.app, &shop.call(), &kits).unwrap();
        assert_eq!(shop.sums("BOLT", "depot"), (5, 5, 0));
        assert_eq!(shop.sums("NAIL", "depot"), (100, 3, 0));
        assert!(
            placed.lines.iter().all(|line| line.quantities.allocated == line.quantities.ordered)
        );
    }
}

#[test]
fn boards_are_allocated_by_the_piece() {
    for shop in Shop::each() {
        let boards = |channel: &str| {
            read(json!({
                "channel": channel, "customer": { "name": "Ann" },
                "lines": [
                    { "sku": "BOARD", "quantity": "7", "unit": "cut", "cut_length": "2.4 m" },
                ],
            }))
        };
        shop.stock("BOARD", "depot", 20_000, Some(1_000));
        let refused = refusal(place(&shop.app, &shop.call(), &boards("web")));
        assert_eq!(refused.code(), Code::NoPieceServes);
        shop.stock("BOARD", "depot", 20_000, Some(5_000));
        let placed = place(&shop.app, &shop.call(), &boards("web")).unwrap();
        let work = &placed.work[0];
        assert_eq!((work.qty.get(), work.takes.get()), (16_800, 20_000));
        assert_eq!(work.cut.unwrap().wanted, 7);
        assert_eq!(shop.sums("BOARD", "depot"), (40_000, 20_000, 0));
        // 16.8 m at 9.80 a metre.
        assert_eq!(placed.head.totals.total, 16_464);
    }
}

#[test]
fn continuous_and_boxed_goods_are_exact() {
    for shop in Shop::each() {
        shop.stock("ROPE", "depot", 20_000, None);
        shop.stock("TILE", "depot", 144_000, None);
        let rope = read(json!({
            "channel": "web", "customer": { "name": "Ann" },
            "lines": [{ "sku": "ROPE", "quantity": "7", "unit": "cut", "cut_length": "2.4 m" }],
        }));
        place(&shop.app, &shop.call(), &rope).unwrap();
        assert_eq!(shop.level("ROPE", "depot").available().get(), 3_200);
        let mut tiles = order("web", &[("TILE", "10")]);
        tiles.lines[0].unit = Some("m2".into());
        let refused = refusal(place(&shop.app, &shop.call(), &tiles));
        assert_eq!(refused.code(), Code::QuantityPrecision);
        assert_eq!(refused.issues[0].allowed.as_deref(), Some("7 box = 10.08 m2"));
        tiles.lines[0].quantity = "10.08".into();
        let placed = place(&shop.app, &shop.call(), &tiles).unwrap();
        assert_eq!(placed.head.totals.total, 7 * 3_800);
    }
}

#[test]
fn each_channel_has_its_policy_when_short() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 4, None);
        let refused = refusal(place(&shop.app, &shop.call(), &order("web", &[("NAIL", "5")])));
        assert_eq!(refused.code(), Code::InsufficientStock);
        let sold = place(&shop.app, &shop.call(), &order("market", &[("NAIL", "5")])).unwrap();
        let line = &sold.lines[0].quantities;
        assert_eq!((line.allocated.get(), line.backordered.get()), (4, 1));
        assert_eq!(shop.sums("NAIL", "depot"), (4, 4, 1));
        let open = shop.app.store.read(|tx| orderly_store::tables::exceptions::open(tx, 10));
        assert_eq!(open.unwrap()[0].kind, "oversold");
        // Within its own backorder limit even the web shop may sell what is not there.
        let later = place(&shop.app, &shop.call(), &order("web", &[("PAINT", "10")])).unwrap();
        assert_eq!(later.lines[0].quantities.backordered.get(), 10);
        let refused = refusal(place(&shop.app, &shop.call(), &order("web", &[("PAINT", "1")])));
        assert_eq!(refused.code(), Code::InsufficientStock);
    }
}

#[test]
fn a_repeated_order_is_answered_not_placed_again() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let mut first = order("web", &[("NAIL", "10")]);
        first.external_id = Some("EXT-1".into());
        let placed = place(&shop.app, &shop.call(), &first).unwrap();
        let again = place(&shop.app, &shop.call(), &first).unwrap();
        assert_eq!(again, placed);
        let mut changed = first.clone();
        changed.lines[0].quantity = "11".into();
        let refused = refusal(place(&shop.app, &shop.call(), &changed));
        assert_eq!(refused.code(), Code::ExternalOrderChanged);
        assert!(refused.issues.iter().any(|issue| issue.pointer == "/lines/0/quantity"));
        let keyed = |content: &[u8]| Call { ..shop.call().with_key("k1", content) };
        let nails = order("web", &[("NAIL", "1")]);
        let one = place(&shop.app, &keyed(b"a"), &nails).unwrap();
        assert_eq!(place(&shop.app, &keyed(b"a"), &nails).unwrap(), one);
        let other = place(&shop.app, &keyed(b"b"), &nails).unwrap_err();
        assert_eq!(other.refused(), Some(Code::IdempotencyMismatch));
        assert_eq!(shop.sums("NAIL", "depot").1, 11);
    }
}

#[test]
fn one_bad_order_never_fails_its_neighbors() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10, None);
        let good = order("web", &[("NAIL", "5")]);
        let bad = order("web", &[("NAIL", "-5")]);
        let unknown = order("web", &[("GOLD", "1")]);
        let calls: Vec<Call> = (0..5).map(|_| shop.call()).collect();
        let orders = [&good, &bad, &unknown, &good, &good];
        let placings: Vec<Placing<'_>> =
            calls.iter().zip(orders).map(|(call, order)| Placing { call, order }).collect();
        let outcomes = place_many(&shop.app, &placings);
        let codes: Vec<Option<Code>> =
            outcomes.iter().map(|one| one.as_ref().err().and_then(Error::refused)).collect();
        let expected = [
            None,
            Some(Code::QuantityInvalid),
            Some(Code::UnknownItem),
            None,
            Some(Code::InsufficientStock),
        ];
        assert_eq!(codes, expected);
        assert_eq!(shop.sums("NAIL", "depot"), (10, 10, 0));
    }
}

#[test]
fn two_hundred_buyers_of_the_last_one_make_one_order() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 1, None);
        let nail = order("web", &[("NAIL", "1")]);
        let outcomes: Vec<Result<Order, Error>> = std::thread::scope(|scope| {
            let buyers: Vec<_> = (0..200)
                .map(|_| {
                    let call = shop.call();
                    let (app, nail) = (&shop.app, &nail);
                    scope.spawn(move || place(app, &call, nail))
                })
                .collect();
            buyers.into_iter().map(|buyer| buyer.join().unwrap()).collect()
        });
        let placed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(placed, 1);
        for outcome in outcomes.into_iter().filter(Result::is_err) {
            let refused = refusal(outcome);
            assert_eq!(refused.code(), Code::InsufficientStock);
            assert_eq!(refused.issues[0].available.as_deref(), Some("0 each"));
        }
        assert_eq!(shop.sums("NAIL", "depot"), (1, 1, 0));
    }
}

#[test]
fn a_stranger_places_nothing() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 1, None);
        let nail = order("web", &[("NAIL", "1")]);
        let error = place(&shop.app, &shop.stranger(), &nail).unwrap_err();
        assert_eq!(error.code(), "forbidden");
        assert_eq!(shop.sums("NAIL", "depot"), (1, 0, 0));
    }
}

#[test]
fn an_order_brings_its_payments_along() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let mut paid = order("web", &[("NAIL", "100")]);
        paid.payments = read(json!([
            { "provider": "stripe", "reference": "pi_1", "authorized": "6.00" },
            { "provider": "manual", "captured": "4.00" },
        ]));
        let placed = place(&shop.app, &shop.call(), &paid).unwrap();
        let amounts = placed.head.paid;
        assert_eq!((amounts.authorized, amounts.captured), (1_000, 400));
        let stored = orderly::ops::orders::get(&shop.app, placed.id).unwrap();
        assert_eq!(stored, Some(placed));
        // The same payment pays no second order.
        let refused = refusal(place(&shop.app, &shop.call(), &paid));
        assert_eq!(refused.code(), Code::AlreadyExists);
        assert_eq!(refused.issues[0].pointer, "/payments/0");
    }
}

#[test]
fn what_cannot_be_priced_promised_or_ordered_is_refused_in_its_place() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10, None);
        let mut in_dollars = order("web", &[("NAIL", "1")]);
        in_dollars.currency = Some("USD".into());
        let refused = refusal(place(&shop.app, &shop.call(), &in_dollars));
        assert_eq!(refused.code(), Code::NoPrice);
        let late = read(json!({
            "channel": "web", "customer": { "name": "Ann" },
            "deliveries": { "method": "parcel", "promise": "2020-01-01" },
            "lines": [{ "sku": "NAIL", "quantity": "1" }],
        }));
        let refused = refusal(place(&shop.app, &shop.call(), &late));
        assert_eq!(refused.code(), Code::PromiseInThePast);
        let new = read(json!({
            "number": "T1", "name": "Field & Sons", "party": { "name": "Field & Sons" },
            "terms_days": 30, "limit": null, "currency": null,
        }));
        orderly::ops::accounts::create_account(&shop.app, &shop.call(), &new).unwrap();
        let mut by_nobody = order("web", &[("NAIL", "1")]);
        by_nobody.account = Some("T1".into());
        by_nobody.ordered_by = Some("somebody".into());
        let refused = refusal(place(&shop.app, &shop.call(), &by_nobody));
        assert_eq!(refused.code(), Code::UnknownContact);
        assert_eq!(shop.sums("NAIL", "depot"), (10, 0, 0));
    }
}
