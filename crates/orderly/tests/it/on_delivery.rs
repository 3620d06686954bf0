//! Cash on delivery: taken with the goods, owed by who took it, remitted many at once.

use orderly::Error;
use orderly::ops::bank::{MatchIn, match_entry, unmatch};
use orderly::ops::fulfillments::shipments::{Shipping, deliver, ship, undeliver};
use orderly::ops::fulfillments::undo::undo;
use orderly::ops::fulfillments::{pack, pick, release};
use orderly::ops::loads::read as loads;
use orderly::ops::loads::road::{self, Drop};
use orderly::ops::orders::get;
use orderly::ops::orders::place::place;
use orderly::ops::payments::on_delivery::{Owed, owed};
use orderly::ops::tills::{CollectIn, collect, hand_back, open};
use orderly_core::books::Account;
use orderly_core::id::OrderId;
use orderly_core::load::{ProofKind, StopState};
use orderly_core::order::Order;
use orderly_core::refusal::Code;
use serde_json::json;

use crate::bank::{CAMT, giro, line, take_in};
use crate::fixture::{Shop, read};
use crate::loads::{PNG, on_the_road, shop as with_vans};
use crate::proof;
use crate::sold::{allowed, code};
use crate::tills::with_drawer;

/// An order of ten nails at 0.10, paid on delivery, on its way with a carrier.
pub(crate) fn on_its_way(shop: &Shop, carrier: &str, quantity: &str) -> Order {
    let order = read(json!({
        "channel": "web", "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "deliveries": { "method": "parcel", "due": "100.00", "ship_to": {
            "name": "Ann Field", "lines": ["2 Mill Lane"], "city": "Leeds", "postcode": "LS1 1AA",
            "country": "GB" } },
        "lines": [{ "sku": "NAIL", "quantity": quantity }],
    }));
    let order = place(&shop.app, &shop.call(), &order).unwrap();
    let of = (order.id, order.fulfillments[0].id);
    release(&shop.app, &shop.call(), of).unwrap();
    pick(&shop.app, &shop.call(), of, &[]).unwrap();
    pack(&shop.app, &shop.call(), of, &[]).unwrap();
    let new = Shipping { carrier: Some(carrier.into()), ..Shipping::default() };
    ship(&shop.app, &shop.call(), of, &new).unwrap()
}

pub(crate) fn delivered(shop: &Shop, order: &Order) -> Result<Order, Error> {
    deliver(&shop.app, &shop.call(), (order.id, order.shipments[0].id), &[])
}

fn stored(shop: &Shop, id: OrderId) -> Order {
    get(&shop.app, id).unwrap().unwrap()
}

#[test]
fn a_delivered_shipment_is_owed_by_its_carrier_and_a_delivery_taken_back_is_not() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "1000", "0.03");
        let order = on_its_way(&shop, "dhl", "10");
        shop.work();
        assert_eq!(shop.booked(Account::CodClearing), 0);
        let call = shop.call().with_key("delivered", b"1");
        let of = (order.id, order.shipments[0].id);
        let first = deliver(&shop.app, &call, of, &[]).unwrap();
        let again = deliver(&shop.app, &call, of, &[]).unwrap();
        assert_eq!(first, again);
        assert_eq!(first.head.paid.captured, 100, "no more than the order asks for");
        assert_eq!(shop.booked(Account::CodClearing), 100);
        assert_eq!(shop.booked(Account::Receivables), 0, "it settles the invoice");
        let all = owed(&shop.app, &shop.call(), Some("dhl")).unwrap();
        assert_eq!((all.len(), all[0].open(), all[0].order), (1, 100, Some(order.id)));
        assert!(owed(&shop.app, &shop.call(), Some("ups")).unwrap().is_empty());
        shop.verified(order.id);
        undeliver(&shop.app, &shop.call(), of).unwrap();
        assert_eq!(stored(&shop, order.id).head.paid.captured, 0);
        assert_eq!(shop.booked(Account::CodClearing), 0);
        assert_eq!(shop.booked(Account::Receivables), 100, "the invoice is open again");
        shop.verified(order.id);
        delivered(&shop, &order).unwrap();
        undo(&shop.app, &shop.call(), order.id).unwrap();
        delivered(&shop, &order).unwrap();
        assert_eq!(shop.booked(Account::CodClearing), 100);
        shop.verified(order.id);
    }
}

