//! Exchanges on both engines: value is carried, money does not move, parts go as parts came.

use orderly::ops::exchanges::{self, ExchangeIn};
use orderly::ops::fulfillments::{hand_over, pack, pick, release, shipments};
use orderly::ops::payments::{self, PaymentIn, Settling};
use orderly::ops::refunds::{self, RefundIn, RefundLineIn};
use orderly::ops::returns::{self, ArrivalIn, ReturnLineIn, VerdictIn};
use orderly::wire::LineIn;
use orderly_core::books::Account;
use orderly_core::exchange::{Exchange, ExchangeState, Ships};
use orderly_core::order::pick::Pick;
use orderly_core::order::{Order, OrderState};
use orderly_core::qty::Qty;
use orderly_core::refund::{Cause, RefundSettlement, RefundState};
use orderly_core::refusal::Code;
use orderly_core::returns::{Fate, Return};

use crate::fixture::Shop;
use crate::sold::code;

fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

/// Units of the first line for units of another item.
fn swap(shop: &Shop, order: &Order, back: i64, sku: &str, wanted: i64) -> ExchangeIn {
    let line = ReturnLineIn { line: Some(order.lines[0].id), qty: back, ..ReturnLineIn::default() };
    ExchangeIn {
        order: order.id,
        lines: vec![line],
        replacement: vec![LineIn {
            sku: Some(sku.into()),
            quantity: wanted.to_string(),
            replaces: Some(order.lines[0].id),
            ..LineIn::default()
        }],
        delivery: None,
        at: shop.location("leeds"),
        to: Some(Fate::Restocked),
        ships: Ships::AfterReceipt,
        even: false,
        rest: RefundSettlement::Refund,
        waive_fee: false,
        reason: "the wrong color".into(),
    }
}

fn opened(shop: &Shop, new: &ExchangeIn) -> (Exchange, Order) {
    let done = exchanges::open(&shop.app, &shop.call(), new).unwrap();
    let order = shop.order(done.replacement);
    (done, order)
}

fn given(shop: &Shop) -> (i64, i64, i64) {
    let of = |account| shop.booked(account);
    (of(Account::TillCash), of(Account::CustomerDeposits), of(Account::UnappliedReceipts))
}

fn returned(shop: &Shop, exchange: &Exchange) -> Return {
    returns::get(&shop.app, exchange.returned).unwrap().unwrap()
}

#[test]
fn an_even_exchange_moves_no_money() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        shop.worth("TILE", "leeds", 28_800, 900);
        let order = shop.sold(&[("PAINT", "3")]);
        let before = given(&shop);
        let new = ExchangeIn { even: true, ..swap(&shop, &order, 1, "TILE", 1) };
        let (done, other) = opened(&shop, &new);
        assert_eq!(done.state, ExchangeState::Done);
        // The receipt of what came back is credited; its money waits for that of the other.
        assert_eq!(given(&shop), (before.0, before.1 - 2_499, before.2));
        assert_eq!((other.head.totals.total, other.head.paid.captured), (2_499, 2_499));
        assert_eq!(other.lines[0].origin, Some(order.lines[0].id));
        assert_eq!(other.lines[0].taxes[0].name, "VAT");
        let made =
            shop.app.store.read(|tx| orderly_store::tables::refunds::of_return(tx, done.returned));
        let made = made.unwrap();
        assert_eq!(made.len(), 1);
        assert_eq!((made[0].settlement, made[0].credited), (RefundSettlement::Exchange, 2_499));
        let shown = exchanges::find(&shop.app, &shop.call(), &done.number).unwrap();
        assert_eq!((shown.reserved, shown.carried, shown.to_pay), (2_499, 2_499, 0));
        let at = other.fulfillments[0].id;
        let gone = hand_over(&shop.app, &shop.call(), (other.id, at), &[]).unwrap();
        assert_eq!(gone.lines[0].quantities.delivered, gone.lines[0].quantities.ordered);
        shop.verified(order.id);
        shop.verified(other.id);
    }
}

#[test]
fn what_the_replacement_costs_less_is_given_back_and_what_it_costs_more_is_asked_for() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        shop.worth("BOLT", "leeds", 100, 300);
        let order = shop.sold(&[("PAINT", "5")]);
        let (cash, ..) = given(&shop);
        let (_, less) = opened(&shop, &swap(&shop, &order, 2, "BOLT", 4));
        assert_eq!((less.head.totals.total, less.head.paid.captured), (100, 100));
        assert_eq!(shop.booked(Account::TillCash), cash - 4_898);
        let credit =
            ExchangeIn { rest: RefundSettlement::StoreCredit, ..swap(&shop, &order, 1, "BOLT", 4) };
        opened(&shop, &credit);
        assert_eq!(shop.booked(Account::TillCash), cash - 4_898);
        assert_eq!(shop.booked(Account::StoreCredit), -2_399);
        let (done, more) = opened(&shop, &swap(&shop, &order, 1, "PAINT", 2));
        let shown = exchanges::show(&shop.app, &shop.call(), done.id).unwrap();
        assert_eq!((shown.carried, shown.to_pay), (2_499, 2_499));
        let pay = PaymentIn {
            order: Some(more.id),
            provider: Some("cash".into()),
            method: "cash".into(),
            ..PaymentIn::default()
        };
        let paid = payments::take(&shop.app, &shop.call(), &pay).unwrap();
        assert_eq!(paid.amounts.captured, 2_499);
        assert_eq!(shop.booked(Account::UnappliedReceipts), 0);
        for id in [order.id, less.id, more.id] {
            shop.verified(id);
        }
    }
}

