//! The merchant's own chart of accounts.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::Account;
use orderly_core::books::chart::Chart;
use orderly_store::Tx;
use orderly_store::tables::books;
use serde::Serialize;

use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

/// An account as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "LedgerAccount")]
pub struct Listed {
    pub code: &'static str,
    pub number: Option<String>,
    pub name: String,
    pub kind: &'static str,
}

/// The whole chart, as the merchant calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Charted(pub Vec<Listed>);

impl Object for Charted {
    fn reference(&self) -> Reference {
        Reference { kind: "chart", id: [0; 16], sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, _: [u8; 16], _: i64) -> Result<Self, Error> {
        listed(tx)
    }
}

fn listed(tx: &mut Tx<'_>) -> Result<Charted, Error> {
    let known = books::accounts(tx)?;
    let row = |account: &Account| {
        let own = known.iter().find(|one| one.account == *account);
        Listed {
            code: account.code(),
            number: own.and_then(|one| one.number.clone()),
            name: own.map_or_else(|| account.name().to_owned(), |one| one.name.clone()),
            kind: account.kind().code(),
        }
    };
    Ok(Charted(Account::ALL.iter().map(row).collect()))
}

/// Returns every account of the ledger, as the merchant calls it.
pub fn chart(app: &App, call: &Call) -> Result<Charted, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(listed)
}

/// Calls the accounts what a template calls them; the codes stay.
///
/// # Errors
/// What [`Chart::check`] refuses.
pub fn use_chart(app: &App, call: &Call, chart: &Chart) -> Result<Charted, Error> {
    command(app, call, "books.chart", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        books::insert_accounts(tx)?;
        for (account, number, name) in chart.check()? {
            books::name_account(tx, &books::Named { account, number: Some(number), name })?;
        }
        listed(tx)
    })
}
