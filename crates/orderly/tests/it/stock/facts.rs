//! Facts are never refused, and what waits is served when goods come.

use orderly::ops::fulfillments;
use orderly::ops::orders::{self, place::place};
use orderly::ops::stock::{adjust, backorders, count, transfer};
use orderly_core::id::OrderId;
use orderly_core::order::Order;
use orderly_core::order::pick::Pick;
use orderly_core::refusal::Code;
use orderly_core::time::Instant;
use orderly_store::tables::exceptions::{self, Exception};
use orderly_store::tables::{locations, tasks};
use serde_json::json;

use super::{code, receipt};
use crate::fixture::{Shop, order, read};

impl Shop {
    pub fn place(&self, channel: &str, sku: &str, quantity: &str, priority: i64) -> Order {
        let mut new = order(channel, &[(sku, quantity)]);
        new.priority = Some(priority);
        place(&self.app, &self.call(), &new).unwrap()
    }

    /// What one order has (allocated, backordered) on its first line.
    fn stands(&self, id: OrderId) -> (i64, i64) {
        let order = orders::get(&self.app, id).unwrap().unwrap();
        let quantities = order.lines[0].quantities;
        (quantities.allocated.get(), quantities.backordered.get())
    }

    fn exceptions(&self) -> Vec<Exception> {
        self.app.store.read(|tx| exceptions::open(tx, 50)).unwrap()
    }
}

#[test]
fn breakage_takes_from_the_lowest_priority_and_the_latest_first() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "10", "1.00");
        let urgent = shop.place("web", "NAIL", "3", 9);
        let early = shop.place("web", "NAIL", "3", 1);
        let late = shop.place("web", "NAIL", "4", 1);
        shop.adjust("depot", "NAIL", "-5").unwrap();
        assert_eq!(shop.stands(late.id), (0, 4));
        assert_eq!(shop.stands(early.id), (2, 1));
        assert_eq!(shop.stands(urgent.id), (3, 0));
        assert_eq!(shop.sums("NAIL", "depot"), (5, 5, 5));
        let raised = shop.exceptions();
        let told: Vec<_> = raised.iter().map(|one| (one.kind.as_str(), one.qty)).collect();
        assert_eq!(told, [("displaced", Some(4)), ("displaced", Some(1))]);
        assert_eq!(raised[0].order, Some(late.id));
        let folded = shop.app.store.read(|tx| orders::folded(tx, late.id, 99)).unwrap().unwrap();
        let stored = orders::get(&shop.app, late.id).unwrap().unwrap();
        assert_eq!(folded.backorders, stored.backorders);
    }
}

#[test]
fn goods_that_come_serve_what_waits_by_priority_then_age() {
    for shop in Shop::each() {
        let early = shop.place("market", "NAIL", "4", 1);
        let late = shop.place("market", "NAIL", "4", 1);
        let urgent = shop.place("market", "NAIL", "5", 7);
        assert_eq!(shop.sums("NAIL", "depot"), (0, 0, 13));
        shop.buy("depot", "NAIL", "7", "1.00");
        let web = place(&shop.app, &shop.call(), &order("web", &[("NAIL", "1")]));
        assert!(web.is_err(), "new orders do not overtake what waits");
        let ran = shop.work();
        assert_eq!((ran.done, ran.failed), (1, 0));
        assert_eq!(shop.stands(urgent.id), (5, 0));
        assert_eq!(shop.stands(early.id), (2, 2));
        assert_eq!(shop.stands(late.id), (0, 4));
        assert_eq!(shop.work().done, 0, "nothing is left to do");
        shop.buy("depot", "NAIL", "6", "1.00");
        shop.work();
        assert_eq!((shop.stands(early.id), shop.stands(late.id)), ((4, 0), (4, 0)));
        assert_eq!(shop.sums("NAIL", "depot"), (13, 13, 0));
    }
}

