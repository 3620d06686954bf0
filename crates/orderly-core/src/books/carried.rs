//! Open items in another currency: what the books carry them at, and what the rates of exchange
//! made of them once they are settled.
//!
//! The postings of a document on receivables, deposits or unapplied receipts are one item: an
//! amount in its currency, carried at the rates of the days on which it came about. What lessens
//! an item takes its share of what it is carried at, and all of it with the last unit; by what the
//! other side is worth more or less, the rates of exchange differ.

use std::cmp::Ordering;

use super::rate::{self, Rate};
use super::{Account, Journal, JournalHead, Posting, Unbalanced};
use crate::money::{Currency, Money, MoneyError, cumulative_share};

/// An amount of a foreign currency, and what the books carry it at. Minor units, debits positive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Carried {
    pub foreign: i64,
    pub own: i64,
}

impl Carried {
    /// Whether a posting of a foreign amount takes something from the item.
    pub const fn is_lessened_by(&self, amount: i64) -> bool {
        self.foreign.signum() == -amount.signum() && amount != 0
    }

    /// What the books carry the part at that `amount` takes, to be posted with the sign of the
    /// amount: half to even, all of it with the last unit. What goes beyond the item is new, at
    /// the rate.
    fn taken_by(&self, amount: i64, rate: &Rate) -> Result<i64, MoneyError> {
        let part = amount.abs().min(self.foreign.abs());
        let share = cumulative_share(self.own, part, self.foreign.abs());
        let beyond = amount - amount.signum() * part;
        Ok(rate.convert(Money::new(beyond, rate.currency))?.minor() - share)
    }
}

/// Whether postings on an account are open items of the documents they name.
pub const fn is_item(account: Account) -> bool {
    matches!(account, Account::Receivables | Account::CustomerDeposits | Account::UnappliedReceipts)
}

/// Whether an account takes over what an item was carried at, instead of today's value.
const fn takes_over(account: Account) -> bool {
    is_item(account) || matches!(account, Account::BadDebt)
}

/// Returns a journal in the currency of the books: what takes from items is worth what they are
/// carried at, everything else what the rate says, and the difference is one of exchange. `items`
/// has what each posting takes from, where it takes from something. `None` where nothing is left
/// of the journal in minor units.
///
/// # Errors
/// Where an amount is out of range.
pub fn valued(
    journal: &Journal,
    rate: &Rate,
    items: &[Option<Carried>],
) -> Result<Option<Journal>, MoneyError> {
    let postings = journal.postings();
    let mut own: Vec<Option<i64>> = vec![None; postings.len()];
    for ((value, posting), item) in own.iter_mut().zip(postings).zip(items) {
        if let Some(item) = item.filter(|item| item.is_lessened_by(posting.amount_minor)) {
            *value = Some(item.taken_by(posting.amount_minor, rate)?);
        }
    }
    let Some(first) = own.iter().position(Option::is_some) else {
        return rate::converted(journal, rate);
    };
    let taken: i64 = own.iter().flatten().sum();
    let rest = || postings.iter().zip(&own).filter(|(_, value)| value.is_none());
    let whole: i64 = rest().map(|(posting, _)| posting.amount_minor).sum();
    let over = whole != 0 && rest().all(|(posting, _)| takes_over(posting.account));
    let mut out = Vec::with_capacity(postings.len() + 1);
    let (mut foreign, mut sum) = (0, 0);
    for (posting, value) in postings.iter().zip(&own) {
        let amount_minor = match value {
            Some(value) => *value,
            None if over => {
                // Slices of what was taken, in proportion to the amounts.
                let share = |part: i64| {
                    let share = cumulative_share(taken, part.abs(), whole.abs());
                    if part.signum() == whole.signum() { -share } else { share }
                };
                foreign += posting.amount_minor;
                share(foreign) - share(foreign - posting.amount_minor)
            }
            None => rate.convert(Money::new(posting.amount_minor, rate.currency))?.minor(),
        };
        sum += amount_minor;
        let base = |minor| rate.convert(Money::new(minor, rate.currency)).map(Money::minor);
        out.push(Posting {
            amount_minor,
            tax_base_minor: posting.tax_base_minor.map(base).transpose()?,
            foreign: Some(Money::new(posting.amount_minor, rate.currency)),
            ..posting.clone()
        });
    }
    let at = postings[first].dimensions;
    out.push(Posting::new(Account::FxDifferences, -sum, at));
    out.retain(|posting| posting.amount_minor != 0);
    let head = JournalHead { currency: rate.into, ..journal.head.clone() };
    match Journal::new(head, out) {
        Ok(journal) => Ok(Some(journal)),
        Err(Unbalanced::TooFew) => Ok(None),
        Err(_) => Err(MoneyError::Overflow),
    }
}

