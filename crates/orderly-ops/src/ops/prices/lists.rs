//! Price lists and their entries.

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{AccountId, ChannelId, PriceListId, SiteId};
use orderly_core::pricing::new::{NewEntry, NewList};
use orderly_core::pricing::{ListScope, PriceEntry, PriceList};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{accounts, catalog, channels, events as event_rows, pricing};

use super::configure;
use crate::ops::catalog::{ids, stale, taken};
use crate::ops::events::{Happened, event};
use crate::ops::{Object, Reference, command, settings};
use crate::{App, Call, Error};

impl Object for PriceList {
    fn reference(&self) -> Reference {
        Reference { kind: "price_list", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let id = PriceListId::from_bytes(id);
        let found = pricing::lists(tx)?.into_iter().find(|list| list.id == id);
        found.ok_or_else(|| Error::not_found(format!("price list {id}")))
    }
}

/// Returns every price list by code.
pub fn all(app: &App, call: &Call) -> Result<Vec<PriceList>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(pricing::lists)?)
}

/// Returns a list with its entries, each with its SKU.
///
/// # Errors
/// `unknown_price_list`.
pub fn show(
    app: &App,
    call: &Call,
    code: &str,
) -> Result<(PriceList, Vec<(String, PriceEntry)>), Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let list = called(tx, code)?;
        let entries = pricing::entries_of_list(tx, list.id)?;
        let items: Vec<_> = entries.iter().map(|entry| entry.item).collect();
        let known = catalog::load_ids(tx, &items)?;
        let named = entries
            .into_iter()
            .filter_map(|entry| known.get(entry.item).map(|item| (item.sku.clone(), entry)));
        let mut named: Vec<_> = named.collect();
        named.sort_by(|one, other| {
            (&one.0, one.1.from, one.1.valid.from).cmp(&(
                &other.0,
                other.1.from,
                other.1.valid.from,
            ))
        });
        Ok((list, named))
    })
}

/// Returns the list with this code.
pub(super) fn called(tx: &mut Tx<'_>, code: &str) -> Result<PriceList, Error> {
    let found = pricing::lists(tx)?.into_iter().find(|list| list.code == code.trim());
    found.ok_or_else(|| {
        let shown: String = code.chars().take(60).collect();
        let detail = format!("there is no price list `{shown}`");
        Refusal::at(Code::UnknownPriceList, "/list", detail).into()
    })
}

/// Returns whom each list is for: the channel's or group's code, the account's number, or
/// `NUMBER/SITE`. Base lists are for everybody and have none.
pub fn subjects(app: &App, lists: &[PriceList]) -> Result<HashMap<PriceListId, String>, Error> {
    app.store.read(|tx| {
        let mut out = HashMap::new();
        for list in lists {
            if let Some(subject) = subject_of(tx, list)? {
                out.insert(list.id, subject);
            }
        }
        Ok(out)
    })
}

fn subject_of(tx: &mut Tx<'_>, list: &PriceList) -> Result<Option<String>, Error> {
    let id = list.subject;
    let number = |tx: &mut Tx<'_>, id| accounts::get(tx, id).map(|one| one.map(|one| one.number));
    Ok(match list.scope {
        ListScope::Base => None,
        ListScope::Channel => {
            channels::get(tx, ChannelId::from_bytes(id))?.map(|channel| channel.code)
        }
        ListScope::CustomerGroup => {
            let mut all = pricing::groups(tx)?.into_iter();
            all.find(|group| group.id.as_bytes() == id).map(|group| group.code)
        }
        ListScope::Account => number(tx, AccountId::from_bytes(id))?,
        ListScope::Site => match accounts::site(tx, SiteId::from_bytes(id))? {
            None => None,
            Some(site) => {
                let number = number(tx, site.account)?.unwrap_or_default();
                Some(format!("{number}/{}", site.code))
            }
        },
    })
}

