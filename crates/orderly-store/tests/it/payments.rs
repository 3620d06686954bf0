//! Payments with their transactions and applications on both engines.

use std::thread;

use orderly_core::id::*;
use orderly_core::payment::{
    Amounts, Application, ApplicationKind, Payment, TargetKind, Transaction, TransactionKind,
    TransactionState,
};
use orderly_store::tables::payments;
use orderly_store::{Store, StoreError};

use crate::TestDb;
use crate::returns::{ORDER, at, euro};

/// A payment with one open authorization, whose ids all follow from `number`.
fn sample(number: u8) -> Payment {
    Payment {
        id: PaymentId::from_bytes([number; 16]),
        legal_entity: LegalEntityId::from_bytes([1; 16]),
        customer: Some(CustomerId::from_bytes([2; 16])),
        account: None,
        channel: Some(ChannelId::from_bytes([3; 16])),
        provider: "acme".into(),
        method: "card".into(),
        reference: Some(format!("pi_{number}")),
        currency: euro(),
        version: 1,
        sequence: 1,
        created_at: at(i64::from(number)),
        amounts: Amounts { authorize_pending: 500, ..Amounts::default() },
        transactions: vec![transaction(number, TransactionKind::Authorize)],
        applications: vec![],
    }
}

fn transaction(number: u8, kind: TransactionKind) -> Transaction {
    Transaction {
        id: TransactionId::from_bytes([number; 16]),
        kind,
        amount: 500,
        state: TransactionState::Pending,
        provider_reference: None,
        order: Some(ORDER),
        refund: None,
        rounding: 0,
        tendered: None,
        created_at: at(i64::from(number)),
        settled_at: None,
    }
}

/// The same after the provider said yes, with what it pays.
fn settled(before: &Payment) -> Payment {
    let mut after = before.clone();
    after.amounts = Amounts { authorized: 500, ..Amounts::default() };
    (after.version, after.sequence) = (2, 2);
    let one = &mut after.transactions[0];
    one.state = TransactionState::Done;
    one.provider_reference = Some(format!("auth-{}", before.created_at));
    one.settled_at = Some(at(50));
    after.applications.push(Application {
        id: ApplicationId::from_bytes([before.id.as_bytes()[0]; 16]),
        target_kind: TargetKind::Order,
        target: ORDER.as_bytes(),
        kind: ApplicationKind::Authorized,
        amount: 500,
        applied_at: at(50),
    });
    after
}

#[test]
fn a_payment_is_read_back_as_it_was_saved() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let before = sample(1);
        let after = settled(&before);
        let saved: Result<(), StoreError> = store.write(|tx| {
            assert!(payments::insert(tx, &before)?);
            assert_eq!(payments::get(tx, before.id, true)?, Some(before.clone()));
            assert!(payments::save(tx, &before, &after)?);
            assert!(!payments::save(tx, &before, &after)?, "somebody else saved it");
            Ok(())
        });
        saved.unwrap();
        let read = store.read(|tx| payments::get(tx, before.id, false)).unwrap();
        assert_eq!(read, Some(after.clone()));
        let mut more = after.clone();
        (more.version, more.sequence) = (3, 3);
        more.amounts.capture_pending = 100;
        more.transactions
            .push(Transaction { amount: 100, ..transaction(7, TransactionKind::Capture) });
        assert!(store.write(|tx| payments::save(tx, &after, &more)).unwrap());
        assert_eq!(store.read(|tx| payments::get(tx, more.id, false)).unwrap(), Some(more));
    }
}