#[test]
fn a_partial_receipt_ships_a_part() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.sold(&[("PAINT", "4")]);
        let new = ExchangeIn { to: None, ..swap(&shop, &order, 3, "PAINT", 3) };
        let (done, other) = opened(&shop, &new);
        assert_eq!(done.state, ExchangeState::Open);
        assert_eq!((other.head.paid.authorized, other.head.paid.captured), (7_497, 0));
        let of = (other.id, other.fulfillments[0].id);
        assert_eq!(code(release(&shop.app, &shop.call(), of)), Code::OnHold);
        let line = returned(&shop, &done).lines[0].id;
        let came = |units| ArrivalIn { line, qty: units, lot: None, to: None, bin: None };
        let at = shop.location("leeds");
        returns::receive(&shop.app, &shop.call(), done.returned, at, &[came(1)]).unwrap();
        assert_eq!(shop.order(other.id).head.paid.captured, 0, "it is to be inspected first");
        let verdict = VerdictIn {
            line,
            from: None,
            to: Fate::Restocked,
            qty: 1,
            lot: None,
            from_bin: None,
            to_bin: None,
            refurbished: None,
            note: None,
        };
        returns::inspect(&shop.app, &shop.call(), done.returned, &verdict).unwrap();
        let now = shop.order(other.id);
        assert_eq!(now.head.paid.captured, 2_499);
        release(&shop.app, &shop.call(), of).unwrap();
        let claim = now.work[0].claim;
        let picks = [Pick { claim, qty: qty(2), from: Vec::new() }];
        pick(&shop.app, &shop.call(), of, &picks).unwrap();
        pack(&shop.app, &shop.call(), of, &[]).unwrap();
        let shipping = |lines| shipments::Shipping { lines, ..shipments::Shipping::default() };
        let all = || shipments::ship(&shop.app, &shop.call(), of, &shipping(vec![]));
        let refusal = shop.unchanged(all);
        assert_eq!(refusal.code(), Code::ExchangeNotReceived);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("1"));
        let one = shipping(vec![(claim, qty(1))]);
        shipments::ship(&shop.app, &shop.call(), of, &one).unwrap();
        let sent = || exchanges::cancel(&shop.app, &shop.call().with_reason("no"), done.id);
        assert_eq!(shop.unchanged(sent).code(), Code::NotReversible);
        let rest = ArrivalIn { to: Some(Fate::Quarantined), ..came(2) };
        returns::receive(&shop.app, &shop.call(), done.returned, at, &[rest]).unwrap();
        shipments::ship(&shop.app, &shop.call(), of, &shipping(vec![])).unwrap();
        let shown = exchanges::show(&shop.app, &shop.call(), done.id).unwrap();
        assert_eq!((shown.exchange.state, shown.carried), (ExchangeState::Done, 7_497));
        assert_eq!(shop.booked(Account::UnappliedReceipts), 0);
        shop.verified(order.id);
        shop.verified(other.id);
    }
}

#[test]
fn a_replacement_may_go_first() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.sold(&[("PAINT", "4")]);
        let new =
            ExchangeIn { to: None, ships: Ships::First, ..swap(&shop, &order, 2, "PAINT", 2) };
        let (done, other) = opened(&shop, &new);
        let of = (other.id, other.fulfillments[0].id);
        hand_over(&shop.app, &shop.call(), of, &[]).unwrap();
        let line = returned(&shop, &done).lines[0].id;
        let to = Some(Fate::Restocked);
        let came = [ArrivalIn { line, qty: 2, lot: None, to, bin: None }];
        let at = shop.location("leeds");
        returns::receive(&shop.app, &shop.call(), done.returned, at, &came).unwrap();
        let now = shop.order(other.id);
        assert_eq!((now.head.paid.captured, now.head.totals.total), (4_998, 4_998));
        shop.verified(order.id);
        shop.verified(other.id);
    }
}