/// Adds a price list.
///
/// # Errors
/// Those of [`set`]; `already_exists`.
pub fn create(app: &App, call: &Call, new: &NewList) -> Result<PriceList, Error> {
    write(app, call, new, "price_list.create", Some(false))
}

/// Changes a price list that there is.
///
/// # Errors
/// Those of [`set`]; `unknown_price_list`.
pub fn change(app: &App, call: &Call, new: &NewList) -> Result<PriceList, Error> {
    write(app, call, new, "price_list.change", Some(true))
}

/// Adds a price list, or changes the one with its code. Its currency never changes: entries are
/// in it.
///
/// # Errors
/// What [`NewList::check`] refuses, `unknown_channel`, `unknown_group`, `unknown_account`,
/// `unknown_site`; `currency_mismatch` for another currency than the list has.
pub fn set(app: &App, call: &Call, new: &NewList) -> Result<PriceList, Error> {
    write(app, call, new, "price_list.set", None)
}

/// Writes a list; `there` says whether it has to be there already.
fn write(
    app: &App,
    call: &Call,
    new: &NewList,
    verb: &'static str,
    there: Option<bool>,
) -> Result<PriceList, Error> {
    command(app, call, verb, |tx| {
        configure(tx, call)?;
        if there == Some(true) {
            called(tx, &new.code)?;
        }
        let merchant = settings::merchant(tx)?;
        let subject = subject(tx, new)?;
        let mut ids = ids(call);
        let fresh = new.check(ids.draw(), subject, merchant.currency, call.now)?;
        let known = pricing::lists(tx)?.into_iter().find(|list| list.code == fresh.code);
        let list = match known {
            None => fresh,
            Some(known) if there == Some(false) => return Err(taken("price list", &known.code)),
            Some(known) => {
                call.expect_version(known.version)?;
                if new.currency.is_some() && fresh.currency != known.currency {
                    let detail = format!("{} is in {}", known.code, known.currency);
                    return Err(Refusal::at(Code::CurrencyMismatch, "/currency", detail).into());
                }
                let (id, currency, version) = (known.id, known.currency, known.version + 1);
                PriceList { id, currency, version, created_at: known.created_at, ..fresh }
            }
        };
        if !pricing::put_list(tx, &list)? {
            return Err(taken("price list", &list.code));
        }
        record(tx, call, &mut ids, &list, &[], "price_list.set")?;
        Ok(list)
    })
}

/// What a scope's text stands for.
fn subject(tx: &mut Tx<'_>, new: &NewList) -> Result<[u8; 16], Error> {
    let scope = new.scope()?;
    let text = new.subject.as_deref().map(str::trim).unwrap_or_default();
    let shown: String = text.chars().take(60).collect();
    let wrong = |code: Code| Refusal::at(code, "/subject", format!("there is no `{shown}`"));
    let account = |tx: &mut Tx<'_>, number: &str| {
        let found = accounts::by_number(tx, number)?;
        found.ok_or_else(|| Error::from(wrong(Code::UnknownAccount)))
    };
    Ok(match scope {
        ListScope::Base => [0; 16],
        ListScope::Channel => {
            let found = channels::by_code(tx, text)?;
            found.ok_or_else(|| wrong(Code::UnknownChannel))?.id.as_bytes()
        }
        ListScope::CustomerGroup => {
            let found = pricing::groups(tx)?.into_iter().find(|group| group.code == text);
            found.ok_or_else(|| wrong(Code::UnknownGroup))?.id.as_bytes()
        }
        ListScope::Account => account(tx, text)?.id.as_bytes(),
        ListScope::Site => {
            let (number, code) = text.split_once('/').ok_or_else(|| wrong(Code::UnknownSite))?;
            let account = account(tx, number)?;
            let sites = accounts::sites(tx, account.id)?;
            let site = sites.into_iter().find(|site| site.code == code);
            site.ok_or_else(|| wrong(Code::UnknownSite))?.id.as_bytes()
        }
    })
}