#[test]
fn a_reference_of_a_provider_names_one_payment_and_one_transaction() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let (first, mut second) = (sample(1), sample(2));
        second.reference.clone_from(&first.reference);
        assert!(store.write(|tx| payments::insert(tx, &first)).unwrap());
        assert!(!store.write(|tx| payments::insert(tx, &second)).unwrap());
        let after = settled(&first);
        assert!(store.write(|tx| payments::save(tx, &first, &after)).unwrap());
        let reference = after.transactions[0].provider_reference.clone().unwrap();
        let found: Result<(), StoreError> = store.read(|tx| {
            assert_eq!(payments::by_reference(tx, "acme", "pi_1")?, Some(first.id));
            assert_eq!(payments::by_reference(tx, "other", "pi_1")?, None);
            let known = payments::by_provider_reference(tx, "acme", &reference)?;
            assert_eq!(known, Some((first.id, first.transactions[0].id)));
            assert_eq!(payments::by_provider_reference(tx, "acme", "auth")?, None);
            Ok(())
        });
        found.unwrap();
        let other = sample(3);
        let mut same = settled(&other);
        same.transactions[0].provider_reference = Some(reference);
        store.write(|tx| payments::insert(tx, &other)).unwrap();
        let twice = store.write(|tx| payments::save(tx, &other, &same));
        assert!(matches!(twice, Err(StoreError::Constraint(_))), "{twice:?}");
    }
}

#[test]
fn the_schema_refuses_amounts_that_break_an_identity() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let wrong = [
            Amounts { authorized: 10, captured: 11, ..Amounts::default() },
            Amounts { authorized: 10, capture_pending: 6, voided: 5, ..Amounts::default() },
            Amounts {
                authorized: 9,
                captured: 9,
                refunded: 5,
                refund_pending: 5,
                ..Amounts::default()
            },
            Amounts { authorized: -1, ..Amounts::default() },
        ];
        for amounts in wrong {
            assert!(amounts.broken().is_some(), "{amounts:?}");
            let payment = Payment { amounts, ..sample(1) };
            let result = store.write(|tx| payments::insert(tx, &payment));
            assert!(matches!(result, Err(StoreError::Constraint(_))), "{amounts:?}");
        }
    }
}

#[test]
fn payments_are_found_by_order_and_listed() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let (one, mut two, three) = (sample(1), sample(2), sample(3));
        two.transactions[0].order = None;
        let found: Result<(), StoreError> = store.write(|tx| {
            for payment in [&one, &two, &three] {
                assert!(payments::insert(tx, payment)?);
            }
            payments::save(tx, &three, &settled(&three))?;
            assert_eq!(payments::of_order(tx, ORDER)?, [one.id, three.id]);
            let other = OrderId::from_bytes([7; 16]);
            assert_eq!(payments::of_order(tx, other)?, []);
            assert_eq!(payments::paid(tx, &[other, ORDER])?, [ORDER]);
            let open = payments::open_transactions(tx, None, 9)?;
            assert_eq!(open.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [one.id, two.id]);
            let cursor = Some((open[0].1.created_at, open[0].1.id));
            assert_eq!(payments::open_transactions(tx, cursor, 9)?, open[1..]);
            assert_eq!(payments::on_delivery(tx, 9)?, [], "no carrier took any of it");
            let shipment = ShipmentId::from_bytes([9; 16]);
            assert_eq!(payments::carrier_of(tx, shipment)?, None);
            let ids = |page: &[Payment]| page.iter().map(|one| one.id).collect::<Vec<_>>();
            let first = payments::list(tx, None, 2)?;
            assert_eq!(ids(&first), [three.id, two.id]);
            let cursor = Some((first[1].created_at, first[1].id));
            assert_eq!(ids(&payments::list(tx, cursor, 2)?), [one.id]);
            Ok(())
        });
        found.unwrap();
    }
}

#[test]
fn one_of_many_who_save_at_once_wins() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let before = sample(1);
        let after = settled(&before);
        store.write(|tx| payments::insert(tx, &before)).unwrap();
        let won = thread::scope(|scope| {
            let save = || store.write(|tx| payments::save(tx, &before, &after)).unwrap();
            let all: Vec<_> = (0..6).map(|_| scope.spawn(save)).collect();
            all.into_iter().map(|one| one.join().unwrap()).filter(|won| *won).count()
        });
        assert_eq!(won, 1);
        let read = store.read(|tx| payments::get(tx, before.id, false)).unwrap().unwrap();
        assert_eq!(read.applications.len(), 1);
    }
}

#[test]
fn applications_are_never_changed() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        store.write(|tx| payments::insert(tx, &settled(&sample(1)))).unwrap();
        for sql in ["UPDATE application SET amount_minor = 9", "DELETE FROM application"] {
            assert!(store.write(|tx| tx.exec(sql, &[])).is_err(), "{sql}");
        }
    }
}
