//! Refunds with their lines on both engines, and what they used up of an order.

use orderly_core::id::*;
use orderly_core::order::close::Given;
use orderly_core::refund::{Cause, Prior, Refund, RefundLine, RefundSettlement, RefundState};
use orderly_store::tables::refunds;
use orderly_store::{Store, StoreError};

use crate::TestDb;
use crate::returns::{ORDER, at, euro, qty};

const LINE: LineId = LineId::from_bytes([3; 16]);

/// A pending refund of one unit, whose ids all follow from `number`.
pub fn sample(number: u8, amount: i64) -> Refund {
    Refund {
        id: RefundId::from_bytes([number; 16]),
        number: format!("RF-{number}"),
        order: Some(ORDER),
        returned: None,
        customer: None,
        currency: euro(),
        amount,
        settlement: RefundSettlement::Refund,
        credited: 0,
        state: RefundState::Pending,
        awaits_approval: false,
        requested_by: None,
        approved_by: None,
        reason: "came back".into(),
        version: 1,
        created_at: at(i64::from(number)),
        lines: vec![RefundLine {
            id: RefundLineId::from_bytes([number; 16]),
            order_line: Some(LINE),
            charge: None,
            return_line: Some(ReturnLineId::from_bytes([4; 16])),
            cause: Cause::Returned,
            qty: qty(1),
            goods: amount - 2,
            tax: 2,
            amount,
        }],
    }
}

fn ended(refund: &Refund, state: RefundState) -> Refund {
    Refund { state, version: refund.version + 1, ..refund.clone() }
}

#[test]
fn a_refund_is_read_back_as_it_was_saved() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let before = sample(1, 12);
        let after = ended(&before, RefundState::Settled);
        let saved: Result<(), StoreError> = store.write(|tx| {
            assert!(refunds::insert(tx, &before)?);
            assert!(!refunds::insert(tx, &Refund { number: "RF-1".into(), ..sample(2, 1) })?);
            assert_eq!(refunds::get(tx, before.id, true)?, Some(before.clone()));
            assert!(refunds::save(tx, &before, &after)?);
            assert!(!refunds::save(tx, &before, &after)?, "somebody else saved it");
            assert_eq!(refunds::get(tx, before.id, false)?, Some(after.clone()));
            assert_eq!(refunds::get(tx, RefundId::from_bytes([9; 16]), false)?, None);
            Ok(())
        });
        saved.unwrap();
    }
}

#[test]
fn what_refunds_used_up_leaves_out_those_that_failed() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let settlement = RefundSettlement::StoreCredit;
        let all = [
            sample(1, 10),
            ended(&sample(2, 20), RefundState::Settled),
            Refund { settlement, credited: 40, ..ended(&sample(3, 40), RefundState::Settled) },
            ended(&sample(4, 80), RefundState::Failed),
            ended(&sample(5, 160), RefundState::Canceled),
            Refund { order: Some(OrderId::from_bytes([7; 16])), ..sample(6, 320) },
        ];
        let read: Result<(), StoreError> = store.write(|tx| {
            assert_eq!(refunds::prior(tx, ORDER)?.lines, []);
            for refund in &all {
                assert!(refunds::insert(tx, refund)?);
            }
            let Prior { pending, credited, lines } = refunds::prior(tx, ORDER)?;
            assert_eq!((pending, credited, lines), (10, 40, vec![(LINE, 70)]));
            let given = Given { open: 50, amount: 70, lines: vec![(LINE, qty(3))] };
            assert_eq!(refunds::given(tx, ORDER)?, given);
            Ok(())
        });
        read.unwrap();
    }
}

#[test]
fn refunds_are_found_by_order_and_listed() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let read: Result<(), StoreError> = store.write(|tx| {
            for number in 1..=3 {
                refunds::insert(tx, &sample(number, 5))?;
            }
            let ids = |page: &[Refund]| page.iter().map(|one| one.id).collect::<Vec<_>>();
            let id = |number: u8| RefundId::from_bytes([number; 16]);
            assert_eq!(refunds::of_order(tx, ORDER)?, [id(1), id(2), id(3)]);
            let other = OrderId::from_bytes([7; 16]);
            assert_eq!(refunds::refunded(tx, &[other, ORDER])?, [ORDER]);
            let first = refunds::list(tx, None, 2)?;
            assert_eq!(ids(&first), [id(3), id(2)]);
            let cursor = Some((first[1].created_at, first[1].id));
            assert_eq!(ids(&refunds::list(tx, cursor, 2)?), [id(1)]);
            Ok(())
        });
        read.unwrap();
    }
}