/// Puts prices into a list; each takes the place of one of the same item, quantity and first day.
/// All or none.
///
/// # Errors
/// `unknown_price_list`, `unknown_item`, what [`NewEntry::check`] refuses, with the pointer of the
/// entry; `nothing_to_do` for none.
pub fn put(app: &App, call: &Call, code: &str, new: &[NewEntry]) -> Result<PriceList, Error> {
    command(app, call, "price_list.put", |tx| {
        configure(tx, call)?;
        let before = called(tx, code)?;
        call.expect_version(before.version)?;
        let mut ids = ids(call);
        let mut entries = Vec::with_capacity(new.len());
        for (index, checked) in check(tx, &mut ids, &before, new)?.into_iter().enumerate() {
            entries.push(checked.map_err(|refusal| refusal.under(&format!("/{index}")))?);
        }
        if entries.is_empty() {
            return Err(Refusal::new(Code::NothingToDo, "no prices are given").into());
        }
        pricing::put_entries(tx, &entries)?;
        changed(tx, call, &mut ids, before, &entries, "price_list.prices_set")
    })
}

/// Takes prices off a list: those of the same item, quantity and first day.
///
/// # Errors
/// As [`put`]; `not_found` where the list has no such price.
pub fn remove(app: &App, call: &Call, code: &str, gone: &NewEntry) -> Result<PriceList, Error> {
    command(app, call, "price_list.remove", |tx| {
        configure(tx, call)?;
        let before = called(tx, code)?;
        call.expect_version(before.version)?;
        let mut ids = ids(call);
        let one = check(tx, &mut ids, &before, std::slice::from_ref(gone))?.pop();
        let entry = one.ok_or_else(|| Error::Internal("one entry was checked".into()))??;
        if !pricing::remove_entry(tx, &entry)? {
            let detail = format!("such a price of {} in {}", gone.sku, before.code);
            return Err(Error::not_found(detail));
        }
        changed(tx, call, &mut ids, before, &[entry], "price_list.price_removed")
    })
}

type Checked = Vec<Result<PriceEntry, Refusal>>;

/// Each entry checked against its item.
pub(super) fn check(
    tx: &mut Tx<'_>,
    ids: &mut orderly_core::id::IdSource,
    list: &PriceList,
    new: &[NewEntry],
) -> Result<Checked, Error> {
    let skus: Vec<&str> = new.iter().map(|entry| entry.sku.trim()).collect();
    let known = catalog::load(tx, &skus)?;
    let one = |entry: &NewEntry| {
        let item = known.by_sku(entry.sku.trim()).ok_or_else(|| {
            let shown: String = entry.sku.chars().take(60).collect();
            Refusal::at(Code::UnknownItem, "/sku", format!("no item has the SKU `{shown}`"))
        })?;
        entry.check(ids.draw(), list.id, item)
    };
    Ok(new.iter().map(one).collect())
}

/// Raises the version of a list whose entries changed, and tells.
pub(super) fn changed(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut orderly_core::id::IdSource,
    before: PriceList,
    entries: &[PriceEntry],
    kind: &str,
) -> Result<PriceList, Error> {
    let after = PriceList { version: before.version + 1, ..before };
    stale(pricing::put_list(tx, &after)?)?;
    record(tx, call, ids, &after, entries, kind)?;
    Ok(after)
}

fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut orderly_core::id::IdSource,
    list: &PriceList,
    entries: &[PriceEntry],
    kind: &str,
) -> Result<(), Error> {
    let happened = Happened {
        stream_kind: "price_list",
        stream: list.id.as_bytes(),
        sequence: list.version,
        kind,
        at: call.now,
    };
    let changes = serde_json::json!({ "list": list, "entries": entries });
    Ok(event_rows::record(tx, &[event(call, ids, happened, &changes)])?)
}
