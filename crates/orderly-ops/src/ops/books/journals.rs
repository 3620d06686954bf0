//! Looking through the journals.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::Account;
use orderly_core::books::chart::unknown;
use orderly_core::id::JournalId;
use orderly_core::time::Day;
use orderly_store::tables::journals::{self, Filter};
use orderly_store::tables::{channels, locations};

use super::{entity_called, roll_up};
use crate::{App, Call, Error};
pub use orderly_store::tables::journals::Numbered;

/// Which journals are asked for; codes where things have codes.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub entity: Option<String>,
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub account: Option<String>,
    pub location: Option<String>,
    pub channel: Option<String>,
    /// The id of a party or document.
    pub party: Option<[u8; 16]>,
    pub document: Option<[u8; 16]>,
}

/// Returns up to `limit` journals after a number, by number.
///
/// # Errors
/// `unknown_ledger_account`; `not_found` for other codes that name nothing.
pub fn list(
    app: &App,
    call: &Call,
    wanted: &Wanted,
    after: i64,
    limit: i64,
) -> Result<Vec<Numbered>, Error> {
    call.require(Permission::Read, Scope::default())?;
    roll_up(app)?;
    app.store.read(|tx| {
        let entity = entity_called(tx, wanted.entity.as_deref())?;
        let mut filter = Filter {
            from: wanted.from,
            to: wanted.to,
            party: wanted.party,
            document: wanted.document,
            ..Filter::of(entity.id)
        };
        if let Some(code) = &wanted.account {
            let known = Account::parse(code).ok_or_else(|| unknown(code, "/account"))?;
            filter.account = Some(known);
        }
        if let Some(code) = &wanted.location {
            let found = locations::by_code(tx, code)?.map(|one| one.id);
            let missing = || Error::not_found(format!("location {code}"));
            filter.location = Some(found.ok_or_else(missing)?);
        }
        if let Some(code) = &wanted.channel {
            let found = channels::by_code(tx, code)?.map(|one| one.id);
            let missing = || Error::not_found(format!("channel {code}"));
            filter.channel = Some(found.ok_or_else(missing)?);
        }
        Ok(journals::find(tx, &filter, after, limit)?)
    })
}

/// Returns one journal, by id or by its number.
pub fn show(app: &App, call: &Call, entity: Option<&str>, name: &str) -> Result<Numbered, Error> {
    call.require(Permission::Read, Scope::default())?;
    roll_up(app)?;
    let missing = || Error::not_found(format!("journal {name}"));
    app.store.read(|tx| {
        let found = match (name.parse::<JournalId>(), name.parse::<i64>()) {
            (Ok(id), _) => journals::get(tx, id)?,
            (_, Ok(number)) => {
                let entity = entity_called(tx, entity)?;
                journals::by_number(tx, entity.id, number)?
            }
            _ => None,
        };
        found.ok_or_else(missing)
    })
}