#[test]
fn a_carrier_remits_many_at_once_and_what_came_is_not_taken_back() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "1000", "0.03");
        giro(&shop);
        let orders = ["100", "150", "200"].map(|quantity| on_its_way(&shop, "dhl", quantity));
        let other = on_its_way(&shop, "ups", "50");
        for order in orders.iter().chain([&other]) {
            delivered(&shop, order).unwrap();
        }
        assert_eq!(shop.booked(Account::CodClearing), 5_000);
        // 30.00 came: the first two, and five more of which nobody knows.
        take_in(&shop.app, &shop.call(), CAMT);
        let id = line(&shop, 3_000);
        let from = |carrier: &str| MatchIn { carrier: Some(carrier.into()), ..MatchIn::default() };
        let unknown = match_entry(&shop.app, &shop.call(), id, &from("nobody"));
        assert_eq!(code(unknown), Code::NothingToDo);
        let done = match_entry(&shop.app, &shop.call(), id, &from("dhl")).unwrap();
        assert_eq!(done.difference, -500);
        let left = owed(&shop.app, &shop.call(), None).unwrap();
        assert_eq!(left.iter().map(Owed::open).collect::<Vec<_>>(), [2_000, 500]);
        let of = (orders[0].id, orders[0].shipments[0].id);
        let back = undeliver(&shop.app, &shop.call(), of);
        assert_eq!(code(back), Code::NotReversible);
        proof::all_holds(&shop.app);
        unmatch(&shop.app, &shop.call(), id).unwrap();
        assert_eq!(owed(&shop.app, &shop.call(), Some("dhl")).unwrap().len(), 3);
        undeliver(&shop.app, &shop.call(), of).unwrap();
        assert_eq!(shop.booked(Account::CodClearing), 4_000);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn a_driver_takes_what_is_due_with_the_goods_or_says_why_not() {
    for own in Shop::each() {
        with_vans(&own);
        let (order, load, stop) = on_the_road(&own);
        let drop = |collected: Option<&str>, reason: Option<&str>| {
            let what = Drop {
                received_by: "A. Field".into(),
                collected: collected.map(Into::into),
                proofs: vec![(ProofKind::Photo, PNG.to_vec())],
                ..Drop::default()
            };
            let call = reason.map_or_else(|| own.call(), |why| own.call().with_reason(why));
            road::drop_at(&own.app, &call, load.id, stop, &what)
        };
        let rows = own.rows();
        assert_eq!(code(drop(None, None)), Code::ReasonRequired);
        assert_eq!(code(drop(Some("29.99"), None)), Code::ReasonRequired);
        assert_eq!(code(drop(Some("-1"), None)), Code::MoneyInvalid);
        let above = || drop(Some("30.01"), None);
        assert_eq!((code(above()), allowed(above())), (Code::AboveOpen, "30.00 GBP".into()));
        assert_eq!(own.rows(), rows, "nothing changed");
        drop(Some("30.00"), None).unwrap();
        assert_eq!(own.booked(Account::CodClearing), 3_000);
        let there = stored(&own, order.id);
        assert_eq!(there.head.paid.captured, 3_000);
        let proofs = loads::proofs(&own.app, &own.call(), &load.number, stop).unwrap();
        assert_eq!((proofs[0].kind, &proofs[0].content[..]), (ProofKind::Photo, PNG));
        assert_eq!(proofs[0].media_type, "image/png");
        let direct = undo(&own.app, &own.call(), order.id);
        assert_eq!(allowed(direct), "loads undrop");
        let back = road::undrop(&own.app, &own.call(), load.id, stop).unwrap();
        assert_eq!(back.stop(stop).unwrap().state, StopState::UnderWay);
        assert_eq!(own.booked(Account::CodClearing), 0);
        assert_eq!(stored(&own, order.id).lines[0].quantities.in_transit().get(), 12);
        let twice = road::undrop(&own.app, &own.call(), load.id, stop);
        assert_eq!(code(twice), Code::InvalidTransition);
        proof::all_holds(&own.app);
        drop(Some("10.00"), Some("had no more on him")).unwrap();
        assert_eq!(owed(&own.app, &own.call(), Some("own")).unwrap()[0].open(), 1_000);
        road::give_back(&own.app, &own.call(), load.id, road::Back::default()).unwrap();
        let late = road::undrop(&own.app, &own.call(), load.id, stop);
        assert_eq!(code(late), Code::InvalidTransition);
        proof::all_holds(&own.app);
    }
}

