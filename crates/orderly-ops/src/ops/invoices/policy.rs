//! When what is sold is invoiced: a setting of the channel, overridden by one of the account.

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::{Channel, ChannelKind};
use orderly_core::id::{AccountId, ChannelId};
use orderly_core::order::Invoicing;
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{accounts, channels, settings};

use crate::{App, Call, Error};

/// What the settings of a channel's or an account's invoicing begin with; its id follows.
const PREFIX: &str = "invoicing.";
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

/// Whose policy is set: a channel's by its code, or an account's by its number.
#[derive(Debug, Clone, Default)]
pub struct Of {
    pub channel: Option<String>,
    pub account: Option<String>,
}

/// Sets when orders of a channel or an account are invoiced. Orders keep the policy under which
/// they were placed.
///
/// # Errors
/// `forbidden`; `unknown_channel`, `unknown_account`.
pub fn set(app: &App, call: &Call, of: &Of, policy: Invoicing) -> Result<(), Error> {
    call.require(Permission::Configure, Scope::default())?;
    app.store.write(|tx| {
        if let Some(code) = &of.channel {
            let found = channels::by_code(tx, code)?;
            let unknown = || Refusal::at(Code::UnknownChannel, "/channel", "no such channel");
            let id = found.ok_or_else(unknown)?.id;
            settings::set(tx, &format!("{PREFIX}{id}"), policy.code())?;
        }
        if let Some(number) = &of.account {
            let found = accounts::by_number(tx, number)?;
            let unknown = || Refusal::at(Code::UnknownAccount, "/account", "no such account");
            let id = found.ok_or_else(unknown)?.id;
            settings::set(tx, &format!("{PREFIX}{id}"), policy.code())?;
        }
        Ok(())
    })
}
