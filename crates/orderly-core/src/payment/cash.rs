//! Cash: rounded to what coins there are, and the change that is given.

use super::{Payment, Transaction, TransactionKind};
use crate::refusal::{Code, Refusal, ensure};

/// The nearest multiple of the smallest coin; halves away from zero. Both in minor units; a coin
/// of one or less rounds nothing.
pub const fn rounded(amount: i64, coin: i64) -> i64 {
    if coin <= 1 {
        return amount;
    }
    let rest = amount % coin;
    let down = amount - rest;
    if rest.abs() * 2 < coin {
        down
    } else if amount < 0 {
        down - coin
    } else {
        down + coin
    }
}

impl Transaction {
    /// What really changed hands: the amount, rounded where it is cash.
    pub const fn moved(&self) -> i64 {
        self.amount + self.rounding
    }

    /// What the customer got back of the cash he or she handed over.
    pub fn change(&self) -> i64 {
        self.tendered.map_or(0, |tendered| tendered - self.moved())
    }
}

impl Payment {
    /// Notes the cash that was handed over for what is captured now.
    #[must_use]
    pub fn tendered(&self, before: Option<&Self>, amount: Option<i64>) -> Self {
        let mut after = self.clone();
        let begun = |one: &&mut Transaction| one.kind == TransactionKind::Capture;
        for one in after.transactions.iter_mut().filter(begun) {
            if !known(before, one) {
                one.tendered = amount;
            }
        }
        after
    }

    /// Rounds the cash of the captures and refunds that `before` does not have.
    ///
    /// # Errors
    /// `money_invalid` where less was handed over than is taken.
    pub fn in_cash(&self, before: Option<&Self>, coin: i64) -> Result<Self, Refusal> {
        let mut after = self.clone();
        for one in &mut after.transactions {
            let moves = matches!(one.kind, TransactionKind::Capture | TransactionKind::Refund);
            if !moves || known(before, one) {
                continue;
            }
            one.rounding = rounded(one.amount, coin) - one.amount;
            ensure(one.change() >= 0, || {
                let given = self.show(one.tendered.unwrap_or(0));
                let due = self.show(one.moved());
                let detail = format!("{given} is less than the {due} to pay");
                Refusal::at(Code::MoneyInvalid, "/tendered", detail).allowed(due)
            })?;
        }
        Ok(after)
    }
}

fn known(before: Option<&Payment>, one: &Transaction) -> bool {
    before.is_some_and(|before| before.transactions.iter().any(|old| old.id == one.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cash_is_rounded_to_the_nearest_coin() {
        for (amount, coin, cash) in [
            (1_002, 5, 1_000),
            (1_003, 5, 1_005),
            (1_049, 100, 1_000),
            (1_050, 100, 1_100),
            (-1_003, 5, -1_005),
            (-1_002, 5, -1_000),
            (1_001, 1, 1_001),
            (1_001, 0, 1_001),
            (2, 5, 0),
        ] {
            assert_eq!(rounded(amount, coin), cash, "{amount} to {coin}");
        }
    }

    proptest! {
        #[test]
        fn rounding_is_symmetric_and_below_a_coin(
            amount in -100_000_i64..100_000, coin in 1_i64..101,
        ) {
            let cash = rounded(amount, coin);
            prop_assert_eq!(cash % coin, 0);
            prop_assert!((cash - amount).abs() * 2 <= coin);
            prop_assert_eq!(rounded(-amount, coin), -cash);
        }
    }
}
