//! Orders with their claims and events, numbers, keys, audit, exceptions and exports.

use orderly_core::actor::ActorKind;
use orderly_core::catalog::{Channel, ChannelKind, WhenShort};
use orderly_core::id::*;
use orderly_core::money::Currency;
use orderly_core::order::build::{NewDelivery, NewLine, NewOrder, build};
use orderly_core::order::{Backorder, LineKind, Method, Order, Rounding, Settlement, Work};
use orderly_core::order::{Fulfillment, FulfillmentState, Shipment, ShipmentState};
use orderly_core::qty::Qty;
use orderly_core::time::Instant;
use orderly_store::tables::audit::{self, Entry};
use orderly_store::tables::events::{self, Event, Position};
use orderly_store::tables::exceptions::{self, Exception};
use orderly_store::tables::exports::{self, Export, Range};
use orderly_store::tables::idempotency::{self, Answer, Outcome};
use orderly_store::tables::{channels, claims, numbers, orders};
use orderly_store::{Store, StoreError, Tx};

use crate::TestDb;

fn at(second: i64) -> Instant {
    Instant::from_micros(1_772_438_400_000_000 + second * 1_000_000)
}

fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

fn on_each(test: impl Fn(&mut Tx<'_>) -> Result<(), StoreError>) {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        store.write(|tx| test(tx)).unwrap();
    }
}

fn channel() -> Channel {
    Channel {
        id: ChannelId::from_bytes([1; 16]),
        code: "web".into(),
        name: "Web".into(),
        kind: ChannelKind::Web,
        when_short: WhenShort::Refuse,
        rounding: Rounding::Line,
        currency: Currency::parse("EUR").unwrap(),
        legal_entity: LegalEntityId::from_bytes([1; 16]),
        location: None,
        priority: 0,
        active: true,
        version: 1,
    }
}

/// An order of one text line, with claims put on it by hand.
pub fn sample(number: u8) -> Order {
    let mut ids = IdSource::new(at(i64::from(number)), u64::from(number));
    let line =
        NewLine { description: Some("Boards".into()), quantity: "5".into(), ..NewLine::default() };
    let delivery = NewDelivery {
        reference: "a".into(),
        method: Method::Parcel,
        ship_to: None,
        contact: None,
        location: None,
        required_on: None,
        ship_by_on: None,
        due_on_delivery: None,
        promise: None,
    };
    let new = NewOrder {
        invoicing: orderly_core::order::Invoicing::default(),
        number: format!("{number}"),
        external_id: Some(format!("EXT-{number}")),
        content_hash: [number; 16],
        currency: None,
        settlement: Settlement::Payment,
        customer: None,
        account: None,
        site: None,
        ordered_by: None,
        bill_to: None,
        reference: None,
        priority: None,
        placed_at: at(i64::from(number)),
        deliveries: vec![delivery],
        lines: vec![line],
        discounts: vec![],
        charges: vec![],
    };
    let catalog = orderly_core::catalog::Catalog::default();
    let mut order = build(&new, &channel(), &catalog, &mut ids, at(i64::from(number))).unwrap();
    let (item, location) = (ItemId::from_bytes([7; 16]), LocationId::from_bytes([8; 16]));
    let line = &mut order.lines[0];
    line.kind = LineKind::Stock;
    line.item = Some(item);
    line.quantities.unallocated = Qty::ZERO;
    line.quantities.allocated = qty(3);
    line.quantities.backordered = qty(2);
    let (line, delivery) = (line.id, order.deliveries[0].id);
    let state = FulfillmentState::Open;
    let fulfillment: FulfillmentId = ids.draw();
    order.fulfillments =
        vec![Fulfillment { id: fulfillment, delivery, location, state, created_at: at(1) }];
    order.work = vec![Work {
        claim: ids.draw(),
        fulfillment,
        line,
        item,
        lot_class: LotId::NONE,
        takes: qty(3),
        qty: qty(3),
        released: Qty::ZERO,
        picked: Qty::ZERO,
        packed: Qty::ZERO,
        shipped: Qty::ZERO,
        cut: None,
        picks: vec![],
    }];
    let claim = ids.draw();
    let lot_class = LotId::NONE;
    order.backorders =
        vec![Backorder { claim, line, item, location, lot_class, qty: qty(2), since: at(2) }];
    order
}