#[test]
fn canceling_an_exchange_restores_what_was() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.sold(&[("PAINT", "4")]);
        let before = (given(&shop), shop.sums("PAINT", "leeds"));
        let lines = order.lines.clone();
        let new = ExchangeIn { to: None, ..swap(&shop, &order, 2, "PAINT", 2) };
        let (done, other) = opened(&shop, &new);
        let cancel = |reason: &str| {
            let call = shop.call().with_reason(reason);
            exchanges::cancel(&shop.app, &call, done.id)
        };
        assert_eq!(shop.unchanged(|| cancel(" ")).code(), Code::ReasonRequired);
        let gone = cancel("they keep it").unwrap();
        assert_eq!(gone.state, ExchangeState::Canceled);
        assert_eq!(shop.unchanged(|| cancel("again")).code(), Code::InvalidTransition);
        assert_eq!((given(&shop), shop.sums("PAINT", "leeds")), before);
        assert_eq!(shop.order(order.id).lines, lines);
        let other = shop.order(other.id);
        assert_eq!((other.head.state, other.head.paid.authorized), (OrderState::Canceled, 0));
        // Goods that came stay: their money is due on the order again.
        let (done, other) = opened(&shop, &swap(&shop, &order, 2, "PAINT", 2));
        assert_eq!(done.state, ExchangeState::Done);
        let call = shop.call().with_reason("the money instead");
        exchanges::cancel(&shop.app, &call, done.id).unwrap();
        let (cash, deposits, free) = before.0;
        assert_eq!(given(&shop), (cash, deposits - 2 * 2_499, free));
        assert_eq!(shop.order(other.id).head.paid.captured, 2 * 2_499);
        assert_eq!(shop.order(other.id).head.paid.refunded, 2 * 2_499);
        let came = returned(&shop, &done);
        let money = RefundIn {
            returned: Some(came.id),
            lines: vec![RefundLineIn {
                line: order.lines[0].id,
                return_line: Some(came.lines[0].id),
                cause: Cause::Returned,
                qty: qty(2),
                amount: None,
            }],
            charges: vec![],
            settlement: RefundSettlement::Refund,
            payment: None,
            reason: "the money instead".into(),
            settling: Settling::AtOnce,
        };
        let made = refunds::make(&shop.app, &shop.call(), order.id, &money).unwrap();
        assert_eq!((made.amount, made.state), (4_998, RefundState::Settled));
        shop.verified(order.id);
        shop.verified(other.id);
    }
}

#[test]
fn an_exchange_that_cannot_be_changes_nothing() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.sold(&[("PAINT", "4")]);
        let open = |new: &ExchangeIn| {
            shop.unchanged(|| exchanges::open(&shop.app, &shop.call(), new)).code()
        };
        let fine = || swap(&shop, &order, 1, "PAINT", 1);
        assert_eq!(open(&ExchangeIn { reason: String::new(), ..fine() }), Code::ReasonRequired);
        let credit = ExchangeIn { rest: RefundSettlement::AccountCredit, ..fine() };
        assert_eq!(open(&credit), Code::InvalidField);
        assert_eq!(open(&swap(&shop, &order, 5, "PAINT", 5)), Code::AboveReturnable);
        assert_eq!(open(&swap(&shop, &order, 1, "NONE", 1)), Code::UnknownItem);
        let mut other = fine();
        other.replacement[0].replaces = Some(orderly_core::id::LineId::from_bytes([7; 16]));
        assert_eq!(open(&other), Code::UnknownLine);
        let mut new = RefundIn {
            returned: None,
            lines: vec![],
            charges: vec![],
            settlement: RefundSettlement::Exchange,
            payment: None,
            reason: "it is exchanged".into(),
            settling: Settling::AtOnce,
        };
        new.charges.push((order.charges[0].id, None));
        let refused = shop.unchanged(|| refunds::make(&shop.app, &shop.call(), order.id, &new));
        assert_eq!(refused.code(), Code::InvalidField);
        let false_value = PaymentIn {
            order: Some(order.id),
            provider: Some("exchange".into()),
            method: "exchange".into(),
            amount: Some("5.00".into()),
            ..PaymentIn::default()
        };
        let refused = shop.unchanged(|| payments::take(&shop.app, &shop.call(), &false_value));
        assert_eq!(refused.code(), Code::InvalidField);
        let call = shop.call().with_key("swap-1", b"one for one");
        let first = exchanges::open(&shop.app, &call, &fine()).unwrap();
        assert_eq!(exchanges::open(&shop.app, &call, &fine()).unwrap(), first);
        shop.verified(order.id);
    }
}

#[test]
fn a_part_of_a_kit_that_was_exchanged_does_not_go_back_to_the_customer() {
    for shop in Shop::each() {
        shop.worth("BOLT", "leeds", 20, 10);
        shop.worth("NAIL", "leeds", 90, 1);
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.sold(&[("KIT-B", "2")]);
        let (done, _) = opened(&shop, &swap(&shop, &order, 2, "PAINT", 1));
        let came = returned(&shop, &done);
        let bolts = came.lines.iter().find(|line| line.item == Some(shop.item("BOLT"))).unwrap();
        let verdict = VerdictIn {
            line: bolts.id,
            from: Some(Fate::Restocked),
            to: Fate::Customer,
            qty: 1,
            lot: None,
            from_bin: None,
            to_bin: None,
            refurbished: None,
            note: None,
        };
        let call = shop.call().with_reason("it is theirs");
        let refusal = shop.unchanged(|| returns::inspect(&shop.app, &call, came.id, &verdict));
        assert_eq!(refusal.code(), Code::NotReversible);
        crate::proof::all_holds(&shop.app);
    }
}
