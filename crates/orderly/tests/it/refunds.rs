//! Second approval, restocking fees, refunds tried again, and returns without a receipt.

use orderly::call::Approval;
use orderly::ops::fulfillments::close::{close, reopen};
use orderly::ops::invoices::{self, Filter};
use orderly::ops::payments::{self, PaymentIn, Settling};
use orderly::ops::refunds::{self, BlindIn, How, RefundIn, RefundLineIn};
use orderly::ops::returns::{self, ReturnIn, ReturnLineIn};
use orderly::ops::settings;
use orderly::{Call, Error, verify};
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::books::Account;
use orderly_core::id::UserId;
use orderly_core::invoice::InvoiceKind;
use orderly_core::order::Order;
use orderly_core::payment::settle::Answer;
use orderly_core::qty::Qty;
use orderly_core::refund::{Cause, Refund, RefundSettlement, RefundState};
use orderly_core::refusal::Code;
use orderly_core::returns::{Fate, Return};

use crate::fixture::Shop;
use crate::sold::{allowed, code};
use crate::verify::corrupt::Owner;

fn set(shop: &Shop, key: &str, value: &str) {
    settings::set(&shop.app, &shop.call(), key, value).unwrap();
}

/// A clerk with some rights, each up to an amount.
fn clerk(shop: &Shop, number: u8, rights: &[Permission], limit: Option<i64>) -> Call {
    let grants = rights.iter().map(|permission| Grant {
        permission: *permission,
        locations: vec![],
        channels: vec![],
        limit_minor: limit,
    });
    let id = UserId::from_bytes([number; 16]);
    shop.call_of(Actor { kind: ActorKind::User, id, all: false, grants: grants.collect() })
}

fn goodwill(order: &Order, qty: i64) -> RefundIn {
    RefundIn {
        returned: None,
        lines: vec![RefundLineIn {
            line: order.lines[0].id,
            return_line: None,
            cause: Cause::Goodwill,
            qty: Qty::new(qty).unwrap(),
            amount: None,
        }],
        charges: vec![],
        settlement: RefundSettlement::Refund,
        payment: None,
        reason: "a dent".into(),
        settling: Settling::AtOnce,
    }
}

fn of_return(order: &Order, returned: &Return, qty: i64) -> RefundIn {
    let mut new = goodwill(order, qty);
    new.returned = Some(returned.id);
    new.lines[0].cause = Cause::Returned;
    new.lines[0].return_line = Some(returned.lines[0].id);
    new
}

/// Takes units of the first line back for a reason.
fn taken_back(shop: &Shop, order: &Order, qty: i64, reason: &str, to: Fate) -> Return {
    let line = ReturnLineIn {
        line: Some(order.lines[0].id),
        qty,
        reason: Some(reason.into()),
        ..ReturnLineIn::default()
    };
    let new = ReturnIn { order: Some(order.id), lines: vec![line], ..ReturnIn::default() };
    returns::take_back(&shop.app, &shop.call(), &new, shop.location("leeds"), to).unwrap()
}

