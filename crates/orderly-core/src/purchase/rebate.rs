//! Rebates: what is given back for what is bought in a period, and how it accrues line by line.
//!
//! The tier that the period's turnover has reached holds for all of it. A line accrues at the tier
//! in force before it; where it reaches another tier, one more row brings the period up to it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::too_large;
use crate::id::*;
use crate::money::{Currency, round_to_minor};
use crate::order::codes;
use crate::refusal::{Code, Refusal, ensure};
use crate::time::{Day, Instant};

codes! {
    /// Who gives: a supplier to us, or we to a customer's account.
    RebateSide { Supplier "supplier", Customer "customer" }
}
codes! {
    /// What a tier's rate is of: percent of the net amount, or an amount for each base unit.
    RebateBasis { Percent "percent", Unit "unit" }
}
codes! {
    /// How long the turnover is added up.
    RebateSpan { Month "month", Quarter "quarter", Year "year" }
}
codes! {
    /// What an accrual is for: a line, another tier, or what was settled of it.
    AccrualKind { Line "line", Tier "tier", Settled "settled" }
}

/// What is given from a turnover on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tier {
    /// Minor units of net turnover, or base units.
    pub from: i64,
    /// Percent, or an amount of money for one base unit.
    pub rate: Decimal,
}

/// A rebate that was agreed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rebate {
    pub id: RebateId,
    pub code: String,
    pub name: String,
    pub side: RebateSide,
    /// The supplier or the customer's account.
    pub partner: [u8; 16],
    pub currency: Currency,
    pub basis: RebateBasis,
    /// Only this item's lines; all where absent.
    pub item: Option<ItemId>,
    pub span: RebateSpan,
    /// By turnover, the lowest first; never empty.
    pub tiers: Vec<Tier>,
    pub starts_on: Day,
    pub ends_on: Option<Day>,
    pub active: bool,
    pub version: i64,
    pub created_at: Instant,
}

/// What a period has seen so far of a rebate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Turnover {
    pub base: i64,
    pub qty: i64,
}

impl Turnover {
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { base: self.base + other.base, qty: self.qty + other.qty }
    }
}

