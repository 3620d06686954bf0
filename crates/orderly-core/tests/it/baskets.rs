//! Random baskets: every total is the sum of its parts, every refund in any order and any part
//! sums to what was paid, and nothing is ever negative.
//!
//! `ORDERLY_BASKETS` sets how many (100,000 where it is not set; `cargo xtask bench money` runs a
//! million in a release build); `ORDERLY_BASKETS_SEED` begins elsewhere. Two threads share them.

use orderly_core::id::*;
use orderly_core::order::price::{slice, total};
use orderly_core::order::{Amounts, Discount, Order, Rounding, Tax};
use orderly_core::qty::Qty;
use orderly_core::refund::*;
use orderly_core::refusal::Code;

use crate::sample::*;

const BASKETS: u64 = 100_000;
const THREADS: u64 = 2;

/// SplitMix64: small, seeded, the same everywhere.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(bound.max(1)).unwrap();
        i64::try_from((mixed ^ (mixed >> 31)) % bound).unwrap()
    }
    fn one_in(&mut self, times: i64) -> bool {
        self.below(times) == 0
    }
    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let count = i64::try_from(all.len()).unwrap();
        &all[usize::try_from(self.below(count)).unwrap()]
    }
}

/// Included, added, mixed, several, none and zero.
fn taxes(draw: &mut Draw) -> Vec<Tax> {
    const SETS: [&[(&str, bool)]; 10] = [
        &[],
        &[("0", true)],
        &[("0.2", true)],
        &[("0.19", true)],
        &[("0.055", true), ("0.02", true)],
        &[("0.1075", false)],
        &[("0.07", false), ("0.0125", false)],
        &[("0.2", true), ("0.03", false)],
        &[("0.25", true), ("0.1", false)],
        &[("0.08", false)],
    ];
    let set = *draw.of(&SETS);
    set.iter().map(|(rate, included)| tax(rate, *included)).collect()
}

/// A priced and paid basket; `None` where the discounts exceed it.
fn basket(draw: &mut Draw) -> Option<Order> {
    let rounding = if draw.one_in(2) { Rounding::Line } else { Rounding::Document };
    let code = *draw.of(&["JPY", "EUR", "KWD"]);
    let lines = (1..=1 + draw.below(5)).map(|position| {
        let price = match draw.below(3) {
            0 => format!("0.{:04}", draw.below(10_000)),
            1 => format!("{}.99", draw.below(60)),
            _ => format!("{}.{:03}", draw.below(900), draw.below(1_000)),
        };
        let mut own =
            line(u8::try_from(position).unwrap(), 1 + draw.below(12), &price, taxes(draw));
        if draw.one_in(4) {
            own.discounts.push(Discount {
                code: "L".into(),
                amount: draw.below(40),
                spread: false,
            });
        }
        own
    });
    let lines = lines.collect();
    let charges = (0..draw.below(3)).map(|number| {
        let mut own = charge(draw.below(2_000), taxes(draw));
        own.id = ChargeId::from_bytes([u8::try_from(number + 1).unwrap(); 16]);
        own.position = number + 1;
        own
    });
    let mut order = order(code, rounding, lines, charges.collect());
    let discounts = match draw.below(3) {
        0 => vec![],
        _ => vec![("SALE".to_owned(), draw.below(3_000))],
    };
    match total(&mut order, &discounts) {
        Ok(()) => {}
        Err(refusal) => {
            assert_eq!(refusal.code(), Code::NegativeTotal);
            return None;
        }
    }
    order.head.paid.authorized = order.head.totals.total;
    order.head.paid.captured = order.head.totals.total;
    Some(order)
}

fn whole_tax(order: &Order) -> i64 {
    order.head.totals.tax_included + order.head.totals.tax_added
}

/// Σ parts = total, and no part is negative.
fn assert_total(order: &Order, here: &str) {
    let lines: i64 = order.lines.iter().map(|line| line.amounts.due()).sum();
    let charges: i64 = order.charges.iter().map(|charge| charge.amount + charge.tax_added).sum();
    assert_eq!(lines + charges, order.head.totals.total, "{here}");
    for line in &order.lines {
        let Amounts { gross, discount, tax_included, tax_added } = line.amounts;
        assert!(gross >= discount && discount >= 0 && tax_included >= 0, "{here}");
        assert!(tax_added >= 0 && line.amounts.net() >= 0, "{here}");
        let named: i64 = line.taxes.iter().map(|tax| tax.amount).sum();
        assert_eq!(named, tax_included + tax_added, "{here}");
    }
}