#[test]
fn above_the_merchants_limit_another_actor_approves() {
    let rights = [Permission::Refund, Permission::RefundGoodwill];
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.sold(&[("PAINT", "4")]);
        set(&shop, "refund.second_approval_above", "40.00");
        let ask = |call: &Call, how| {
            refunds::make_with(&shop.app, call, order.id, &goodwill(&order, 2), how)
        };
        let anna = || clerk(&shop, 3, &rights, None);
        let refusal = shop.unchanged(|| ask(&anna(), How::default()));
        assert_eq!(refusal.code(), Code::ApprovalRequired);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("40.00 GBP"));
        let alone = refunds::make(&shop.app, &anna(), order.id, &goodwill(&order, 1)).unwrap();
        assert_eq!(alone.state, RefundState::Settled);
        let waits = How { await_approval: true, ..How::default() };
        let asked = ask(&anna(), waits).unwrap();
        assert!(asked.awaits_approval);
        assert_eq!(shop.order(order.id).head.paid.refunded, 2_499);
        assert_eq!(code(ask(&anna(), waits)), Code::AboveRefundable, "it is reserved");
        let approve =
            |call: &Call| refunds::approve(&shop.app, call, asked.id, None, &Settling::AtOnce);
        let may = [Permission::Refund, Permission::Approve];
        let own = clerk(&shop, 3, &may, None);
        let refusal = shop.unchanged(|| approve(&own));
        assert_eq!(refusal.code(), Code::ApprovalByRequester);
        let small = clerk(&shop, 4, &may, Some(4_000));
        assert_eq!(code(approve(&small)), Code::AmountLimit);
        assert!(matches!(
            approve(&clerk(&shop, 4, &[Permission::Refund], None)),
            Err(Error::Forbidden { .. })
        ));
        let done = approve(&clerk(&shop, 5, &may, None)).unwrap();
        assert_eq!((done.state, done.amount), (RefundState::Settled, 4_998));
        assert_eq!(done.approved_by, Some((ActorKind::User, UserId::from_bytes([5; 16]))));
        assert_eq!(code(approve(&clerk(&shop, 6, &may, None))), Code::InvalidTransition);
        assert_eq!(shop.booked(Account::TillCash), 10_496 - 2_499 - 4_998);
        shop.verified(order.id);
    }
}

#[test]
fn an_approval_may_come_with_the_refund_and_a_waiting_one_is_canceled() {
    let rights = [Permission::Refund, Permission::RefundGoodwill];
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.sold(&[("PAINT", "4")]);
        set(&shop, "refund.second_approval_above", "40.00");
        let mut anna = clerk(&shop, 3, &rights, None);
        anna.overrides = vec![Code::ApprovalRequired];
        anna.reason = Some("a good customer".into());
        let make = |call: &Call| {
            let call = Call { seed: shop.call().seed, ..call.clone() };
            refunds::make(&shop.app, &call, order.id, &goodwill(&order, 2))
        };
        assert_eq!(code(make(&anna)), Code::ApprovalRequired, "nobody approves his own");
        let by = |by| Some(Approval { by, reason: "seen it".into() });
        anna.approval = by(anna.actor.clone());
        assert_eq!(code(make(&anna)), Code::ApprovalByRequester);
        anna.approval = by(clerk(&shop, 4, &[Permission::Approve], None).actor);
        let made = make(&anna).unwrap();
        assert_eq!(made.approved_by, Some((ActorKind::User, UserId::from_bytes([4; 16]))));
        let waits = How { await_approval: true, ..How::default() };
        let anna = clerk(&shop, 3, &rights, None);
        let new = goodwill(&order, 2);
        let asked = refunds::make_with(&shop.app, &anna, order.id, &new, waits).unwrap();
        let early = refunds::retry(&shop.app, &shop.call(), asked.id, None, &Settling::AtOnce);
        assert_eq!(code(early), Code::InvalidTransition);
        let anna = clerk(&shop, 3, &rights, None);
        let gone = refunds::cancel(&shop.app, &anna, asked.id).unwrap();
        assert_eq!((gone.state, gone.awaits_approval), (RefundState::Canceled, false));
        assert_eq!(shop.order(order.id).lines[0].quantities.refunded.get(), 2);
        shop.verified(order.id);
    }
}

fn fee_of(refund: &Refund) -> i64 {
    refund.lines.iter().filter(|line| line.is_fee()).map(|line| -line.amount).sum()
}

