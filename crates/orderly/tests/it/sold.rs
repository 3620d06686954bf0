//! Orders that are paid and in the customer's hands, and what the books say of them.

use std::collections::HashMap;

use orderly::ops::orders::{apply, ids_after_audit, load};
use orderly::ops::payments::{self, PaymentIn};
use orderly::{Error, ops};
use orderly_core::books::Account;
use orderly_core::id::OrderId;
use orderly_core::order::Order;
use orderly_core::order::goods::{AtHand, Levels, Shelf};
use orderly_core::order::work::At;
use orderly_core::payment::Payment;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, Movement, MovementKind, Place, PlaceKind,
};
use orderly_store::tables;
use orderly_store::tables::units::Recorded;
use serde_json::{Value, json};

use crate::fixture::{Shop, read};

/// The refusal of a command that must be refused.
pub fn refused<T>(result: Result<T, Error>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        Err(error) => panic!("not a refusal: {error}"),
        Ok(_) => panic!("it was done"),
    }
}

pub fn code<T>(result: Result<T, Error>) -> Code {
    refused(result).code()
}

/// What the refusal says is allowed.
pub fn allowed<T>(result: Result<T, Error>) -> String {
    refused(result).issues[0].allowed.clone().unwrap_or_default()
}

impl Shop {
    /// Places an order of the till at leeds, with 20 % tax included and 5.00 for carrying.
    pub fn ordered(&self, lines: &[(&str, &str)]) -> Order {
        let line = |(sku, quantity): &(&str, &str)| {
            json!({ "sku": sku, "quantity": quantity,
                    "tax": [{ "name": "VAT", "rate": "0.2", "included": true }] })
        };
        let lines: Vec<Value> = lines.iter().map(line).collect();
        let order = read(json!({
            "channel": "till",
            "customer": { "email": "ann@example.com", "name": "Ann Field" },
            "deliveries": [{ "ref": "1", "method": "take_away", "location": "leeds" }],
            "lines": lines,
            "charges": [{ "kind": "carrying", "amount": "5.00" }],
        }));
        ops::orders::place::place(&self.app, &self.call(), &order).unwrap()
    }

    /// Takes the whole total at the till.
    pub fn paid(&self, order: &Order) -> Payment {
        let new = PaymentIn {
            order: Some(order.id),
            provider: Some("cash".into()),
            method: "cash".into(),
            ..PaymentIn::default()
        };
        payments::take(&self.app, &self.call(), &new).unwrap()
    }

    /// Hands everything over.
    pub fn handed_over(&self, id: OrderId) -> Order {
        let call = self.call();
        self.app
            .store
            .write(|tx| {
                let before = load(tx, id)?;
                let own = before.fulfillments[0].clone();
                let location = tables::locations::get(tx, own.location)?.unwrap();
                let items: Vec<_> = before.lines.iter().filter_map(|line| line.item).collect();
                let catalog = tables::catalog::load_ids(tx, &items)?;
                let mut shelves = Vec::new();
                for item in &items {
                    for held in tables::units::holdings_of(tx, *item, own.location)? {
                        shelves.push(Shelf {
                            item: *item,
                            lot: held.lot,
                            bin: held.place.bin,
                            qty: held.qty,
                        });
                    }
                }
                let levels = Levels::new(tables::levels::of_items(tx, &items)?);
                let mut hand = AtHand {
                    location: &location,
                    catalog: &catalog,
                    shelves,
                    levels,
                    lots: HashMap::new(),
                };
                let mut ids = ids_after_audit(&call);
                let at = At::plain(call.now);
                let (decision, _) = orderly_core::order::hand_over::hand_over(
                    &before,
                    own.id,
                    &[],
                    &mut hand,
                    &at,
                    &mut ids,
                )?;
                apply(tx, &call, &mut ids, &before, decision, "fulfillment.handed_over")
            })
            .unwrap()
    }

    /// Opening stock that is worth something, with its journal.
    pub fn worth(&self, sku: &str, location: &str, qty: i64, value: i64) {
        let (call, item) = (self.call(), self.item(sku));
        let done: Result<(), Error> = self.app.store.write(|tx| {
            let place = tables::locations::by_code(tx, location)?.unwrap();
            let mut ids = call.ids();
            let movement = Movement {
                id: ids.draw(),
                kind: MovementKind::Receive,
                item,
                lot: orderly_core::id::LotId::NONE,
                lot_class: orderly_core::id::LotId::NONE,
                from: Place::account(PlaceKind::Opening),
                to: Place::bin(place.id, place.storage_bin, Condition::Sellable),
                qty: orderly_core::qty::Qty::new(qty).unwrap(),
                value,
                cost_source: CostSource::Given,
                cause: Cause { kind: CauseKind::Adjustment, id: ids.draw() },
                reverses: None,
                reason: None,
                effective_at: call.now,
            };
            let by = Recorded {
                actor_kind: call.actor.kind,
                actor: call.actor.id,
                recorded_at: call.now,
            };
            let movements = [movement];
            tables::units::post(tx, &movements, &[], &by)?;
            let shared = orderly_core::books::Dimensions::default();
            ops::books::of_movements(tx, &call, place.legal_entity, shared, &movements)
        });
        done.unwrap();
    }

    /// A sold, paid order that the customer holds.
    pub fn sold(&self, lines: &[(&str, &str)]) -> Order {
        let order = self.ordered(lines);
        self.paid(&order);
        self.handed_over(order.id)
    }

    pub fn order(&self, id: OrderId) -> Order {
        ops::orders::get(&self.app, id).unwrap().unwrap()
    }

    /// The balance of an account, in minor units; debits positive.
    pub fn booked(&self, account: Account) -> i64 {
        let read = |tx: &mut orderly_store::Tx<'_>| {
            tables::books::balance_of(tx, account, None).map_err(Error::from)
        };
        self.app.store.read(read).unwrap()
    }

    /// Runs a command that must be refused and change no row of any table but the key's answer
    /// and the audit.
    pub fn unchanged<T>(&self, run: impl FnOnce() -> Result<T, Error>) -> Refusal {
        crate::proof::changes_nothing(&self.app, || refused(run()))
    }

    /// Everything recomputed from rows agrees, and the events of what hangs from the order fold
    /// to what is stored.
    pub fn verified(&self, id: OrderId) {
        let report = orderly::verify::run(&self.app, &orderly::verify::Options::default()).unwrap();
        assert!(report.clean, "{report}");
        let checked: Result<(), Error> = self.app.store.read(|tx| {
            let stored = tables::orders::get(tx, id, false)?.unwrap();
            assert_eq!(ops::orders::folded(tx, id, i64::MAX)?.unwrap(), stored);
            for payment in tables::payments::of_order(tx, id)? {
                let stored = tables::payments::get(tx, payment, false)?.unwrap();
                assert_eq!(payments::folded(tx, payment, i64::MAX)?.unwrap(), stored);
            }
            for returned in tables::returns::of_order(tx, id)? {
                let stored = tables::returns::get(tx, returned, false)?.unwrap();
                assert_eq!(ops::returns::folded(tx, returned, i64::MAX)?.unwrap(), stored);
            }
            Ok(())
        });
        checked.unwrap();
    }
}
