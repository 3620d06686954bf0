//! A small business that adds up: goods received, sold, shipped, taken back, lost and returned.

use orderly::ops::orders::{change, place::place};
use orderly::ops::{books, events};
use orderly_core::books::{Account, Dimensions, Journal, JournalHead, JournalKind, Posting};
use orderly_core::id::{IdSource, OrderId};
use orderly_core::order::change::Change;
use orderly_core::order::goods::{AtHand, Levels, Shelf};
use orderly_core::order::ship::{NewParcel, Ship};
use orderly_core::order::work::At;
use orderly_core::order::{Decision, Order, OrderState, pack, pick, release, ship};
use orderly_core::qty::Qty;
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, LevelKey, Movement, MovementKind, Place, PlaceKind,
};
use orderly_core::{catalog, id};
use orderly_store::tables::{self, levels};
use orderly_store::{StoreError, Tx};
use serde_json::json;

use crate::fixture::{Shop, order, read};

/// The shop and the orders it has.
pub struct Base {
    pub shop: Shop,
    /// Shipped, delivered, paid, partly returned and refunded.
    pub sold: OrderId,
    /// Waits for paint.
    pub waiting: OrderId,
    /// Allocated, nothing done yet.
    pub open: OrderId,
    /// Shipped and taken back: packed again.
    pub voided: OrderId,
    /// Imported.
    pub history: OrderId,
}

impl Base {
    pub fn new(shop: Shop) -> Self {
        receive(&shop, "BOLT", 100, 533);
        receive(&shop, "NAIL", 300, 300);
        let sold = sell(&shop);
        let waiting = placed(&shop, "market", &[("PAINT", "5")]);
        let open = placed(&shop, "web", &[("BOLT", "4"), ("KIT-A", "2")]);
        let voided = placed(&shop, "web", &[("NAIL", "7")]);
        shipped(&shop, voided, "340123450000000021");
        void(&shop, voided);
        adjust(&shop);
        on_account(&shop);
        let history = import(&shop, open);
        events::sequence(&shop.app, "test", shop.call().now).unwrap();
        placed(&shop, "web", &[("NAIL", "1")]);
        Self { shop, sold, waiting, open, voided, history }
    }
}

fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

fn placed(shop: &Shop, channel: &str, lines: &[(&str, &str)]) -> OrderId {
    let call = shop.call();
    let key = format!("key-{}", call.seed);
    place(&shop.app, &call.with_key(key, b"once"), &order(channel, lines)).unwrap().id
}

/// Advice on an account: owed, and no goods.
fn on_account(shop: &Shop) {
    let new = orderly::ops::accounts::NewAccount {
        number: "T9".into(),
        name: "Field & Sons".into(),
        party: orderly_core::party::NewParty { name: "Field".into(), ..Default::default() },
        limit: Some("500".into()),
        ..Default::default()
    };
    orderly::ops::accounts::create_account(&shop.app, &shop.call(), &new).unwrap();
    let advice = read(json!({
        "channel": "phone", "account": "T9", "settlement": "account",
        "lines": [{ "sku": "CARE", "quantity": "1" }],
    }));
    place(&shop.app, &shop.call(), &advice).unwrap();
}

/// Places, ships and delivers an order, takes its money and takes two bolts back.
fn sell(shop: &Shop) -> OrderId {
    let tax = json!([{ "name": "VAT", "rate": "0.2", "included": true }]);
    let wanted = read(json!({
        "channel": "web",
        "external_id": "W-1",
        "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "lines": [
            { "sku": "BOLT", "quantity": "10", "tax": tax },
            { "sku": "KIT-B", "quantity": "2", "tax": tax },
        ],
        "charges": [{ "kind": "shipping", "amount": "4.95", "tax": tax }],
        "discounts": [{ "code": "SPRING", "amount": "0.50" }],
    }));
    let call = shop.call().with_key("W-1", b"W-1");
    let id = place(&shop.app, &call, &wanted).unwrap().id;
    shipped(shop, id, "340123450000000014");
    deliver(shop, id);
    pay(shop, id);
    take_back(shop, id);
    id
}