#[test]
fn what_a_driver_took_is_handed_in_at_a_till_and_given_back() {
    for own in Shop::each() {
        with_vans(&own);
        let (_, load, stop) = on_the_road(&own);
        let what = Drop {
            received_by: "A. Field".into(),
            collected: Some("30.00".into()),
            proofs: vec![(ProofKind::Photo, PNG.to_vec())],
            ..Drop::default()
        };
        road::drop_at(&own.app, &own.call(), load.id, stop, &what).unwrap();
        with_drawer(&own, "K1");
        let some = |amount: Option<&str>| CollectIn {
            carrier: "own".into(),
            amount: amount.map(Into::into),
        };
        let take = |amount| collect(&own.app, &own.call(), "K1", &some(amount));
        let give = |amount| hand_back(&own.app, &own.call(), "K1", &some(amount));
        assert_eq!(code(take(None)), Code::NoOpenSession);
        open(&own.app, &own.call(), "K1", "5").unwrap();
        let rows = own.rows();
        assert_eq!(code(give(None)), Code::NothingToDo);
        assert_eq!(code(take(Some("0"))), Code::MoneyInvalid);
        let above = || take(Some("30.01"));
        assert_eq!((code(above()), allowed(above())), (Code::AboveOpen, "30.00 GBP".into()));
        let nobody = CollectIn { carrier: "ups".into(), amount: None };
        assert_eq!(code(collect(&own.app, &own.call(), "K1", &nobody)), Code::NothingToDo);
        let denied = collect(&own.app, &own.stranger(), "K1", &some(None));
        assert_eq!(denied.unwrap_err().code(), "forbidden");
        assert_eq!(own.rows(), rows, "nothing changed");
        assert_eq!(take(Some("10")).unwrap().expected, 1_500);
        assert_eq!(own.booked(Account::CodClearing), 2_000);
        let left = owed(&own.app, &own.call(), Some("own")).unwrap();
        assert_eq!((left[0].open(), left[0].remitted), (2_000, 1_000));
        let call = own.call().with_key("rest", b"1");
        let first = collect(&own.app, &call, "K1", &some(None)).unwrap();
        assert_eq!(collect(&own.app, &call, "K1", &some(None)).unwrap(), first, "once");
        assert!(owed(&own.app, &own.call(), None).unwrap().is_empty());
        let undone = road::undrop(&own.app, &own.call(), load.id, stop);
        assert_eq!(code(undone), Code::NotReversible);
        assert_eq!(own.booked(Account::TillCash), 3_500);
        proof::all_holds(&own.app);
        assert_eq!(allowed(give(Some("31"))), "30.00 GBP");
        assert_eq!(give(Some("12")).unwrap().expected, 2_300);
        give(None).unwrap();
        assert_eq!(own.booked(Account::CodClearing), 3_000);
        road::undrop(&own.app, &own.call(), load.id, stop).unwrap();
        assert_eq!(own.booked(Account::CodClearing), 0);
        proof::all_holds(&own.app);
    }
}
