//! Tills and store credit on both engines.

use orderly_core::actor::ActorKind;
use orderly_core::id::*;
use orderly_core::payment::credit::{CreditEntry, CreditKind, Holder};
use orderly_core::till::{Count, Drawer, Entry, EntryKind, Session, SessionState};
use orderly_core::time::Day;
use orderly_core::units::{Cause, CauseKind};
use orderly_store::tables::{banks, store_credit, tills};
use orderly_store::{Store, StoreError};

use crate::TestDb;
use crate::returns::{at, euro};

fn drawer(number: u8) -> Drawer {
    Drawer {
        id: DrawerId::from_bytes([number; 16]),
        code: format!("K{number}"),
        name: "Till".into(),
        location: LocationId::from_bytes([9; 16]),
        currency: euro(),
        active: true,
        version: 1,
        created_at: at(1),
    }
}

fn session(number: u8) -> Session {
    Session {
        id: TillSessionId::from_bytes([number; 16]),
        drawer: drawer(1).id,
        number: i64::from(number),
        location: drawer(1).location,
        legal_entity: LegalEntityId::from_bytes([1; 16]),
        currency: euro(),
        business_on: Day::from_number(20_000),
        state: SessionState::Open,
        float: 0,
        expected: 100,
        counted: None,
        difference: None,
        reason: None,
        version: 1,
        sequence: 1,
        opened_at: at(i64::from(number)),
        closed_at: None,
    }
}

#[test]
fn a_drawer_has_one_session_that_is_not_closed() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let done: Result<(), StoreError> = store.write(|tx| {
            assert!(tills::insert_drawer(tx, &drawer(1))?);
            assert!(tills::insert_drawer(tx, &drawer(2))?);
            assert!(!tills::insert_drawer(tx, &Drawer { code: "K1".into(), ..drawer(3) })?);
            assert_eq!(tills::drawer(tx, drawer(1).id)?, Some(drawer(1)));
            assert_eq!(tills::drawer_by_code(tx, "K2")?, Some(drawer(2)));
            assert_eq!(tills::drawers(tx)?, [drawer(1), drawer(2)]);
            assert_eq!(tills::drawers_of(tx, drawer(1).location)?.len(), 2);
            assert!(tills::insert(tx, &session(1))?);
            assert!(!tills::insert(tx, &session(2))?);
            assert_eq!(tills::open_of(tx, drawer(1).id)?, Some(session(1).id));
            let mut closed = session(1);
            (closed.version, closed.sequence) = (2, 2);
            (closed.state, closed.counted) = (SessionState::Closed, Some(90));
            (closed.difference, closed.closed_at) = (Some(-10), Some(at(5)));
            closed.reason = Some("lost".into());
            assert!(tills::save(tx, &session(1), &closed)?);
            assert!(!tills::save(tx, &closed, &Session { version: 3, ..closed.clone() })?);
            assert_eq!(tills::get(tx, closed.id, true)?, Some(closed.clone()));
            assert!(tills::insert(tx, &session(2))?);
            assert_eq!(tills::last_number(tx, drawer(1).id)?, 2);
            assert_eq!(tills::by_number(tx, drawer(1).id, 1)?, Some(closed.id));
            assert_eq!(tills::list(tx, Some(drawer(1).id), 9)?, [session(2), closed.clone()]);
            assert_eq!(tills::list(tx, None, 1)?, [session(2)]);
            Ok(())
        });
        done.unwrap();
    }
}

#[test]
fn entries_and_counts_are_kept_once() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let entry = |number: u8| Entry {
            id: TillEntryId::from_bytes([number; 16]),
            session: session(1).id,
            kind: EntryKind::Sale,
            amount: 100,
            account: "customer_deposits".into(),
            transaction: Some(TransactionId::from_bytes([7; 16])),
            reason: None,
            recorded_at: at(3),
        };
        let count = Count {
            id: TillCountId::from_bytes([1; 16]),
            session: session(1).id,
            pieces: vec![(50, 2)],
            counted: 100,
            counted_at: at(4),
        };
        let done: Result<(), StoreError> = store.write(|tx| {
            tills::insert_drawer(tx, &drawer(1))?;
            tills::insert(tx, &session(1))?;
            let (by, actor) = (ActorKind::Owner, UserId::NONE);
            assert_eq!(tills::insert_entries(tx, &[entry(1)], by, actor)?, 1);
            assert_eq!(tills::insert_entries(tx, &[entry(2)], by, actor)?, 0);
            assert_eq!(tills::entries(tx, session(1).id)?, [entry(1)]);
            tills::insert_count(tx, &count, by, actor)?;
            assert_eq!(tills::counts(tx, session(1).id)?, std::slice::from_ref(&count));
            let other = Entry { transaction: None, ..entry(2) };
            assert_eq!(tills::insert_entries(tx, &[other], by, actor)?, 1);
            let paid = |number| PaymentId::from_bytes([number; 16]);
            tills::insert_remitted(tx, entry(1).id, &[(paid(5), 70), (paid(6), 30)])?;
            tills::insert_remitted(tx, entry(2).id, &[(paid(5), -20), (paid(6), -30)])?;
            assert_eq!(tills::remitted_in(tx, session(1).id)?, [(paid(5), 50)]);
            assert_eq!(banks::remitted(tx, paid(5))?, 50);
            Ok(())
        });
        done.unwrap();
    }
}

#[test]
fn store_credit_never_falls_below_zero() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let holder = Holder {
            legal_entity: LegalEntityId::from_bytes([1; 16]),
            customer: CustomerId::from_bytes([2; 16]),
            currency: euro(),
        };
        let entry = CreditEntry {
            id: StoreCreditEntryId::from_bytes([3; 16]),
            holder,
            kind: CreditKind::Issued,
            amount: 500,
            cause: Cause { kind: CauseKind::Refund, id: [4; 16] },
            expires_on: Some(Day::from_number(20_000)),
            reason: None,
            recorded_at: at(1),
        };
        let done: Result<(), StoreError> = store.write(|tx| {
            assert!(!store_credit::add(tx, &holder, -1, at(1))?);
            assert!(store_credit::add(tx, &holder, 500, at(1))?);
            assert!(!store_credit::add(tx, &holder, -501, at(2))?);
            assert!(store_credit::add(tx, &holder, -200, at(2))?);
            assert_eq!(store_credit::balance(tx, &holder, true)?, 300);
            assert_eq!(store_credit::of_customer(tx, holder.customer)?, [(holder, 300)]);
            assert!(store_credit::insert(tx, &entry, ActorKind::Owner, UserId::NONE)?);
            assert!(!store_credit::insert(tx, &entry, ActorKind::Owner, UserId::NONE)?);
            assert_eq!(store_credit::entries(tx, holder.customer)?, std::slice::from_ref(&entry));
            Ok(())
        });
        done.unwrap();
    }
}