/// What an account holds in another currency, and what revaluing it comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Revalued {
    pub account: Account,
    pub carried: Carried,
    pub rate: Rate,
    /// What the amount is worth at the rate.
    pub worth: i64,
}

/// Whether an account is revalued at the end of a period. What was paid in advance, deposits and
/// store credit, keeps the rate of its day: it is settled in goods. Goods and results are no money.
pub const fn is_revalued(account: Account) -> bool {
    is_open(account) || is_money(account)
}

/// Debts and claims: what their revaluation says is taken back on the next day, since the rate of
/// the day of payment decides.
pub const fn is_open(account: Account) -> bool {
    matches!(account, Account::Receivables | Account::UnappliedReceipts | Account::Payables)
}

/// Money itself: it stays at its new value.
const fn is_money(account: Account) -> bool {
    matches!(
        account,
        Account::TillCash
            | Account::SafeCash
            | Account::CashInTransit
            | Account::Clearing
            | Account::CodClearing
            | Account::Bank
    )
}

impl Revalued {
    /// # Errors
    /// Where the value is out of range.
    pub fn at(account: Account, carried: Carried, rate: Rate) -> Result<Self, MoneyError> {
        let worth = rate.convert(Money::new(carried.foreign, rate.currency))?.minor();
        Ok(Self { account, carried, rate, worth })
    }

    /// What is posted on the account, debits positive.
    pub const fn difference(&self) -> i64 {
        self.worth - self.carried.own
    }

    pub const fn currency(&self) -> Currency {
        self.rate.currency
    }
}