#[test]
fn a_restocking_fee_is_kept_by_reason_and_condition_as_a_charge_with_tax() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 20, None);
        set(
            &shop,
            "refund.restocking_fees",
            r#"[{"reason": "unwanted", "condition": "restocked", "percent": "10"},
                {"condition": "quarantined", "amount": "30.00"}]"#,
        );
        let order = shop.sold(&[("PAINT", "5")]);
        let back = taken_back(&shop, &order, 3, "unwanted", Fate::Restocked);
        let seen =
            refunds::propose(&shop.app, &shop.call(), order.id, &of_return(&order, &back, 3));
        let seen = seen.unwrap();
        assert_eq!((seen.amount, seen.fees.len(), seen.fees[0].amount), (6_747, 1, 750));
        let mut kept = 0;
        for _ in 0..3 {
            let one = of_return(&order, &back, 1);
            let made = refunds::make(&shop.app, &shop.call(), order.id, &one).unwrap();
            kept += fee_of(&made);
            assert_eq!(made.amount, 2_499 - fee_of(&made));
        }
        assert_eq!(kept, 750, "one at a time like all at once");
        let now = shop.order(order.id);
        let fees: Vec<_> = now.charges.iter().filter(|one| one.is_restocking_fee()).collect();
        assert_eq!(fees.iter().map(|one| one.amount).sum::<i64>(), 750);
        assert_eq!(fees.iter().map(|one| one.tax_included).sum::<i64>(), 126);
        assert_eq!(now.head.totals.total, order.head.totals.total + 750);
        assert_eq!(orderly_core::order::price::payable(&now), order.head.totals.total);
        let broken = taken_back(&shop, &order, 1, "broken", Fate::Quarantined);
        let made = of_return(&order, &broken, 1);
        let made = refunds::make(&shop.app, &shop.call(), order.id, &made).unwrap();
        assert_eq!((made.amount, fee_of(&made)), (0, 2_499), "never more than the line");
        assert_eq!(made.state, RefundState::Settled);
        let fine = taken_back(&shop, &order, 1, "unwanted", Fate::Restocked);
        let new = of_return(&order, &fine, 1);
        let waive = How { waive_fee: true, ..How::default() };
        let anna = clerk(&shop, 3, &[Permission::Refund], None);
        let refused = refunds::make_with(&shop.app, &anna, order.id, &new, waive);
        assert!(matches!(refused, Err(Error::Forbidden { .. })));
        let made = refunds::make_with(&shop.app, &shop.call(), order.id, &new, waive).unwrap();
        assert_eq!((made.amount, fee_of(&made)), (2_499, 0));
        shop.verified(order.id);
    }
}

#[test]
fn a_fee_of_a_refund_that_failed_is_charged_no_more() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 20, None);
        set(&shop, "refund.restocking_fees", r#"[{"percent": "12.5"}]"#);
        let order = shop.sold(&[("PAINT", "5")]);
        let back = taken_back(&shop, &order, 2, "unwanted", Fate::Restocked);
        let mut slow = of_return(&order, &back, 2);
        slow.settling = Settling::Later;
        let made = refunds::make(&shop.app, &shop.call(), order.id, &slow).unwrap();
        assert_eq!((made.amount, fee_of(&made)), (4_373, 625));
        let paid = payments_of(&shop, &order)[0].clone();
        let open = paid.transactions.iter().find(|one| one.is_open()).unwrap().id;
        let answer = Answer::Failed { reference: None };
        payments::settle(&shop.app, &shop.call(), paid.id, open, &answer).unwrap();
        let now = shop.order(order.id);
        assert_eq!(now.head.totals.total, order.head.totals.total);
        shop.verified(order.id);
        for wrong in ["no", "[{}]", r#"[{"percent": "101"}]"#, r#"[{"amount": "-1"}]"#] {
            let key = "refund.restocking_fees";
            let refusal = shop.unchanged(|| settings::set(&shop.app, &shop.call(), key, wrong));
            assert_eq!(refusal.code(), Code::InvalidField, "{wrong}");
        }
    }
}

fn payments_of(shop: &Shop, order: &Order) -> Vec<orderly_core::payment::Payment> {
    orderly::ops::read::money::payments_of(&shop.app, &shop.call(), order.id).unwrap()
}