/// Two orders of five pieces of one item for 10.00 each.
pub fn two_orders(tx: &mut Tx<'_>) -> Result<(OrderId, OrderId), StoreError> {
    let priced = |number| {
        let mut order = sample(number);
        let line = &mut order.lines[0];
        line.item = Some(ItemId::from_bytes([4; 16]));
        (line.amounts.gross, order.head.totals.lines) = (1_000, 1_000);
        order.head.totals.total = 1_000;
        order
    };
    let (first, second) = (priced(1), priced(2));
    orders::insert(tx, &[&first, &second])?;
    Ok((first.id, second.id))
}

#[test]
fn many_orders_are_read_whole_and_saved_by_what_is_invoiced() {
    on_each(|tx| {
        let ids = some(tx, 3)?;
        let all = orders::get_many(tx, &[ids[2], ids[0], ids[2]])?;
        assert_eq!(all.len(), 2, "by id, each once");
        assert_eq!(all[0].id, ids[0]);
        let mut after = all[0].clone();
        (after.version, after.sequence) = (2, 2);
        after.lines[0].quantities.invoiced = qty(3);
        after.head.paid.used = 7;
        assert!(orders::save_invoiced(tx, &[(&all[0], &after)])?);
        assert!(!orders::save_invoiced(tx, &[(&all[0], &after)])?, "it has another version");
        let kept = orders::get_many(tx, &ids[..1])?;
        assert_eq!(kept[0].lines[0].quantities.invoiced, qty(3));
        assert_eq!((kept[0].version, kept[0].head.paid.used), (2, 7));
        Ok(())
    });
}

/// Some orders that are stored, by id.
pub fn some(tx: &mut Tx<'_>, count: u8) -> Result<Vec<OrderId>, StoreError> {
    let all: Vec<Order> = (1..=count).map(sample).collect();
    orders::insert(tx, &all.iter().collect::<Vec<_>>())?;
    let mut ids: Vec<OrderId> = all.iter().map(|order| order.id).collect();
    ids.sort();
    Ok(ids)
}

#[test]
fn an_order_is_read_as_it_was_written_and_saved_by_what_changed() {
    on_each(|tx| {
        let (one, two) = (sample(1), sample(2));
        assert_eq!(orders::insert(tx, &[&one, &two])?, 2);
        claims::insert(tx, &[&one, &two])?;
        assert_eq!(orders::insert(tx, &[&one])?, 0, "its number is taken");
        assert_eq!(orders::get(tx, one.id, true)?, Some(one.clone()));
        assert_eq!(orders::get(tx, OrderId::NONE, false)?, None);
        assert_eq!(orders::by_number(tx, "1")?, Some(one.id));
        assert_eq!(orders::by_external(tx, one.channel, "EXT-2")?, Some((two.id, [2; 16])));
        let asked = [(one.channel, "EXT-2"), (one.channel, "EXT-9")];
        let known = ((one.channel, "EXT-2".to_owned()), (two.id, [2; 16]));
        assert_eq!(orders::by_externals(tx, &asked)?, [known]);
        let nobody = AccountId::from_bytes([9; 16]);
        assert_eq!(orders::open_on_account(tx, nobody)?, None);
        assert_eq!(orders::of_account(tx, nobody, OrderId::NONE, 9)?, []);
        let mut after = one.clone();
        (after.version, after.sequence) = (2, 2);
        let shipment = Shipment {
            id: ShipmentId::from_bytes([5; 16]),
            fulfillment: after.fulfillments[0].id,
            delivery: after.deliveries[0].id,
            location: after.fulfillments[0].location,
            state: ShipmentState::Shipped,
            carrier: None,
            service: None,
            tracking: Some("TRACK-1".into()),
            shipped_at: at(9),
            collected_by: None,
        };
        after.shipments = vec![shipment];
        after.backorders.clear();
        after.lines[0].quantities.backordered = Qty::ZERO;
        after.lines[0].quantities.unallocated = qty(2);
        assert!(orders::save(tx, &one, &after)?);
        claims::save(tx, &one, &after)?;
        assert_eq!(orders::get(tx, one.id, false)?, Some(after.clone()));
        assert!(!orders::save(tx, &one, &after)?, "somebody else saved it");
        assert_eq!(orders::by_tracking(tx, "TRACK-1")?, vec![one.id]);
        let mut seen = Vec::new();
        orders::for_each_id(tx, |id| {
            seen.push(id);
            Ok(())
        })?;
        assert_eq!(seen, [one.id, two.id]);
        orders::explain(tx, &[(one.id, at(1), "[]".into())])?;
        orders::explain(tx, &[(one.id, at(2), "[1]".into())])?;
        assert_eq!(orders::explanation(tx, one.id)?.as_deref(), Some("[1]"));
        Ok(())
    });
}

