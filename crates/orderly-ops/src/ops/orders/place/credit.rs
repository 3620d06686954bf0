//! What the orders of a batch count on their accounts, decided in memory in arrival order.

use std::collections::{BTreeMap, HashMap};

use orderly_core::id::IdSource;
use orderly_core::order::exposure::{CREDIT_HOLD, Stages, exposure, on_account};
use orderly_core::order::{Hold, HoldScope, Order, Step};
use orderly_core::party::{Account, Exposure, WhenOver};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::accounts::{self, ExposureChange, ExposureKey};

use crate::ops::accounts::exposure::{excess, keys, refusal, scope};
use crate::ops::orders::trade::Trades;
use crate::{Call, Error};

/// The counters that a batch moves, as they are with the orders it placed so far.
#[derive(Default)]
pub struct Credit {
    owed: HashMap<ExposureKey, Exposure>,
    changes: BTreeMap<ExposureKey, ExposureChange>,
}

/// How an order stands to the limits of its account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It counts nothing, or stays within every limit.
    Within,
    /// Somebody with the right lets it pass.
    Passed,
}

impl Credit {
    /// Reads the counters of the orders; on PostgreSQL they are locked by then.
    pub fn read<'a>(
        tx: &mut Tx<'_>,
        orders: impl Iterator<Item = &'a Order>,
    ) -> Result<Self, Error> {
        let mut wanted: Vec<ExposureKey> = orders.flat_map(keys).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let found = accounts::lock_exposures(tx, &wanted)?;
        let owed = found.into_iter().map(|owed| ((owed.account, owed.site), owed)).collect();
        Ok(Self { owed, changes: BTreeMap::new() })
    }

    /// Decides whether the order may be placed. One over a limit is refused, or gets a hold of
    /// kind `credit`, under which it counts nothing.
    ///
    /// # Errors
    /// `credit_limit` with the figures; `currency_mismatch` where the account has another one.
    pub fn decide(
        &self,
        call: &Call,
        trades: &Trades,
        order: &mut Order,
        ids: &mut IdSource,
    ) -> Result<Standing, Error> {
        if !on_account(order) {
            return Ok(Standing::Within);
        }
        let account = order.head.account.and_then(|id| trades.account(id));
        let account = account.ok_or_else(|| Error::Internal("an account was not read".into()))?;
        if order.currency != account.currency {
            let detail = format!("account {} is kept in {}", account.number, account.currency);
            let refusal = Refusal::at(Code::CurrencyMismatch, "/currency", detail);
            return Err(refusal.allowed(account.currency.code()).into());
        }
        let asked = exposure(order).sum();
        let Some(owed) = self.over(order, asked)? else { return Ok(Standing::Within) };
        if call.overridden(Code::CreditLimit, scope(order, excess(&owed, asked)))? {
            return Ok(Standing::Passed);
        }
        let refusal = refusal(account, trades.code((owed.account, owed.site)), &owed, asked);
        match account.when_over {
            WhenOver::Refuse => Err(refusal.into()),
            WhenOver::Hold => {
                order.holds.push(hold(call, account, order, &refusal, ids));
                Ok(Standing::Within)
            }
        }
    }

    /// The first counter whose limit the order would pass: its site's, then its account's.
    fn over(&self, order: &Order, asked: i64) -> Result<Option<Exposure>, Error> {
        if asked <= 0 {
            return Ok(None);
        }
        for key in keys(order).into_iter().rev() {
            let missing = || Error::Internal(format!("account {} has no counter", key.0));
            let owed = self.owed.get(&key).ok_or_else(missing)?;
            if !owed.fits(asked) {
                return Ok(Some(*owed));
            }
        }
        Ok(None)
    }

    /// Counts an order that is placed.
    pub fn take(&mut self, order: &Order, standing: Standing) {
        let stages = exposure(order);
        if stages == Stages::default() {
            return;
        }
        for key in keys(order) {
            if let Some(owed) = self.owed.get_mut(&key) {
                owed.open += stages.open;
                owed.dispatched += stages.dispatched;
            }
            let none = ExposureChange { key, open: 0, dispatched: 0, invoiced: 0, guarded: true };
            let change = self.changes.entry(key).or_insert(none);
            change.open += stages.open;
            change.dispatched += stages.dispatched;
            change.guarded &= standing == Standing::Within;
        }
    }

    /// Writes what the placed orders count. A counter that moved meanwhile starts the batch again.
    pub fn write(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let changes: Vec<ExposureChange> = self.changes.values().copied().collect();
        match accounts::change_exposure(tx, &changes)? {
            None => Ok(()),
            Some(_) => Err(Error::Again),
        }
    }
}

fn hold(
    call: &Call,
    account: &Account,
    order: &Order,
    refusal: &Refusal,
    ids: &mut IdSource,
) -> Hold {
    Hold {
        id: ids.draw(),
        kind: CREDIT_HOLD.into(),
        scope: HoldScope::Order,
        scope_id: order.id.as_bytes(),
        blocks: vec![Step::Release, Step::Pick, Step::Pack, Step::Ship],
        reason: format!("over the limit of account {}: {refusal}", account.number),
        owner: None,
        due_at: None,
        placed_at: call.now,
        released_at: None,
    }
}