/// One step of an order.
fn step(
    shop: &Shop,
    id: OrderId,
    kind: &'static str,
    decide: impl Fn(&mut Tx<'_>, &Order, &mut IdSource) -> Result<Decision, orderly::Error>,
) -> Order {
    change(&shop.app, &shop.call(), kind, kind, id, decide).unwrap()
}

/// Releases, picks, packs and ships everything, in four steps.
fn shipped(shop: &Shop, id: OrderId, sscc: &str) {
    let now = shop.call().now;
    let at = At::plain(now);
    step(shop, id, "fulfillment.released", |_, order, ids| {
        Ok(release::release(order, order.fulfillments[0].id, &at, ids)?)
    });
    step(shop, id, "fulfillment.picked", |tx, order, ids| {
        let (location, catalog) = surroundings(tx, order)?;
        let mut hand = AtHand {
            location: &location,
            catalog: &catalog,
            shelves: shelves(order, &location),
            levels: Levels::new(levels::of_items(tx, &items(order))?),
            lots: std::collections::HashMap::new(),
        };
        Ok(pick::pick(order, order.fulfillments[0].id, &[], &mut hand, &at, ids)?)
    });
    step(shop, id, "fulfillment.packed", |tx, order, ids| {
        let (_, catalog) = surroundings(tx, order)?;
        Ok(pack::pack(order, order.fulfillments[0].id, &[], &catalog, &at, ids)?)
    });
    step(shop, id, "shipment.shipped", |tx, order, ids| {
        let mut levels = Levels::new(levels::of_items(tx, &items(order))?);
        let parcel = NewParcel { sscc: sscc.into(), weight_g: Some(500), tracking: None };
        let what = Ship { parcels: vec![parcel], ..Ship::default() };
        Ok(ship::ship(order, order.fulfillments[0].id, &what, &mut levels, &at, ids)?.0)
    });
}

fn items(order: &Order) -> Vec<id::ItemId> {
    order.lines.iter().filter_map(|line| line.item).collect()
}

fn surroundings(
    tx: &mut Tx<'_>,
    order: &Order,
) -> Result<(catalog::Location, catalog::Catalog), StoreError> {
    let location = tables::locations::by_code(tx, "depot")?.unwrap();
    Ok((location, tables::catalog::load_ids(tx, &items(order))?))
}

fn shelves(order: &Order, location: &catalog::Location) -> Vec<Shelf> {
    let shelf = |work: &orderly_core::order::Work| Shelf {
        item: work.item,
        lot: work.lot_class,
        bin: location.storage_bin,
        qty: qty(50),
    };
    order.work.iter().map(shelf).collect()
}

fn booked(tx: &mut Tx<'_>, order: &Order) -> Result<Vec<Movement>, StoreError> {
    let mut booked = Vec::new();
    for line in &order.shipment_lines {
        let (kind, id) = (CauseKind::ShipmentLine, line.id.as_bytes());
        let own = tables::units::movements_of_cause(tx, kind, id)?;
        booked.extend(own.into_iter().map(|posting| posting.movement));
    }
    Ok(booked)
}

fn deliver(shop: &Shop, id: OrderId) {
    let now = shop.call().now;
    step(shop, id, "shipment.delivered", |tx, order, ids| {
        let booked = booked(tx, order)?;
        let shipment = order.shipments[0].id;
        Ok(orderly_core::order::deliver::deliver(order, shipment, &[], &[], now, ids).or_else(
            |_| orderly_core::order::deliver::deliver(order, shipment, &[], &booked, now, ids),
        )?)
    });
}

fn void(shop: &Shop, id: OrderId) {
    let now = shop.call().now;
    step(shop, id, "shipment.voided", |tx, order, ids| {
        let booked = booked(tx, order)?;
        Ok(ship::void_shipment(order, order.shipments[0].id, &booked, now, ids)?)
    });
}

/// The rows of a payment of 8.00, captured for the order, of which 0.50 are refunded.
fn pay(shop: &Shop, id: OrderId) {
    let call = shop.call();
    step(shop, id, "order.paid", |tx, order, ids| {
        let payment: id::PaymentId = ids.draw();
        let [charged, refunded]: [id::TransactionId; 2] = [ids.draw(), ids.draw()];
        tx.exec(
            "INSERT INTO payment (id, legal_entity_id, provider, method, currency,
                 authorized_minor, authorize_pending_minor, captured_minor,
                 capture_pending_minor, voided_minor, refunded_minor, refund_pending_minor,
                 applied_minor, version, sequence, created_at)
             VALUES ($1, $2, 'manual', 'cash', 'GBP', 800, 0, 800, 0, 0, 50, 0, 800, 1, 1, $3)",
            &[&payment, &order.legal_entity, &call.now],
        )?;
        let asked: id::TransactionId = ids.draw();
        for (transaction, kind, amount) in
            [(asked, "authorize", 800_i64), (charged, "capture", 800), (refunded, "refund", 50)]
        {
            tx.exec(
                "INSERT INTO payment_transaction (id, payment_id, kind, amount_minor, state,
                     provider, created_at)
                 VALUES ($1, $2, $3, $4, 'done', 'manual', $5)",
                &[&transaction, &payment, &kind, &amount, &call.now],
            )?;
        }
        for (kind, amount) in [("authorized", 800_i64), ("captured", 800), ("refunded", 50)] {
            tx.exec(
                "INSERT INTO application (id, payment_id, target_kind, target_id, kind,
                     amount_minor, applied_at)
                 VALUES ($1, $2, 'order', $3, $4, $5, $6)",
                &[&ids.draw::<id::ApplicationId>(), &payment, &order.id, &kind, &amount, &call.now],
            )?;
        }
        for (transaction, amount) in [(charged, 800), (refunded, -50)] {
            money_moved(tx, &call, order, ids.draw(), (transaction, amount))?;
        }
        let mut after = order.clone();
        after.head.paid =
            orderly_core::order::Paid { authorized: 800, captured: 800, refunded: 50, used: 0 };
        Ok(Decision::only(after))
    });
}