#[test]
fn the_part_of_a_refund_that_failed_is_tried_again() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.ordered(&[("PAINT", "2")]);
        for amount in ["20.00", "34.98"] {
            let card = PaymentIn {
                order: Some(order.id),
                method: "card".into(),
                amount: Some(amount.into()),
                ..PaymentIn::default()
            };
            payments::take(&shop.app, &shop.call(), &card).unwrap();
        }
        let order = shop.handed_over(order.id);
        let mut slow = goodwill(&order, 2);
        slow.settling = Settling::Later;
        let made = refunds::make(&shop.app, &shop.call(), order.id, &slow).unwrap();
        let retry = || refunds::retry(&shop.app, &shop.call(), made.id, None, &Settling::AtOnce);
        assert_eq!(code(retry()), Code::NothingToDo, "it is moving");
        for (index, paid) in payments_of(&shop, &order).into_iter().enumerate() {
            let open = paid.transactions.iter().find(|one| one.is_open()).unwrap().id;
            let answer = match index {
                0 => Answer::Done { reference: None },
                _ => Answer::Failed { reference: None },
            };
            payments::settle(&shop.app, &shop.call(), paid.id, open, &answer).unwrap();
        }
        let half = refunds::get(&shop.app, made.id).unwrap().unwrap();
        assert_eq!(half.state, RefundState::Pending);
        assert_eq!(shop.order(order.id).head.paid.refunded, 2_000);
        let shipping = RefundIn {
            lines: vec![],
            charges: vec![(order.charges[0].id, None)],
            ..goodwill(&order, 1)
        };
        let seen = refunds::propose(&shop.app, &shop.call(), order.id, &shipping).unwrap();
        assert_eq!((seen.amount, seen.maximum), (500, 500), "what moved counts once");
        let done = retry().unwrap();
        assert_eq!(done.state, RefundState::Settled);
        assert_eq!(shop.order(order.id).head.paid.refunded, 4_998);
        assert_eq!(code(retry()), Code::InvalidTransition);
        shop.verified(order.id);
    }
}

#[test]
fn without_a_receipt_goods_are_credited_at_the_lowest_price_of_the_window() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.sold(&[("PAINT", "2")]);
        let line =
            ReturnLineIn { item: Some(shop.item("PAINT")), qty: 2, ..ReturnLineIn::default() };
        let new = ReturnIn {
            channel: Some(order.channel),
            customer: order.head.customer,
            lines: vec![line],
            ..ReturnIn::default()
        };
        let at = shop.location("leeds");
        let back = |call: &Call| returns::take_back(&shop.app, call, &new, at, Fate::Restocked);
        let came = back(&shop.call()).unwrap();
        let credit = BlindIn { settlement: None, reason: "no receipt".into() };
        let make = |call: &Call| refunds::make_blind(&shop.app, call, came.id, &credit);
        assert!(matches!(make(&shop.stranger()), Err(Error::Forbidden { .. })));
        let money = BlindIn { settlement: Some(RefundSettlement::Refund), ..credit.clone() };
        let refusal =
            shop.unchanged(|| refunds::make_blind(&shop.app, &shop.call(), came.id, &money));
        assert_eq!(refusal.code(), Code::InvalidField);
        set(&shop, "returns.blind_limit", "30.00");
        let refusal = shop.unchanged(|| make(&shop.call()));
        assert_eq!(refusal.code(), Code::AboveBlindLimit);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("30.00 GBP"));
        set(&shop, "returns.blind_limit", "60.00");
        let seen = refunds::propose_blind(&shop.app, &shop.call(), came.id, &credit).unwrap();
        let sold = [Account::Revenue, Account::Tax].map(|one| shop.booked(one));
        let made = make(&shop.call()).unwrap();
        assert_eq!((seen.amount, made.amount, made.state), (4_998, 4_998, RefundState::Settled));
        assert_eq!(made.lines[0].tax, 833);
        assert_eq!(shop.booked(Account::StoreCredit), -4_998);
        let now = [Account::Revenue, Account::Tax].map(|one| shop.booked(one));
        assert_eq!([now[0] - sold[0], now[1] - sold[1]], [4_165, 833]);
        assert_eq!(shop.booked(Account::UnappliedReceipts), 0);
        let filter = Filter { kind: Some(InvoiceKind::CreditNote), ..Filter::default() };
        let [note] =
            invoices::list(&shop.app, &shop.call(), &filter, None, 9).unwrap().try_into().unwrap();
        let note = invoices::get(&shop.app, note.id).unwrap().unwrap();
        assert_eq!((note.name().as_str(), note.order), ("CN-000001", None));
        assert_eq!((note.net, note.tax, note.total, note.open()), (4_165, 833, 4_998, 0));
        assert_eq!((note.refund, note.customer), (Some(made.id), order.head.customer));
        assert_eq!(note.lines[0].sku.as_deref(), Some("PAINT"));
        assert_eq!(note.lines[0].taxes[0].code(), "VAT 20%");
        assert_eq!((note.lines[0].taxes[0].base, note.lines[0].taxes[0].amount), (4_165, 833));
        let printed =
            invoices::print(&shop.app, &shop.call(), note.id, orderly_docs::Paper::A4).unwrap();
        assert_eq!(printed.lines.len(), 1);
        assert_eq!(code(make(&shop.call())), Code::NothingToDo);
        let again = back(&shop.call()).unwrap();
        let more = refunds::make_blind(&shop.app, &shop.call(), again.id, &credit);
        assert_eq!(allowed(more), "10.02 GBP");
        set(&shop, "returns.blind_window_days", "0");
        let late = refunds::make_blind(&shop.app, &shop.call(), again.id, &credit);
        assert_eq!(code(late), Code::NotSold);
        set(&shop, "returns.blind_window_days", "90");
        let nobody = ReturnIn { customer: None, ..new };
        let call = shop.call();
        let theirs = returns::take_back(&shop.app, &call, &nobody, at, Fate::Restocked).unwrap();
        let credit = || refunds::make_blind(&shop.app, &shop.call(), theirs.id, &credit);
        assert_eq!(shop.unchanged(credit).code(), Code::UnknownCustomer);
        let mut owner = Owner::of(&shop);
        let forget = "UPDATE invoice SET refund_id = NULL WHERE order_id IS NULL";
        owner.plant(&["invoice"], forget);
        let report = verify::run(&shop.app, &verify::Options::default()).unwrap();
        owner.restore(&["invoice"]);
        assert!(report.violations.iter().any(|one| one.invariant == "I10"), "{report}");
        shop.verified(order.id);
    }
}