#[test]
fn claims_are_served_by_priority_then_age_and_given_up_the_other_way_round() {
    on_each(|tx| {
        let (one, mut two) = (sample(1), sample(2));
        two.head.priority = 5;
        orders::insert(tx, &[&one, &two])?;
        claims::insert(tx, &[&one, &two])?;
        let (item, location) = (one.work[0].item, one.fulfillments[0].location);
        let waiting = claims::backordered(tx, item, location, 10)?;
        assert_eq!(waiting.iter().map(|one| one.order).collect::<Vec<_>>(), [two.id, one.id]);
        let allocated = claims::allocated(tx, item, location, 10)?;
        assert_eq!(allocated.iter().map(|one| one.order).collect::<Vec<_>>(), [one.id, two.id]);
        assert_eq!(allocated[0].claim.qty, qty(3));
        Ok(())
    });
}

fn event(sequence: i64) -> Event {
    Event {
        stream_kind: "order".into(),
        stream: [1; 16],
        sequence,
        id: EventId::from_bytes([u8::try_from(sequence).unwrap(); 16]),
        kind: "order.placed".into(),
        format: 1,
        at: at(sequence),
        recorded_at: at(sequence),
        actor_kind: ActorKind::Owner,
        actor: UserId::NONE,
        reason: None,
        approved_by: None,
        changes: "[]".into(),
    }
}

#[test]
fn events_wait_are_published_and_read_by_position() {
    on_each(|tx| {
        events::record(tx, &[event(1), event(2)])?;
        assert_eq!(events::count_waiting(tx)?, 2);
        assert_eq!(events::of_stream(tx, [1; 16], 1)?, [event(1)]);
        let both = events::of_streams(tx, &[[9; 16], [1; 16]])?;
        assert_eq!(both, events::of_stream(tx, [1; 16], i64::MAX)?);
        assert_eq!(events::waiting(tx, 10)?, [event(1), event(2)]);
        assert_eq!(events::last(tx)?, None);
        let place = |position| Position {
            position,
            stream: [1; 16],
            sequence: position,
            hash: vec![3; 32],
        };
        events::publish(tx, &[place(1), place(2)])?;
        assert_eq!(events::count_waiting(tx)?, 0);
        assert_eq!(events::last(tx)?, Some(place(2)));
        assert_eq!(events::after(tx, 1, 10)?, [(place(2), event(2))]);
        assert_eq!(events::stream_after(tx, [1; 16], 1, 10)?, [(place(2), event(2))]);
        assert_eq!(events::stream_after(tx, [9; 16], 0, 10)?, []);
        assert_eq!(events::fed(tx, [1; 16], 1)?, Some((place(1), event(1))));
        assert_eq!(events::fed(tx, [1; 16], 3)?, None);
        Ok(())
    });
}