/// Every line cut into parts of one unit or more, as it may be invoiced: the parts sum to the line
/// in every amount, and none is due below zero.
fn assert_parts(order: &Order, draw: &mut Draw, here: &str) {
    for line in &order.lines {
        let all = line.quantities.ordered.get();
        let (mut at, mut sum) = (0, Amounts::default());
        while at < all {
            let next = 1 + draw.below(all - at);
            let part = slice(line, qty(at), qty(next));
            assert!(part.due() >= 0 && part.discount >= 0, "{here}: {part:?}");
            assert!(part.net() >= 0 && part.tax_included >= 0, "{here}: {part:?}");
            sum.gross += part.gross;
            sum.discount += part.discount;
            sum.tax_included += part.tax_included;
            sum.tax_added += part.tax_added;
            at += next;
        }
        assert_eq!(sum, line.amounts, "{here}");
    }
}

/// What is left of a line to come back, and of a charge to be given back.
struct Books {
    order: Order,
    prior: Prior,
    money: i64,
    tax: i64,
    goodwill: bool,
}

impl Books {
    fn refund(&mut self, ask: &Ask, seed: u64, here: &str) {
        let named = NewRefund {
            number: "R".into(),
            settlement: RefundSettlement::Refund,
            reason: "came back".into(),
            fees: Vec::new(),
        };
        let made = decide(&self.order, None, &named, ask, &self.prior, &mut ids(seed), NOW);
        let nothing = made.as_ref().err().map(orderly_core::refusal::Refusal::code);
        if nothing == Some(Code::NothingToDo) {
            // Units that cost nothing, or that goodwill has paid for.
            return self.count_units(ask);
        }
        let made = made.map_err(|refusal| format!("{here}: {refusal}")).unwrap();
        self.order = made.order;
        for line in &made.refund.lines {
            assert!(line.amount >= 0 && line.tax >= 0, "{here}: {line:?}");
            self.prior.lines.extend(line.order_line.map(|id| (id, line.amount)));
            self.money += line.amount;
            self.tax += line.tax;
        }
        assert_eq!(made.refund.amount, made.refund.lines.iter().map(|l| l.amount).sum::<i64>());
        self.order.head.paid.refunded = self.money;
        assert!(self.money <= self.order.head.totals.total, "{here}");
    }

    fn count_units(&mut self, ask: &Ask) {
        for line in &ask.lines {
            let own = &mut self.order.line_mut(line.line).unwrap().quantities;
            own.refunded = own.refunded.plus(line.qty).unwrap();
        }
    }
}

fn ask(line: LineId, cause: Cause, units: i64, amount: Option<i64>, goodwill: bool) -> Ask {
    let one = AskLine { line, return_line: None, cause, qty: qty(units), amount };
    Ask { lines: vec![one], charges: vec![], goodwill }
}