#[test]
fn a_kit_is_served_whole_and_the_next_in_line_goes_on() {
    for shop in Shop::each() {
        let kit = shop.place("market", "KIT-B", "2", 5);
        let nails = shop.place("market", "NAIL", "2", 1);
        let at = kit.backorders[0].location;
        assert!(kit.backorders.iter().all(|one| one.location == at));
        shop.buy("depot", "NAIL", "8", "1.00");
        shop.work();
        assert_eq!(shop.stands(kit.id), (0, 2), "bolts are missing");
        assert_eq!(shop.stands(nails.id), (2, 0));
        shop.buy("depot", "BOLT", "1", "1.00");
        shop.work();
        assert_eq!(shop.stands(kit.id), (1, 1), "one kit of one bolt and three nails");
        assert_eq!(shop.sums("NAIL", "depot"), (8, 5, 3));
        assert_eq!(shop.sums("BOLT", "depot"), (1, 1, 1));
    }
}

#[test]
fn boards_that_wait_are_served_by_the_piece() {
    for shop in Shop::each() {
        let wanted = json!({
            "channel": "market", "customer": { "name": "Ann" },
            "lines": [{ "sku": "BOARD", "quantity": "3", "unit": "cut", "cut_length": "2.4 m" }],
        });
        let placed = place(&shop.app, &shop.call(), &read(wanted)).unwrap();
        let boards = |count: &str, length: &str| {
            let line = json!([{ "sku": "BOARD", "quantity": count, "length": length }]);
            receipt(&shop.app, &shop.call(), "depot", line).unwrap();
            shop.work();
        };
        boards("9", "1 m");
        assert_eq!(shop.stands(placed.id), (0, 7_200), "no piece of a metre serves");
        boards("1", "5 m");
        assert_eq!(shop.stands(placed.id), (4_800, 2_400));
        boards("1", "2.4 m");
        assert_eq!(shop.stands(placed.id), (7_200, 0));
    }
}

#[test]
fn a_count_makes_claims_give_way() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "10", "1.00");
        let placed = shop.place("web", "NAIL", "9", 0);
        let new = read(json!({ "location": "depot" }));
        let opened = count::open(&shop.app, &shop.call(), &new).unwrap();
        let seen: Vec<_> = read(json!([{ "sku": "NAIL", "quantity": "6" }]));
        count::record(&shop.app, &shop.call(), opened.id, &seen).unwrap();
        count::finish(&shop.app, &shop.call(), opened.id).unwrap();
        assert_eq!(shop.stands(placed.id), (6, 3));
        assert_eq!(shop.sums("NAIL", "depot"), (6, 6, 3));
        assert_eq!(shop.exceptions()[0].kind, "displaced");
        let folded = shop.app.store.read(|tx| orders::folded(tx, placed.id, 99)).unwrap();
        assert_eq!(folded, orders::get(&shop.app, placed.id).unwrap());
    }
}

#[test]
fn a_kit_that_is_picked_in_part_is_put_back_when_the_rest_breaks() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "3", "1.00");
        shop.buy("depot", "BOLT", "1", "1.00");
        let kit = shop.place("web", "KIT-B", "1", 0);
        let of = (kit.id, kit.fulfillments[0].id);
        fulfillments::release(&shop.app, &shop.call(), of).unwrap();
        let bolt = kit.work.iter().find(|work| work.item == shop.item("BOLT")).unwrap();
        let pick = Pick { claim: bolt.claim, qty: bolt.qty, from: Vec::new() };
        fulfillments::pick(&shop.app, &shop.call(), of, &[pick]).unwrap();
        shop.adjust("depot", "NAIL", "-1").unwrap();
        assert_eq!(shop.stands(kit.id), (0, 1));
        assert_eq!(shop.sums("BOLT", "depot"), (1, 0, 1));
        assert_eq!(shop.sums("NAIL", "depot"), (2, 0, 3));
        shop.buy("depot", "NAIL", "1", "1.00");
        shop.work();
        assert_eq!(shop.stands(kit.id), (1, 0), "the kit is whole again");
    }
}

