//! The money of orders: identities over many random orders, and known sums.

use orderly_core::id::LineId;
use orderly_core::order::price::{payable, slice, total};
use orderly_core::order::{Amounts, Order, Rounding};
use orderly_core::qty::Qty;
use orderly_core::refusal::Code;
use proptest::prelude::*;

use crate::sample::*;

/// Random orders per run of the large test: both policies, three exponents.
const ORDERS: u64 = 100_000;

/// SplitMix64: small, seeded, the same everywhere.
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((mixed ^ (mixed >> 31)) % below).unwrap()
    }
}

const RATES: [&str; 7] = ["0", "0.05", "0.07", "0.1075", "0.19", "0.2", "0.255"];

fn random_order(draw: &mut Draw) -> Option<Order> {
    let rounding = if draw.next(2) == 0 { Rounding::Line } else { Rounding::Document };
    let code = ["JPY", "EUR", "KWD"][usize::try_from(draw.next(3)).unwrap()];
    let taxes = |draw: &mut Draw| {
        (0..draw.next(3))
            .map(|_| {
                let rate = RATES[usize::try_from(draw.next(7)).unwrap()];
                tax(rate, draw.next(2) == 0)
            })
            .collect()
    };
    let lines = (1..=1 + draw.next(5)).map(|position| {
        let price = format!("{}.{:04}", draw.next(400), draw.next(10_000));
        let ordered = 1 + draw.next(40);
        line(u8::try_from(position).unwrap(), ordered, &price, taxes(draw))
    });
    let lines = lines.collect();
    let charges = match draw.next(2) {
        0 => vec![],
        _ => vec![charge(draw.next(3_000), taxes(draw))],
    };
    let mut order = order(code, rounding, lines, charges);
    let discounts = match draw.next(3) {
        0 => vec![],
        _ => vec![("SALE".to_owned(), draw.next(5_000))],
    };
    match total(&mut order, &discounts) {
        Ok(()) => Some(order),
        Err(refusal) => {
            assert_eq!(refusal.code(), Code::NegativeTotal);
            None
        }
    }
}

fn assert_identities(order: &Order) {
    let totals = order.head.totals;
    let due: i64 = order.lines.iter().map(|line| line.amounts.due()).sum();
    let charges: i64 = order.charges.iter().map(|charge| charge.amount + charge.tax_added).sum();
    assert_eq!(totals.total, due + charges, "{order:?}");
    assert_eq!(
        totals.total,
        totals.lines - totals.discounts + totals.charges + totals.tax_added,
        "{order:?}"
    );
    for line in &order.lines {
        let sum = |included: bool| {
            let own = line.taxes.iter().filter(|tax| tax.included == included);
            own.map(|tax| tax.amount).sum::<i64>()
        };
        assert_eq!(line.amounts.tax_included, sum(true), "{order:?}");
        assert_eq!(line.amounts.tax_added, sum(false), "{order:?}");
        assert!(line.amounts.net() >= 0 && line.amounts.tax_added >= 0, "{order:?}");
        let spread: i64 = line.discounts.iter().map(|discount| discount.amount).sum();
        assert_eq!(line.amounts.discount, spread, "{order:?}");
    }
}

/// Cuts every line into random consecutive slices: they sum to the line in each amount.
fn assert_slices(order: &Order, draw: &mut Draw) {
    for line in &order.lines {
        let all = line.quantities.ordered.get();
        let (mut at, mut sum) = (0, Amounts::default());
        while at < all {
            let next = 1 + draw.next(u64::try_from(all - at).unwrap());
            let part = slice(line, qty(at), qty(next));
            sum.gross += part.gross;
            sum.discount += part.discount;
            sum.tax_included += part.tax_included;
            sum.tax_added += part.tax_added;
            at += next;
        }
        assert_eq!(sum, line.amounts, "{order:?}");
    }
}

#[test]
fn the_total_of_any_order_is_the_sum_of_its_parts() {
    let mut draw = Draw(18);
    let mut priced = 0;
    for _ in 0..ORDERS {
        let Some(order) = random_order(&mut draw) else { continue };
        assert_identities(&order);
        assert_slices(&order, &mut draw);
        priced += 1;
    }
    assert!(priced > ORDERS * 8 / 10, "only {priced} orders had a total");
}