#[test]
fn a_lease_has_one_owner_and_a_fence() {
    on_each(|tx| {
        assert_eq!(events::lease(tx, "job", "a", at(0), at(10))?, Some(1));
        assert_eq!(events::lease(tx, "job", "b", at(5), at(15))?, None, "it is held");
        assert_eq!(events::lease(tx, "job", "a", at(5), at(15))?, Some(1), "renewed");
        assert_eq!(events::lease(tx, "job", "b", at(15), at(25))?, Some(2), "it ran out");
        assert!(!events::holds(tx, "job", "a", 1)?);
        assert!(events::holds(tx, "job", "b", 2)?);
        Ok(())
    });
}

#[test]
fn keys_audit_exceptions_and_numbers_are_kept() {
    on_each(|tx| {
        let done = Outcome {
            source: "cli".into(),
            key: "k".into(),
            verb: "order.place".into(),
            request_hash: [4; 16],
            result: Answer::Done { kind: "order".into(), id: [5; 16], sequence: 1 },
            created_at: at(1),
        };
        assert_eq!(idempotency::insert(tx, std::slice::from_ref(&done))?, 1);
        assert_eq!(idempotency::insert(tx, std::slice::from_ref(&done))?, 0, "answered before");
        let asked = [("cli", "k"), ("cli", "other"), ("api", "k")];
        assert_eq!(idempotency::get_many(tx, &asked)?, std::slice::from_ref(&done));
        assert_eq!(idempotency::get(tx, "cli", "k")?, Some(done));
        assert_eq!(idempotency::get(tx, "api", "k")?, None);
        let entry = Entry {
            id: AuditId::from_bytes([6; 16]),
            at: at(1),
            actor_kind: ActorKind::Owner,
            actor: UserId::NONE,
            verb: "order.place".into(),
            object_kind: None,
            object: None,
            key: None,
            refused: Some("insufficient_stock".into()),
            reason: None,
            approved_by: None,
            detail: None,
        };
        audit::insert(tx, std::slice::from_ref(&entry))?;
        assert_eq!(audit::list(tx, AuditId::from_bytes([9; 16]), 10)?, [entry]);
        let raised = Exception {
            id: [7; 16],
            kind: "oversold".into(),
            item: None,
            location: None,
            order: None,
            line: None,
            qty: Some(3),
            detail: "sold without stock".into(),
            raised_at: at(1),
            settled_at: None,
        };
        exceptions::insert(tx, std::slice::from_ref(&raised))?;
        assert_eq!(exceptions::open(tx, 10)?, std::slice::from_ref(&raised));
        assert_eq!(exceptions::get(tx, [7; 16])?, Some(raised));
        assert_eq!(exceptions::get(tx, [8; 16])?, None);
        assert!(exceptions::settle(tx, [7; 16], at(2))?);
        assert!(!exceptions::settle(tx, [7; 16], at(3))?);
        assert_eq!(exceptions::open(tx, 10)?, []);
        let entity = LegalEntityId::from_bytes([1; 16]);
        assert_eq!(numbers::take(tx, entity, "order", 100, 10)?, 100);
        assert_eq!(numbers::take(tx, entity, "order", 100, 1)?, 110);
        assert_eq!(numbers::take(tx, entity, "invoice", 1, 1)?, 1);
        Ok(())
    });
}

#[test]
fn every_export_can_be_read() {
    on_each(|tx| {
        channels::insert(tx, &channel())?;
        orders::insert(tx, &[&sample(1)])?;
        let all = [
            (Export::Orders, 1),
            (Export::Lines, 1),
            (Export::Items, 0),
            (Export::Stock, 0),
            (Export::Events, 0),
            (Export::Journals(Range::default()), 0),
            (Export::Invoices(Range::default()), 0),
        ];
        for (export, expected) in all {
            let mut rows = 0;
            exports::for_each(tx, export, |_| {
                rows += 1;
                Ok(())
            })?;
            assert_eq!(rows, expected, "{export:?}");
        }
        Ok(())
    });
}