#[test]
fn goods_that_are_picked_leave_by_their_order_only() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "5", "1.00");
        let placed = shop.place("web", "NAIL", "2", 0);
        let of = (placed.id, placed.fulfillments[0].id);
        fulfillments::release(&shop.app, &shop.call(), of).unwrap();
        fulfillments::pick(&shop.app, &shop.call(), of, &[]).unwrap();
        let staging = shop.app.store.read(|tx| {
            let depot = locations::by_code(tx, "depot")?.unwrap();
            locations::bin(tx, depot.staging_bin)
        });
        let staging = staging.unwrap().unwrap().code;
        let broken = json!({
            "location": "depot", "sku": "NAIL", "quantity": "-1", "bin": &staging,
            "reason": "bent",
        });
        let before = shop.rows();
        let refused = adjust::adjust(&shop.app, &shop.call(), &read(broken));
        assert_eq!(code(refused), Code::AbovePicked);
        let line = json!({ "sku": "NAIL", "quantity": "1", "bin": &staging });
        let away = json!({ "from": "depot", "to": "york", "lines": [line] });
        let refused = transfer::ship(&shop.app, &shop.call(), &read(away));
        assert_eq!(code(refused), Code::AbovePicked);
        assert_eq!(shop.rows(), before);
        let opened =
            count::open(&shop.app, &shop.call(), &read(json!({ "location": "depot" }))).unwrap();
        let seen: Vec<_> = read(json!([{ "sku": "NAIL", "quantity": "1", "bin": &staging }]));
        count::record(&shop.app, &shop.call(), opened.id, &seen).unwrap();
        count::finish(&shop.app, &shop.call(), opened.id).unwrap();
        assert_eq!(shop.exceptions()[0].kind, "count_conflict");
        assert_eq!(shop.stands(placed.id), (2, 0), "the order can still be shipped");
    }
}

#[test]
fn goods_at_the_till_are_handed_over_whoever_claims_them() {
    for shop in Shop::each() {
        shop.buy("leeds", "NAIL", "5", "1.00");
        let web = shop.place("web", "NAIL", "4", 0);
        let mut sale = order("till", &[("NAIL", "7")]);
        sale.deliveries = read(json!({ "method": "take_away", "location": "leeds" }));
        let sold = place(&shop.app, &shop.call(), &sale).unwrap();
        assert_eq!(sold.lines[0].quantities.backordered.get(), 0);
        assert_eq!(shop.stands(web.id), (0, 4), "what the web was promised is gone");
        let kinds: Vec<String> = shop.exceptions().into_iter().map(|one| one.kind).collect();
        assert_eq!(kinds, ["displaced", "found"]);
        let asked = shop.app.store.read(|tx| tasks::waiting(tx, "count", 9)).unwrap();
        assert_eq!(asked.len(), 1, "somebody has to count what was on nobody's record");
        // Two came from nowhere, worth what the others are.
        assert_eq!(shop.level("NAIL", "leeds").held.get(), 7);
        assert_eq!(shop.level("NAIL", "leeds").value, 700);
        let new = read(json!({ "location": "leeds" }));
        let opened = count::open(&shop.app, &shop.call(), &new).unwrap();
        let seen: Vec<_> = read(json!([{ "sku": "NAIL", "quantity": "7" }]));
        count::record(&shop.app, &shop.call(), opened.id, &seen).unwrap();
        count::finish(&shop.app, &shop.call(), opened.id).unwrap();
        let asked = shop.app.store.read(|tx| tasks::waiting(tx, "count", 9)).unwrap();
        assert_eq!(asked, [], "the count was made");
    }
}

#[test]
fn a_task_that_fails_is_tried_again_and_then_dead() {
    for shop in Shop::each() {
        let call = shop.call();
        let task = tasks::Task {
            id: call.ids().draw(),
            kind: backorders::FILL.into(),
            key: "nobody understands this".into(),
            payload: "{}".into(),
            attempts: 0,
            next_at: call.now,
            created_at: call.now,
        };
        shop.app.store.write(|tx| tasks::enqueue(tx, &task)).unwrap();
        let mut now = call.now;
        for attempt in 1..=8_u64 {
            let ran = orderly::ops::tasks::run_due(&shop.app, now, attempt).unwrap();
            assert_eq!((ran.done, ran.failed), (0, 1), "attempt {attempt}");
            let early = orderly::ops::tasks::run_due(&shop.app, now, attempt).unwrap();
            assert_eq!(early.failed, 0, "it waits before it is tried again");
            now = now.plus_micros(3_600_000_000);
        }
        let far = Instant::from_micros(i64::MAX / 2);
        let ran = orderly::ops::tasks::run_due(&shop.app, far, 99).unwrap();
        assert_eq!((ran.done, ran.failed), (0, 0), "a dead task rests");
    }
}