#[test]
fn an_order_closes_when_what_is_owed_after_refunds_is_paid() {
    for shop in Shop::each() {
        set(&shop, "refund.restocking_fees", r#"[{"condition": "quarantined", "percent": "10"}]"#);
        shop.worth("PAINT", "leeds", 20, 2_000);
        let at = shop.location("leeds");
        for (paid, settlement) in [
            (true, RefundSettlement::Refund),
            (true, RefundSettlement::StoreCredit),
            (false, RefundSettlement::Refund),
        ] {
            let order = match paid {
                true => shop.sold(&[("PAINT", "2")]),
                false => {
                    let order = shop.ordered(&[("PAINT", "2")]);
                    shop.handed_over(order.id)
                }
            };
            let close = || close(&shop.app, &shop.call(), order.id);
            if !paid {
                assert_eq!(shop.unchanged(close).code(), Code::InvalidTransition);
            }
            let line =
                ReturnLineIn { line: Some(order.lines[0].id), qty: 2, ..ReturnLineIn::default() };
            let new = ReturnIn { order: Some(order.id), lines: vec![line], ..ReturnIn::default() };
            let (call, to) = (shop.call(), Fate::Quarantined);
            let came = returns::take_back(&shop.app, &call, &new, at, to).unwrap();
            if paid {
                let wanted = RefundIn { settlement, ..of_return(&order, &came, 2) };
                let made = refunds::make(&shop.app, &shop.call(), order.id, &wanted).unwrap();
                assert_eq!(made.amount, 4_498, "less the fee");
            } else {
                assert_eq!(shop.unchanged(close).code(), Code::InvalidTransition, "carrying");
                let amount = Some("5.00".to_owned());
                let new = PaymentIn {
                    order: Some(order.id),
                    provider: Some("cash".into()),
                    method: "cash".into(),
                    amount,
                    ..PaymentIn::default()
                };
                payments::take(&shop.app, &shop.call(), &new).unwrap();
            }
            close().unwrap();
            reopen(&shop.app, &shop.call(), order.id).unwrap();
            shop.verified(order.id);
        }
    }
}