/// The journal of money that came for an order, or went back.
fn money_moved(
    tx: &mut Tx<'_>,
    call: &orderly::Call,
    order: &Order,
    id: id::JournalId,
    (transaction, amount): (id::TransactionId, i64),
) -> Result<(), orderly::Error> {
    let own = books::books_of(tx, order.legal_entity)?;
    let head = JournalHead {
        id,
        legal_entity: order.legal_entity,
        kind: if amount > 0 { JournalKind::Capture } else { JournalKind::Refund },
        cause: Cause { kind: CauseKind::PaymentTransaction, id: transaction.as_bytes() },
        currency: own.currency,
        accounting_on: own.day(call.now),
        reverses: None,
    };
    let shared = Dimensions::of(order);
    let postings = vec![
        Posting::new(Account::Clearing, amount, shared),
        Posting::new(Account::CustomerDeposits, -amount, shared),
    ];
    books::post(tx, call, &[Journal::new(head, postings).unwrap()])
}

/// Two bolts come back, one is restocked and one waits; both are refunded.
fn take_back(shop: &Shop, id: OrderId) {
    let call = shop.call();
    step(shop, id, "order.return_received", |tx, order, ids| {
        let line = order.lines[0].clone();
        let [returned, return_line]: [[u8; 16]; 2] =
            [ids.draw::<id::ReturnId>().as_bytes(), ids.draw::<id::ReturnLineId>().as_bytes()];
        tx.exec(
            "INSERT INTO returns (id, number, order_id, channel_id, state, currency, history,
                 version, sequence, created_at)
             VALUES ($1, 'R-1', $2, $3, 'received', 'GBP', 0, 1, 1, $4)",
            &[&returned, &order.id, &order.channel, &call.now],
        )?;
        tx.exec(
            "INSERT INTO return_line (id, return_id, position, order_line_id, item_id,
                 description, lot_id, requested, received, awaiting_inspection, restocked,
                 quarantined, repaired, refurbished, scrapped, to_vendor, sent_back, refunded,
                 amount_minor, value_minor)
             VALUES ($1, $2, 1, $3, $4, 'Bolt', $5, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0, 2, 50, 10)",
            &[&return_line, &returned, &line.id, &line.item, &[0_u8; 16]],
        )?;
        let mut movements = Vec::new();
        let location = tables::locations::by_code(tx, "depot")?.unwrap();
        let bin = |condition| Place::bin(location.id, location.storage_bin, condition);
        let customer = Place::account(PlaceKind::Customer);
        let inspection = bin(Condition::AwaitingInspection);
        for (from, to, count, kind, path) in [
            ("customer", "awaiting_inspection", 2, MovementKind::Return, (customer, inspection)),
            (
                "awaiting_inspection",
                "restocked",
                1,
                MovementKind::Inspect,
                (inspection, bin(Condition::Sellable)),
            ),
        ] {
            let disposition = ids.draw::<id::DispositionId>().as_bytes();
            tx.exec(
                "INSERT INTO disposition (id, return_id, return_line_id, from_disposition,
                     to_disposition, qty, decided_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                &[&disposition, &returned, &return_line, &from, &to, &i64::from(count), &call.now],
            )?;
            let cause = Cause { kind: CauseKind::Disposition, id: disposition };
            let value = i64::from(count) * 5;
            movements.push(movement(
                ids,
                kind,
                line.item.unwrap(),
                path,
                (count, value),
                cause,
                &call,
            ));
        }
        refund(tx, order, line.id, return_line, ids, call.now)?;
        tables::events::record(tx, &[return_event(returned, ids, &call)])?;
        let mut after = order.clone();
        after.lines[0].quantities.returned = qty(2);
        after.lines[0].quantities.refunded = qty(2);
        Ok(Decision { order: after, movements, event: None })
    });
}

