//! Counting again what an account owes.

use std::collections::BTreeMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{AccountId, SiteId};
use orderly_core::order::exposure::exposure;
use orderly_core::party::{Account, AccountChange, Exposure};
use orderly_store::tables::accounts::{self, ExposureChange, ExposureKey};
use orderly_store::tables::{orders, statements};

use super::change;
use super::exposure::keys;
use crate::{App, Call, Error};

/// Orders read at once.
const PIECE: i64 = 500;

/// Sets what an account and its sites owe to what their orders and documents count. Limits play no
/// part: what is owed is owed. Nothing changes where the counters are right.
pub fn recount(app: &App, call: &Call, id: AccountId) -> Result<Account, Error> {
    change(app, call, "account.recount", "account.recounted", id, |tx, account| {
        call.require(Permission::Credit, Scope::default())?;
        let stored = accounts::exposures(tx, id)?;
        let all: Vec<ExposureKey> = stored.iter().map(|one| (one.account, one.site)).collect();
        // Locked, no order of the account is saved until this is done.
        let stored = accounts::lock_exposures(tx, &all)?;
        let mut counted: BTreeMap<ExposureKey, Exposure> =
            all.iter().map(|key| (*key, Exposure::none(key.0, key.1, None))).collect();
        let mut after = orderly_core::id::OrderId::NONE;
        loop {
            let ids = orders::of_account(tx, id, after, PIECE)?;
            let Some(last) = ids.last() else { break };
            after = *last;
            for id in ids {
                let Some(order) = orders::get(tx, id, false)? else { continue };
                let stages = exposure(&order);
                for key in keys(&order) {
                    let none = Exposure::none(key.0, key.1, None);
                    let sum = counted.entry(key).or_insert(none);
                    sum.open += stages.open;
                    sum.dispatched += stages.dispatched;
                }
            }
        }
        for (account, site, open) in statements::open_now(tx, Some(id))? {
            for site in std::iter::once(SiteId::NONE).chain(site.filter(|site| !site.is_none())) {
                if let Some(sum) = counted.get_mut(&(account, site)) {
                    sum.invoiced += open;
                }
            }
        }
        let mut changes = Vec::new();
        for one in &stored {
            let Some(sum) = counted.get(&(one.account, one.site)) else { continue };
            let change = ExposureChange {
                key: (one.account, one.site),
                open: sum.open - one.open,
                dispatched: sum.dispatched - one.dispatched,
                invoiced: sum.invoiced - one.invoiced,
                guarded: false,
            };
            changes.push(change);
        }
        if let Some((account, site)) = accounts::change_exposure(tx, &changes)? {
            return Err(Error::Internal(format!(
                "account {account}, site {site} cannot be counted"
            )));
        }
        let told = changes.iter().map(|one| AccountChange::Recounted {
            site: Some(one.key.1).filter(|site| !site.is_none()),
            open: one.open,
            dispatched: one.dispatched,
            invoiced: one.invoiced,
        });
        Ok((account.clone(), told.collect()))
    })
}