impl Rebate {
    /// Checks the tiers: some, rising, and no rate below zero.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check(&self) -> Result<(), Refusal> {
        let wrong = |detail: &str| Refusal::at(Code::InvalidField, "/tiers", detail);
        ensure(!self.tiers.is_empty(), || wrong("a rebate has at least one tier"))?;
        let rising = self.tiers.windows(2).all(|pair| pair[0].from < pair[1].from);
        ensure(rising && self.tiers[0].from >= 0, || wrong("tiers rise from zero on"))?;
        let sane = |tier: &Tier| {
            let most = if self.basis == RebateBasis::Percent { 100 } else { 1_000_000_000 };
            !tier.rate.is_sign_negative() && tier.rate <= Decimal::from(most)
        };
        ensure(self.tiers.iter().all(sane), || wrong("a rate lies between 0 and 100 percent"))?;
        ensure(self.ends_on.is_none_or(|end| end >= self.starts_on), || {
            Refusal::at(Code::InvalidField, "/ends_on", "it ends before it starts")
        })
    }

    /// Whether a line of this item on this day earns it.
    pub fn covers(&self, item: Option<ItemId>, day: Day) -> bool {
        let begun = day >= self.starts_on && self.ends_on.is_none_or(|end| day <= end);
        self.active && begun && self.item.is_none_or(|own| Some(own) == item)
    }

    /// The period a day belongs to: `2026-11`, `2026-Q4` or `2026`.
    pub fn period(&self, day: Day) -> String {
        let text = day.to_string();
        let (year, month) = (text.get(..4).unwrap_or(&text), text.get(5..7).unwrap_or("01"));
        match self.span {
            RebateSpan::Month => format!("{year}-{month}"),
            RebateSpan::Quarter => {
                let month: i64 = month.parse().unwrap_or(1);
                format!("{year}-Q{}", (month - 1) / 3 + 1)
            }
            RebateSpan::Year => year.to_owned(),
        }
    }

    fn rate(&self, turnover: Turnover) -> Decimal {
        let reached = match self.basis {
            RebateBasis::Percent => turnover.base,
            RebateBasis::Unit => turnover.qty,
        };
        let tier = self.tiers.iter().rev().find(|tier| reached >= tier.from);
        tier.map_or(Decimal::ZERO, |tier| tier.rate)
    }

    fn at_rate(&self, rate: Decimal, turnover: Turnover) -> Result<i64, Refusal> {
        let exact = match self.basis {
            RebateBasis::Percent => {
                let base = Decimal::new(turnover.base, self.currency.exponent());
                base.checked_mul(rate).and_then(|all| all.checked_div(Decimal::ONE_HUNDRED))
            }
            RebateBasis::Unit => rate.checked_mul(Decimal::from(turnover.qty)),
        };
        let minor = exact.and_then(|exact| round_to_minor(exact, self.currency).ok());
        minor.ok_or_else(too_large)
    }

    /// What is due for a period's whole turnover, in minor units, half away from zero.
    ///
    /// # Errors
    /// `money_too_large`.
    pub fn due(&self, turnover: Turnover) -> Result<i64, Refusal> {
        self.at_rate(self.rate(turnover), turnover)
    }

    /// What one more line accrues: at the tier before it, and what another tier adds.
    ///
    /// # Errors
    /// `money_too_large`.
    pub fn accrue(&self, before: Turnover, line: Turnover) -> Result<(i64, i64), Refusal> {
        let after = before.plus(line);
        let rate = self.rate(before);
        let (was, now) = (self.at_rate(rate, before)?, self.at_rate(rate, after)?);
        Ok((now - was, self.due(after)? - now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rebate(basis: RebateBasis, tiers: &[(i64, i64)]) -> Rebate {
        Rebate {
            id: RebateId::NONE,
            code: "BONUS".into(),
            name: "Yearly bonus".into(),
            side: RebateSide::Supplier,
            partner: [1; 16],
            currency: Currency::parse("EUR").unwrap(),
            basis,
            item: None,
            span: RebateSpan::Quarter,
            tiers: tiers
                .iter()
                .map(|(from, rate)| Tier { from: *from, rate: Decimal::new(*rate, 1) })
                .collect(),
            starts_on: Day::parse("2026-01-01").unwrap(),
            ends_on: None,
            active: true,
            version: 1,
            created_at: Instant::from_micros(1),
        }
    }

    #[test]
    fn another_tier_holds_for_the_whole_period() {
        let own = rebate(RebateBasis::Percent, &[(0, 10), (100_000, 25)]);
        own.check().unwrap();
        let line = |base| Turnover { base, qty: 0 };
        assert_eq!(own.accrue(Turnover::default(), line(60_000)).unwrap(), (600, 0));
        assert_eq!(own.accrue(line(60_000), line(50_000)).unwrap(), (500, 1_650));
        assert_eq!(own.due(line(110_000)).unwrap(), 2_750);
        assert_eq!(own.accrue(line(110_000), line(-50_000)).unwrap(), (-1_250, -900));
        assert_eq!(own.period(Day::parse("2026-11-23").unwrap()), "2026-Q4");
        assert!(!own.covers(None, Day::parse("2025-12-31").unwrap()));
        assert!(rebate(RebateBasis::Percent, &[]).check().is_err());
        assert!(rebate(RebateBasis::Percent, &[(5, 1), (5, 2)]).check().is_err());
        assert!(rebate(RebateBasis::Percent, &[(0, 1_001)]).check().is_err());
    }

    proptest! {
        /// Whatever the lines are, their rows add up to what is due for the period.
        #[test]
        fn accruals_sum_to_what_is_due(
            lines in proptest::collection::vec((-20_000_i64..60_000, -9_i64..40), 1..30),
            tiers in proptest::collection::btree_map(0_i64..200_000, 0_i64..90, 1..5),
            by_unit: bool,
        ) {
            let basis = if by_unit { RebateBasis::Unit } else { RebateBasis::Percent };
            let tiers: Vec<(i64, i64)> = tiers.into_iter().collect();
            let own = rebate(basis, &tiers);
            let (mut seen, mut sum) = (Turnover::default(), 0);
            for (base, qty) in lines {
                let (line, tier) = own.accrue(seen, Turnover { base, qty }).unwrap();
                sum += line + tier;
                seen = seen.plus(Turnover { base, qty });
                prop_assert_eq!(sum, own.due(seen).unwrap());
            }
        }
    }
}
