//! Credit: what accounts and sites may owe, guarded wherever orders change.

mod people;
mod places;
mod races;
mod statements;
mod states;

use orderly::ops::accounts::{self, NewAccount, NewSite};
use orderly::ops::orders::place::place;
use orderly::wire::OrderIn;
use orderly::{Call, Error};
use orderly_core::id::{AccountId, SiteId};
use orderly_core::order::Order;
use orderly_core::party::{Account, NewParty, Site};
use orderly_core::refusal::Code;
use orderly_store::tables::accounts as rows;

use crate::fixture::{Shop, order};

fn named(name: &str) -> NewParty {
    NewParty { name: name.into(), ..NewParty::default() }
}

/// An account with a limit in pounds.
fn account(shop: &Shop, limit: Option<&str>) -> Account {
    let new = NewAccount {
        number: "T1".into(),
        name: "Field & Sons".into(),
        party: named("Field & Sons"),
        terms_days: 30,
        limit: limit.map(Into::into),
        ..NewAccount::default()
    };
    accounts::create_account(&shop.app, &shop.call(), &new).unwrap()
}

fn site(shop: &Shop, account: &Account, code: &str, limit: Option<&str>) -> Site {
    let new = NewSite {
        code: code.into(),
        name: code.into(),
        party: named(code),
        reference: None,
        limit: limit.map(Into::into),
    };
    accounts::create_site(&shop.app, &shop.call(), account.id, &new).unwrap()
}

/// An order of nails at 0.10 each on the account, for one of its sites.
fn nails(quantity: &str, site: Option<&str>) -> OrderIn {
    let mut on_account = order("web", &[("NAIL", quantity)]);
    on_account.customer = None;
    on_account.account = Some("T1".into());
    on_account.settlement = Some("account".into());
    on_account.site = site.map(Into::into);
    on_account
}

fn placed(shop: &Shop, order: &OrderIn) -> Order {
    place(&shop.app, &shop.call(), order).unwrap()
}

fn code<T>(result: Result<T, Error>) -> Code {
    match result {
        Err(Error::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("not a refusal: {error}"),
        Ok(_) => panic!("it was done"),
    }
}

/// (open, dispatched, invoiced) of an account or a site.
fn owed(shop: &Shop, account: AccountId, site: Option<SiteId>) -> (i64, i64, i64) {
    let key = (account, site.unwrap_or(SiteId::NONE));
    let found = shop.app.store.read(|tx| rows::exposures(tx, account)).unwrap();
    let own = found.into_iter().find(|one| (one.account, one.site) == key).unwrap();
    (own.open, own.dispatched, own.invoiced)
}

/// The same call with the leave to pass a refusal.
fn passing(shop: &Shop, code: Code) -> Call {
    let mut call = shop.call().with_reason("they paid this morning");
    call.overrides = vec![code];
    call
}