/// One step: some units of some line are canceled or come back and are refunded, a part of a
/// charge goes back, or somebody is given something. False where nothing is left.
fn step(books: &mut Books, draw: &mut Draw, seed: u64, here: &str) -> bool {
    let open: Vec<LineId> = books
        .order
        .lines
        .iter()
        .filter(|line| !line.quantities.unallocated.is_zero())
        .map(|line| line.id)
        .collect();
    let charges: Vec<(ChargeId, i64)> = books
        .order
        .charges
        .iter()
        .map(|charge| (charge.id, charge.amount + charge.tax_added - charge.refunded))
        .filter(|(_, left)| *left > 0)
        .collect();
    if !charges.is_empty() && (open.is_empty() || draw.one_in(4)) {
        let (charge, left) = *draw.of(&charges);
        let amount = if draw.one_in(2) { left } else { 1 + draw.below(left) };
        let part = AskCharge { charge, amount: Some(amount) };
        let ask = Ask { lines: vec![], charges: vec![part], goodwill: false };
        books.refund(&ask, seed, here);
        return true;
    }
    let Some(line) = (!open.is_empty()).then(|| *draw.of(&open)) else { return false };
    if books.goodwill && draw.one_in(5) {
        let given: i64 = books.prior.lines.iter().filter(|(l, _)| *l == line).map(|(_, a)| a).sum();
        let held = books.order.line(line).unwrap().amounts.due() - given;
        if held > 0 {
            let gift = ask(line, Cause::Goodwill, 0, Some(1 + draw.below(held)), true);
            books.refund(&gift, seed, here);
        }
        return true;
    }
    let left = books.order.line(line).unwrap().quantities.unallocated.get();
    let units = if draw.one_in(3) { left } else { 1 + draw.below(left) };
    let cause = if draw.one_in(2) { Cause::Canceled } else { Cause::Returned };
    match cause {
        Cause::Canceled => cancel(&mut books.order, line, units),
        _ => {
            let own = &mut books.order.line_mut(line).unwrap().quantities;
            own.unallocated = own.unallocated.minus(qty(units)).unwrap();
            own.shipped = own.shipped.plus(qty(units)).unwrap();
            own.returned = own.returned.plus(qty(units)).unwrap();
        }
    }
    books.refund(&ask(line, cause, units, None, false), seed, here);
    true
}

/// One basket, from its price to its last unit back.
fn prove(seed: u64) -> bool {
    let here = format!("ORDERLY_BASKETS_SEED={seed}");
    let mut draw = Draw(seed.wrapping_mul(0xa076_1d64_78bd_642f));
    let Some(order) = basket(&mut draw) else { return false };
    assert_total(&order, &here);
    assert_parts(&order, &mut draw, &here);
    let (whole, tax) = (order.head.totals.total, whole_tax(&order));
    let goodwill = draw.one_in(3);
    let mut books = Books { order, prior: Prior::default(), money: 0, tax: 0, goodwill };
    let mut number = 0;
    while step(&mut books, &mut draw, number, &here) {
        number += 1;
        assert!(number < 10_000, "{here}: it does not end");
    }
    assert_eq!(books.money, whole, "{here}: refunded is what was paid");
    if !goodwill {
        assert_eq!(books.tax, tax, "{here}: the tax that went back is the tax that was paid");
    }
    for line in &books.order.lines {
        assert_eq!(line.quantities.refunded, line.quantities.ordered, "{here}");
        let most =
            propose(&books.order, &ask(line.id, Cause::Returned, 1, None, false), &books.prior);
        let refusal = most.unwrap_err();
        assert_eq!(refusal.code(), Code::AboveRefundable, "{here}");
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("0"), "{here}");
    }
    true
}

fn from_env(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn baskets_refunded_in_any_order_come_to_what_was_paid_without_drift() {
    let (count, first) =
        (from_env("ORDERLY_BASKETS", BASKETS), from_env("ORDERLY_BASKETS_SEED", 1));
    let began = std::time::Instant::now();
    let priced: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let seeds =
                    (first + thread..first + count).step_by(usize::try_from(THREADS).unwrap());
                scope.spawn(move || seeds.filter(|seed| prove(*seed)).count() as u64)
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    eprintln!("{count} baskets, {priced} with a total, no drift, in {:?}", began.elapsed());
    assert!(priced * 2 > count, "only {priced} of {count} baskets had a total");
}

/// A line shipped and invoiced in parts while it is refunded from its beginning: what was invoiced
/// less what was refunded is what the customer keeps.
#[test]
fn parts_from_both_ends_meet_exactly() {
    for seed in 1..=3_000 {
        let mut draw = Draw(seed * 31);
        let Some(order) = basket(&mut draw) else { continue };
        for line in &order.lines {
            let all = line.quantities.ordered.get();
            let back = draw.below(all + 1);
            let (gone, kept) =
                (slice(line, Qty::ZERO, qty(back)), slice(line, qty(back), qty(all - back)));
            assert_eq!(gone.due() + kept.due(), line.amounts.due(), "{seed}");
            assert_eq!(gone.net() + kept.net(), line.amounts.net(), "{seed}");
        }
    }
}
