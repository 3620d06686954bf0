//! When what is sold is invoiced: a setting of the channel, overridden by one of the account.

use std::collections::HashMap;

use orderly_core::catalog::{Channel, ChannelKind};
use orderly_core::id::{AccountId, ChannelId};
use orderly_core::order::Invoicing;
use orderly_store::Tx;
use orderly_store::tables::settings;

use crate::Error;

/// What the settings of a channel's or an account's invoicing begin with; its id follows.
const PREFIX: &str = "invoicing.";
/// The setting that says how many accounts' collective invoices end: a day of the month.
const CUT_OFF: &str = "invoicing.cut_off.";
/// The setting by which document numbers start again with every year: `yes`.
pub const YEARLY: &str = "invoicing.yearly";

/// The policies that differ from the usual ones.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    channels: HashMap<ChannelId, Invoicing>,
    accounts: HashMap<AccountId, Invoicing>,
}

impl Policies {
    /// Reads the policies that are set.
    pub fn read(tx: &mut Tx<'_>) -> Result<Self, Error> {
        let mut out = Self::default();
        for (key, value) in settings::all(tx)? {
            let Some(name) = key.strip_prefix(PREFIX) else { continue };
            let Some(policy) = Invoicing::parse(&value) else { continue };
            if let Ok(channel) = name.parse() {
                out.channels.insert(channel, policy);
            } else if let Ok(account) = name.parse() {
                out.accounts.insert(account, policy);
            }
        }
        Ok(out)
    }

    /// The policy of an order: its account's, else its channel's; a till's sales are invoiced at
    /// once and all others with their deliveries where nothing is set.
    pub fn of(&self, channel: &Channel, account: Option<AccountId>) -> Invoicing {
        let usual = match channel.kind {
            ChannelKind::Store => Invoicing::PerSale,
            _ => Invoicing::PerDelivery,
        };
        let own = account.and_then(|account| self.accounts.get(&account));
        own.or_else(|| self.channels.get(&channel.id)).copied().unwrap_or(usual)
    }
}

/// Sets the policy of a channel.
pub fn set_channel(tx: &mut Tx<'_>, id: ChannelId, policy: Invoicing) -> Result<(), Error> {
    Ok(settings::set(tx, &format!("{PREFIX}{id}"), policy.code())?)
}

/// Sets the policy of an account, and the day of the month up to which its collective invoices
/// reach: the month's last where it has fewer days.
pub fn set_account(
    tx: &mut Tx<'_>,
    id: AccountId,
    policy: Invoicing,
    cut_off: Option<u8>,
) -> Result<(), Error> {
    settings::set(tx, &format!("{PREFIX}{id}"), policy.code())?;
    if let Some(day) = cut_off {
        settings::set(tx, &format!("{CUT_OFF}{id}"), &day.to_string())?;
    }
    Ok(())
}

/// The day of the month up to which an account's collective invoices reach; 31 where none is set.
pub fn cut_off(tx: &mut Tx<'_>, id: AccountId) -> Result<u8, Error> {
    let set = settings::get(tx, &format!("{CUT_OFF}{id}"))?;
    Ok(set.and_then(|day| day.parse().ok()).unwrap_or(31))
}