fn return_event(
    returned: [u8; 16],
    ids: &mut IdSource,
    call: &orderly::Call,
) -> tables::events::Event {
    tables::events::Event {
        stream_kind: "return".into(),
        stream: returned,
        sequence: 1,
        id: ids.draw(),
        kind: "return.received".into(),
        format: 1,
        at: call.now,
        recorded_at: call.now,
        actor_kind: call.actor.kind,
        actor: call.actor.id,
        reason: None,
        approved_by: None,
        changes: json!([{ "opened": true }]).to_string(),
    }
}

fn refund(
    tx: &mut Tx<'_>,
    order: &Order,
    line: id::LineId,
    return_line: [u8; 16],
    ids: &mut IdSource,
    now: orderly_core::time::Instant,
) -> Result<(), StoreError> {
    let refund: id::RefundId = ids.draw();
    tx.exec(
        "INSERT INTO refund (id, number, order_id, currency, amount_minor, settlement, state,
             reason, version, created_at)
         VALUES ($1, 'F-1', $2, 'GBP', 50, 'refund', 'settled', 'returned', 1, $3)",
        &[&refund, &order.id, &now],
    )?;
    tx.exec(
        "INSERT INTO refund_line (id, refund_id, order_line_id, return_line_id, cause, qty,
             goods_minor, tax_minor, amount_minor)
         VALUES ($1, $2, $3, $4, 'returned', 2, 42, 8, 50)",
        &[&ids.draw::<id::RefundId>(), &refund, &line, &return_line],
    )?;
    Ok(())
}

fn movement(
    ids: &mut IdSource,
    kind: MovementKind,
    item: id::ItemId,
    (from, to): (Place, Place),
    (count, value): (i32, i64),
    cause: Cause,
    call: &orderly::Call,
) -> Movement {
    Movement {
        id: ids.draw(),
        kind,
        item,
        lot: id::LotId::NONE,
        lot_class: id::LotId::NONE,
        from,
        to,
        qty: qty(i64::from(count)),
        value,
        cost_source: CostSource::Given,
        cause,
        reverses: None,
        reason: None,
        effective_at: call.now,
    }
}

/// Posts movements outside of an order, with their journals.
fn post(shop: &Shop, call: &orderly::Call, make: impl Fn(&mut Tx<'_>, &mut IdSource) -> Movement) {
    let posted = shop.app.store.write(|tx| {
        let mut ids = orderly::ops::orders::ids_after_audit(call);
        let movement = make(tx, &mut ids);
        orderly::ops::orders::post(tx, call, std::slice::from_ref(&movement), &[])?;
        let entity = tables::settings::entities(tx)?[0].id;
        books::of_movements(tx, call, entity, Dimensions::default(), &[movement])
    });
    posted.unwrap();
}

/// A receipt with one line, into the depot's storage bin.
fn receive(shop: &Shop, sku: &str, count: i32, value: i64) {
    let (call, item) = (shop.call(), shop.item(sku));
    post(shop, &call, |tx, ids| {
        let location = tables::locations::by_code(tx, "depot").unwrap().unwrap();
        let to = Place::bin(location.id, location.storage_bin, Condition::Sellable);
        let [receipt, line]: [[u8; 16]; 2] =
            [ids.draw::<id::ReceiptId>().as_bytes(), ids.draw::<id::ReceiptLineId>().as_bytes()];
        tx.exec(
            "INSERT INTO receipt (id, number, kind, location_id, currency, received_at)
             VALUES ($1, $2, 'other', $3, 'GBP', $4)",
            &[&receipt, &sku, &location.id, &call.now],
        )
        .unwrap();
        tx.exec(
            "INSERT INTO receipt_line (id, receipt_id, position, item_id, lot_id, place_id, qty,
                 value_minor)
             VALUES ($1, $2, 1, $3, $4, $5, $6, $7)",
            &[&line, &receipt, &item, &[0_u8; 16], &to.id(), &i64::from(count), &value],
        )
        .unwrap();
        let cause = Cause { kind: CauseKind::ReceiptLine, id: line };
        let path = (Place::account(PlaceKind::Supplier), to);
        movement(ids, MovementKind::Receive, item, path, (count, value), cause, &call)
    });
}