#[test]
fn what_is_canceled_is_not_payable_and_all_of_it_is_nothing() {
    let mut draw = Draw(5);
    for _ in 0..2_000 {
        let Some(mut order) = random_order(&mut draw) else { continue };
        let charges: i64 = order.charges.iter().map(|c| c.amount + c.tax_added).sum();
        let lines: Vec<LineId> = order.lines.iter().map(|line| line.id).collect();
        for id in lines {
            let all = order.line(id).unwrap().quantities.ordered.get();
            cancel(&mut order, id, all);
        }
        assert_eq!(payable(&order), charges);
    }
}

/// 10 × 23.90 with 25 % off and 20 % VAT included is 179.25, not 179.26.
#[test]
fn ten_shirts_with_a_quarter_off_and_tax_included_are_one_hundred_seventy_nine_twenty_five() {
    for rounding in [Rounding::Line, Rounding::Document] {
        let lines = vec![line(1, 10, "23.90", vec![tax("0.2", true)])];
        let mut order = order("GBP", rounding, lines, vec![]);
        total(&mut order, &[("QUARTER".into(), 5_975)]).unwrap();
        assert_eq!(order.head.totals.total, 17_925);
        assert_eq!(order.head.totals.tax_included, 2_987);
        let units: i64 = (0..10).map(|unit| slice(&order.lines[0], qty(unit), qty(1)).due()).sum();
        assert_eq!(units, 17_925);
    }
}

/// 24.99 at 10.75 % added, and 6.44 shipping: 34.12, the figure a card is charged.
#[test]
fn a_total_is_in_whole_cents_even_where_the_tax_is_not() {
    for rounding in [Rounding::Line, Rounding::Document] {
        let lines = vec![line(1, 1, "24.99", vec![tax("0.1075", false)])];
        let mut order = order("USD", rounding, lines, vec![charge(644, vec![])]);
        total(&mut order, &[]).unwrap();
        assert_eq!(order.head.totals.tax_added, 269);
        assert_eq!(order.head.totals.total, 3_412);
    }
}

/// Three lines of 0.10 at 5 %: by line each tax rounds up, by document their sum does once.
#[test]
fn the_policies_round_where_they_say() {
    let lines = || (1..=3).map(|n| line(n, 1, "0.10", vec![tax("0.05", false)])).collect();
    let mut by_line = order("EUR", Rounding::Line, lines(), vec![]);
    total(&mut by_line, &[]).unwrap();
    assert_eq!(by_line.head.totals.tax_added, 3);
    let mut by_document = order("EUR", Rounding::Document, lines(), vec![]);
    total(&mut by_document, &[]).unwrap();
    assert_eq!(by_document.head.totals.tax_added, 2);
}

/// Eight pieces for 0.05 less 0.04: cut apart, gross and discount would give one of them −0.01.
#[test]
fn no_slice_is_negative() {
    let mut line = line(1, 8, "0.00625", vec![]);
    line.discounts.push(orderly_core::order::Discount {
        code: "D".into(),
        amount: 4,
        spread: false,
    });
    let mut order = order("EUR", Rounding::Line, vec![line], vec![]);
    total(&mut order, &[]).unwrap();
    let line = &order.lines[0];
    assert_eq!((line.amounts.gross, line.amounts.discount), (5, 4));
    let parts: Vec<i64> = (0..8).map(|unit| slice(line, qty(unit), qty(1)).due()).collect();
    assert!(parts.iter().all(|part| *part >= 0), "{parts:?}");
    assert_eq!(parts.iter().sum::<i64>(), 1);
}

#[test]
fn a_discount_above_what_it_reduces_is_refused() {
    let mut order = order("EUR", Rounding::Line, vec![line(1, 1, "1.00", vec![])], vec![]);
    let refusal = total(&mut order, &[("MUCH".into(), 101)]).unwrap_err();
    assert_eq!(refusal.code(), Code::NegativeTotal);
}

proptest! {
    /// A price of many digits never loses more than half a minor unit per line.
    #[test]
    fn the_gross_is_the_rounded_product(ordered in 1_i64..5_000, micro in 0_i64..50_000_000) {
        let price = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
        let lines = vec![line(1, ordered, &price, vec![])];
        let mut order = order("EUR", Rounding::Line, lines, vec![]);
        total(&mut order, &[]).unwrap();
        let exact = i128::from(ordered) * i128::from(micro);
        let off = exact - i128::from(order.head.totals.total) * 10_000;
        prop_assert!(off.abs() <= 5_000);
        prop_assert_eq!(slice(&order.lines[0], Qty::ZERO, qty(ordered)), order.lines[0].amounts);
    }
}
