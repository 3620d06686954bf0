use proptest::prelude::*;

use super::*;

fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

pub(super) fn line(ordered: i64, over: i64, short: i64) -> PurchaseLine {
    let none = Qty::ZERO;
    PurchaseLine {
        id: PurchaseLineId::from_bytes([1; 16]),
        position: 1,
        item: ItemId::from_bytes([2; 16]),
        description: "Brick".into(),
        supplier_sku: None,
        tied: None,
        direct: false,
        pack: qty(1),
        minimum: none,
        unit: "each".into(),
        unit_ratio: Ratio::ONE,
        price: Decimal::new(1_000, 2),
        price_unit: "pack".into(),
        price_ratio: Ratio::new(3, 1).unwrap(),
        max_over: qty(over),
        max_short: qty(short),
        ordered: qty(ordered),
        canceled: none,
        received: none,
        invoiced: none,
        received_minor: 0,
        cleared_minor: 0,
        expected_on: None,
        confirmations: Vec::new(),
    }
}

pub(super) fn purchase(lines: Vec<PurchaseLine>) -> PurchaseOrder {
    let now = Instant::from_micros(1);
    PurchaseOrder {
        id: PurchaseOrderId::from_bytes([3; 16]),
        number: "P1001".into(),
        supplier: SupplierId::from_bytes([4; 16]),
        location: LocationId::from_bytes([5; 16]),
        legal_entity: LegalEntityId::from_bytes([6; 16]),
        currency: eur(),
        reference: None,
        note: None,
        expected_on: None,
        sent_at: None,
        confirmed_at: None,
        closed_at: None,
        canceled_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
        lines,
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Code {
    result.unwrap_err().code()
}

#[test]
fn a_purchase_order_walks_through_its_states() {
    let now = Instant::from_micros(5);
    let draft = purchase(vec![line(10, 1, 0)]);
    assert_eq!(draft.state(), PurchaseState::Draft);
    assert_eq!(code(draft.ensure_open()), Code::InvalidTransition);
    let mut order = draft.send(now).unwrap();
    assert_eq!(
        (order.state(), code(order.send(now))),
        (PurchaseState::Sent, Code::InvalidTransition)
    );
    let first = Day::parse("2026-12-01").unwrap();
    order = order.confirm(Some("A-7".into()), Some(first), &[], now).unwrap();
    assert_eq!(order.state(), PurchaseState::Confirmed);
    let later = first.plus_days(7);
    order = order.confirm(None, None, &[(1, later)], now).unwrap();
    assert_eq!(order.lines[0].expected_on, Some(later));
    assert_eq!(order.lines[0].confirmations.len(), 2);
    assert_eq!(order.reference.as_deref(), Some("A-7"));
    assert_eq!(code(order.confirm(None, None, &[(2, later)], now)), Code::UnknownLine);

    let id = order.lines[0].id;
    order.receive(id, qty(4), 1_333, false).unwrap();
    assert_eq!(order.state(), PurchaseState::PartReceived);
    let refusal = order.clone().receive(id, qty(8), 1, false).unwrap_err();
    assert_eq!(refusal.code(), Code::AboveTolerance);
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("7"));
    order.receive(id, qty(7), 2_334, false).unwrap();
    assert_eq!((order.state(), order.lines[0].over()), (PurchaseState::Closed, qty(1)));
    assert_eq!(code(order.receive(id, qty(1), 0, false)), Code::AboveTolerance);
    order.unreceive(id, qty(7), 2_334).unwrap();
    assert_eq!(
        (order.state(), order.lines[0].received_minor),
        (PurchaseState::PartReceived, 1_333)
    );
    order.lines[0].invoiced = qty(2);
    assert_eq!(code(order.unreceive(id, qty(3), 0)), Code::NotReversible);

    let closed = order.close(now).unwrap();
    assert_eq!(code(closed.ensure_open()), Code::PurchaseClosed);
    assert_eq!(code(closed.clone().receive(id, qty(1), 0, true)), Code::PurchaseClosed);
    assert_eq!(code(closed.cancel(&[], now)), Code::InvalidTransition);
    assert_eq!(closed.expects(&closed.lines[0]), Qty::ZERO);
    assert_eq!(closed.reopen().unwrap(), order);
    let rest = order.cancel(&[1], now).unwrap();
    assert_eq!((rest.lines[0].canceled, rest.state()), (qty(6), PurchaseState::Closed));
    assert_eq!(code(rest.cancel(&[], now)), Code::NothingToDo);
    let none = draft.cancel(&[], now).unwrap();
    assert_eq!(none.state(), PurchaseState::Canceled);
    assert_eq!(none.reopen().unwrap(), draft);
}

#[test]
fn a_line_is_done_within_its_tolerance() {
    let mut short = line(100, 0, 5);
    assert!(!short.is_done());
    short.received = qty(94);
    assert!(!short.is_done());
    short.received = qty(95);
    assert!(short.is_done());
    assert_eq!(short.open(), qty(5));
    assert_eq!(short.receivable(), qty(5));
}

proptest! {
    /// Whatever arrives, is taken back or canceled: the counters keep their identity, and parts
    /// cost together what the whole costs.
    #[test]
    fn the_counters_of_a_line_keep_their_identity(
        ordered in 1_i64..200,
        over in 0_i64..20,
        steps in proptest::collection::vec((0_u8..4, 1_i64..60), 1..40),
    ) {
        let now = Instant::from_micros(9);
        let mut order = purchase(vec![line(ordered, over, 0)]).send(now).unwrap();
        let id = order.lines[0].id;
        let mut received: Vec<(i64, i64)> = Vec::new();
        for (step, amount) in steps {
            let before = order.clone();
            match step {
                0 | 1 => {
                    let value = order.lines[0].slice(qty(amount), eur()).unwrap();
                    match order.receive(id, qty(amount), value, false) {
                        Ok(()) => received.push((amount, value)),
                        Err(_) => prop_assert_eq!(&order, &before),
                    }
                }
                2 => if let Some((amount, value)) = received.pop() {
                    order.unreceive(id, qty(amount), value).unwrap();
                },
                _ => if let Ok(after) = order.cancel(&[], now) {
                    let gone = after.canceled_at.is_some();
                    order = if gone { after.reopen().unwrap() } else { after };
                },
            }
            let own = &order.lines[0];
            prop_assert_eq!(own.broken(), None);
            prop_assert_eq!(own.received_minor, own.amount(own.received, eur()).unwrap());
            prop_assert!(own.received.get() <= ordered + over);
        }
    }

    /// Nothing is claimed beyond what is needed or expected, and nothing needed is left out.
    #[test]
    fn shares_use_what_is_expected(
        needed in 0_i64..100, open in proptest::collection::vec(0_i64..40, 0..6),
    ) {
        let lines: Vec<_> = (0_u8..).zip(&open)
            .map(|(index, open)| (PurchaseLineId::from_bytes([index; 16]), qty(*open)))
            .collect();
        let shared = shares(qty(needed), &lines);
        let sum: i64 = shared.iter().map(|(_, qty)| qty.get()).sum();
        prop_assert_eq!(sum, needed.min(open.iter().sum()));
        prop_assert!(shared.iter().zip(&lines).all(|(share, line)| share.1 <= line.1));
    }
}