/// The postings that bring accounts to what they are worth, against exchange differences. They
/// name the currency and change no amount in it. Empty where nothing differs.
pub fn revaluation(all: &[Revalued], at: super::Dimensions) -> Vec<Posting> {
    let differs = all.iter().filter(|one| one.difference() != 0);
    let mut postings: Vec<Posting> = differs
        .map(|one| Posting {
            foreign: Some(Money::new(0, one.currency())),
            ..Posting::new(one.account, one.difference(), at)
        })
        .collect();
    let sum: i64 = postings.iter().map(|posting| posting.amount_minor).sum();
    match sum.cmp(&0) {
        Ordering::Equal => {}
        _ => postings.push(Posting::new(Account::FxDifferences, -sum, at)),
    }
    postings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::{Dimensions, DocumentKind, JournalKind};
    use crate::id::*;
    use crate::time::Day;
    use crate::units::{Cause, CauseKind};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn rate(text: &str) -> Rate {
        Rate {
            currency: Currency::parse("USD").unwrap(),
            into: Currency::parse("GBP").unwrap(),
            rate_on: Day::parse("2026-11-23").unwrap(),
            rate: Decimal::from_str_exact(text).unwrap(),
        }
    }

    fn at(kind: DocumentKind) -> Dimensions {
        Dimensions { document: Some((kind, [4; 16])), ..Dimensions::default() }
    }

    fn journal(postings: &[(Account, i64)]) -> Journal {
        let head = JournalHead {
            id: JournalId::from_bytes([1; 16]),
            legal_entity: LegalEntityId::from_bytes([2; 16]),
            kind: JournalKind::Settlement,
            cause: Cause { kind: CauseKind::Settlement, id: [3; 16] },
            currency: Currency::parse("USD").unwrap(),
            accounting_on: Day::parse("2026-11-23").unwrap(),
            reverses: None,
        };
        let posting = |(account, amount): &(Account, i64)| {
            Posting::new(*account, *amount, at(DocumentKind::Invoice))
        };
        Journal::new(head, postings.iter().map(posting).collect()).unwrap()
    }

    fn amounts(journal: &Journal) -> Vec<(Account, i64)> {
        journal.postings().iter().map(|one| (one.account, one.amount_minor)).collect()
    }

    const fn item(foreign: i64, own: i64) -> Option<Carried> {
        Some(Carried { foreign, own })
    }

    #[test]
    fn what_pays_an_invoice_booked_at_another_rate_posts_the_difference() {
        let pays =
            journal(&[(Account::UnappliedReceipts, 10_000), (Account::Receivables, -10_000)]);
        let items = [item(-10_000, -7_900), item(10_000, 7_500)];
        let valued = valued(&pays, &rate("0.9"), &items).unwrap().unwrap();
        let posted = [
            (Account::UnappliedReceipts, 7_900),
            (Account::Receivables, -7_500),
            (Account::FxDifferences, -400),
        ];
        assert_eq!(amounts(&valued), posted);
        assert_eq!(valued.postings()[1].foreign.unwrap().to_string(), "-100.00 USD");
        assert_eq!(valued.postings()[2].foreign, None);
    }

    #[test]
    fn what_only_changes_its_place_keeps_what_it_is_carried_at() {
        let moves =
            journal(&[(Account::UnappliedReceipts, 100), (Account::CustomerDeposits, -100)]);
        let valued = valued(&moves, &rate("0.9"), &[item(-300, -200), None]).unwrap().unwrap();
        let posted = [(Account::UnappliedReceipts, 67), (Account::CustomerDeposits, -67)];
        assert_eq!(amounts(&valued), posted);
        let lost = journal(&[(Account::BadDebt, 100), (Account::Receivables, -100)]);
        let valued = super::valued(&lost, &rate("0.9"), &[None, item(100, 75)]).unwrap().unwrap();
        assert_eq!(amounts(&valued), [(Account::BadDebt, 75), (Account::Receivables, -75)]);
    }

    #[test]
    fn what_goes_beyond_an_item_is_worth_what_the_rate_says() {
        let back = journal(&[(Account::UnappliedReceipts, 300), (Account::Bank, -300)]);
        let valued = valued(&back, &rate("0.9"), &[item(-100, -80), None]).unwrap().unwrap();
        let posted = [
            (Account::UnappliedReceipts, 80 + 180),
            (Account::Bank, -270),
            (Account::FxDifferences, 10),
        ];
        assert_eq!(amounts(&valued), posted);
    }

    #[test]
    fn an_account_is_brought_to_what_its_currency_is_worth() {
        let carried = Carried { foreign: 10_000, own: 7_500 };
        let up = Revalued::at(Account::Receivables, carried, rate("0.8")).unwrap();
        assert_eq!((up.worth, up.difference()), (8_000, 500));
        let owed = Carried { foreign: -4_000, own: -3_200 };
        let same = Revalued::at(Account::Payables, owed, rate("0.8")).unwrap();
        let postings = revaluation(&[up, same], at(DocumentKind::Period));
        let posted: Vec<_> = postings.iter().map(|one| (one.account, one.amount_minor)).collect();
        assert_eq!(posted, [(Account::Receivables, 500), (Account::FxDifferences, -500)]);
        assert_eq!(postings[0].foreign.unwrap().to_string(), "0.00 USD");
        assert!(revaluation(&[same], at(DocumentKind::Period)).is_empty());
        for account in Account::ALL.iter().filter(|one| is_revalued(**one)) {
            assert_ne!(*account, Account::CustomerDeposits);
            assert!(is_open(*account) != is_money(*account));
        }
    }

    proptest! {
        /// Paid in whatever parts at whatever rates, nothing is left of an invoice, and the books
        /// balance each time.
        #[test]
        fn parts_settle_the_whole(
            parts in proptest::collection::vec((1_i64..50_000, 1_i64..300_000), 1..12),
            booked in 1_i64..5_000_000, now in 1_i64..200_000,
        ) {
            let total: i64 = parts.iter().map(|(part, _)| part).sum();
            let mut left = Carried { foreign: total, own: booked };
            for (part, paid_at) in parts {
                let from = item(-part, -paid_at);
                let pays =
                    journal(&[(Account::UnappliedReceipts, part), (Account::Receivables, -part)]);
                let rate = Rate { rate: Decimal::new(now, 5), ..rate("1") };
                let posted = valued(&pays, &rate, &[from, Some(left)]).unwrap();
                let posted = posted.map(|one| one.postings().to_vec()).unwrap_or_default();
                prop_assert_eq!(posted.iter().map(|one| one.amount_minor).sum::<i64>(), 0);
                let of = |account| {
                    let own = posted.iter().filter(|one| one.account == account);
                    own.map(|one| one.amount_minor).sum::<i64>()
                };
                prop_assert_eq!(of(Account::UnappliedReceipts), paid_at);
                left.foreign -= part;
                left.own += of(Account::Receivables);
                prop_assert!(left.own >= 0);
            }
            prop_assert_eq!(left, Carried::default());
        }
    }
}