/// One nail is missing.
fn adjust(shop: &Shop) {
    let (call, item) = (shop.call(), shop.item("NAIL"));
    post(shop, &call, |tx, ids| {
        let location = tables::locations::by_code(tx, "depot").unwrap().unwrap();
        let from = Place::bin(location.id, location.storage_bin, Condition::Sellable);
        let adjustment = ids.draw::<id::MovementId>().as_bytes();
        tx.exec(
            "INSERT INTO adjustment (id, location_id, item_id, lot_id, place_id, delta, reason,
                 adjusted_at)
             VALUES ($1, $2, $3, $4, $5, -1, 'missing', $6)",
            &[&adjustment, &location.id, &item, &[0_u8; 16], &from.id(), &call.now],
        )
        .unwrap();
        let cause = Cause { kind: CauseKind::Adjustment, id: adjustment };
        let path = (from, Place::account(PlaceKind::Lost));
        movement(ids, MovementKind::Adjust, item, path, (1, 1), cause, &call)
    });
}

/// An order from before: everything went out, and touched nothing.
fn import(shop: &Shop, like: OrderId) -> OrderId {
    let (call, item) = (shop.call(), shop.item("BOLT"));
    let old = orderly::ops::orders::get(&shop.app, like).unwrap().unwrap();
    let written = shop.app.store.write(|tx| {
        let mut ids = call.ids();
        let mut order = Order {
            id: ids.draw(),
            number: "H-1".into(),
            external_id: Some("H-1".into()),
            version: 1,
            sequence: 1,
            history: true,
            updated_at: call.now,
            fulfillments: Vec::new(),
            work: Vec::new(),
            backorders: Vec::new(),
            ..old.clone()
        };
        order.head.state = OrderState::Closed;
        order.deliveries[0].id = ids.draw();
        order.lines.truncate(1);
        let line = &mut order.lines[0];
        (line.id, line.delivery) = (ids.draw(), order.deliveries[0].id);
        line.quantities.allocated = Qty::ZERO;
        line.quantities.shipped = line.quantities.ordered;
        line.quantities.delivered = line.quantities.ordered;
        order.head.totals = orderly_core::order::price::totals(&order)?;
        tables::orders::insert(tx, &[&order])?;
        let happened = events::Happened {
            stream_kind: "order",
            stream: order.id.as_bytes(),
            sequence: 1,
            kind: "order.imported",
            at: call.now,
        };
        let event =
            events::event(&call, &mut ids, happened, &[Change::Placed(Box::new(order.clone()))]);
        tables::events::record(tx, &[event])?;
        let cause = Cause { kind: CauseKind::ImportRow, id: [7; 16] };
        let path = (Place::account(PlaceKind::History), Place::account(PlaceKind::Customer));
        let moved = movement(&mut ids, MovementKind::History, item, path, (4, 0), cause, &call);
        orderly::ops::orders::post(tx, &call, &[moved], &[])?;
        Ok::<_, orderly::Error>(order.id)
    });
    written.unwrap()
}

/// The level that the corruptions are about.
pub fn bolts(base: &Base) -> LevelKey {
    let (item, location) = (base.shop.item("BOLT"), base.shop.location("depot"));
    LevelKey { item, location, lot_class: id::LotId::NONE }
}
