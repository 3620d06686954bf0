//! Accounts as people and programs read them.

use std::process::ExitCode;

use orderly_core::id::SiteId;
use orderly_core::party::{Account, Contact, Exposure, Party};
use serde_json::{Value, json};

use crate::cli::Session;
use crate::cli::output::table;
use crate::ops::accounts;
use crate::ops::read::parties::{self, Known};
use crate::wire::out::{AddressOut, amount};
use crate::{App, Error};

/// Lists accounts with what they owe in all.
pub fn list(session: &Session, after: &str, limit: i64) -> Result<ExitCode, Error> {
    let found = accounts::list(&session.open()?, &session.reading(), after, limit)?;
    let whole = |owed: &[Exposure]| owed.iter().find(|one| one.site.is_none()).copied();
    let objects: Vec<Value> = found
        .iter()
        .map(|(account, owed)| {
            let owed = owed.iter().map(|one| owed_json(account, one, None)).collect::<Vec<_>>();
            json!({ "account": account_json(account), "owed": owed })
        })
        .collect();
    session.out.answer(&json!({ "accounts": objects }), || {
        let rows = found.iter().map(|(account, owed)| {
            let money = |minor: i64| amount(minor, account.currency);
            let none = Exposure::none(account.id, SiteId::NONE, None);
            let owed = whole(owed).unwrap_or(none);
            vec![
                account.number.clone(),
                account.name.clone(),
                account.state.code().into(),
                account.currency.to_string(),
                money(owed.open),
                money(owed.dispatched),
                money(owed.invoiced),
                owed.limit.map_or_else(|| "none".into(), money),
                owed.available().map_or_else(String::new, money),
            ]
        });
        let head = [
            "number",
            "name",
            "state",
            "currency",
            "open>",
            "dispatched>",
            "invoiced>",
            "limit>",
            "available>",
        ];
        table(&head, rows)
    })
}

/// Shows one account.
pub fn show(app: &App, session: &Session, text: &str) -> Result<ExitCode, Error> {
    let call = session.reading();
    let account = accounts::find(app, &call, text)?;
    let known = parties::show(app, &call, &account.number)?;
    session.out.answer(&json(&account, &known), || page(&account, &known))
}

fn account_json(account: &Account) -> Value {
    json!({
        "id": account.id.to_string(),
        "number": account.number,
        "name": account.name,
        "state": account.state.code(),
        "currency": account.currency.to_string(),
        "terms": account.terms.kind.code(),
        "terms_days": account.terms.days,
        "when_over": account.when_over.code(),
        "reference_required": account.reference_required,
        "contact_required": account.contact_required,
        "version": account.version,
    })
}

fn owed_json(account: &Account, owed: &Exposure, site: Option<&str>) -> Value {
    let money = |minor: i64| amount(minor, account.currency);
    json!({
        "site": site,
        "limit": owed.limit.map(money),
        "open": money(owed.open),
        "dispatched": money(owed.dispatched),
        "invoiced": money(owed.invoiced),
        "available": owed.available().map(money),
    })
}

fn json(account: &Account, known: &Known) -> Value {
    let code =
        |site: SiteId| known.sites.iter().find(|one| one.id == site).map(|one| one.code.as_str());
    let contact = |(contact, party): &(Contact, Option<Party>)| {
        json!({
            "id": contact.id.to_string(),
            "site": contact.site.and_then(code),
            "may_order": contact.may_order,
            "may_collect": contact.may_collect,
            "active": contact.active,
            "party": party.as_ref().map(AddressOut::from),
        })
    };
    let owed = known.exposures.iter().map(|one| owed_json(account, one, code(one.site)));
    json!({
        "account": account_json(account),
        "customer": known.customer.number,
        "party": known.party.as_ref().map(AddressOut::from),
        "owed": owed.collect::<Vec<_>>(),
        "agreed": known.agreed.iter().map(|one| json!({
            "agreement": one.number, "currency": one.currency.to_string(),
            "valid_until": one.valid_until.map(|day| day.to_string()),
            "open": amount(one.open, one.currency),
        })).collect::<Vec<_>>(),
        "sites": known.sites.iter().map(|site| json!({
            "code": site.code, "name": site.name, "reference": site.reference,
            "active": site.active,
        })).collect::<Vec<_>>(),
        "contacts": known.contacts.iter().map(contact).collect::<Vec<_>>(),
    })
}

fn page(account: &Account, known: &Known) -> String {
    let money = |minor: i64| amount(minor, account.currency);
    let mut lines = vec![
        format!("{}  {}  ({})", account.number, account.name, account.state.code()),
        format!("Terms: {}; orders over the limit: {}", account.terms, account.when_over.code()),
    ];
    let wants = [
        (account.reference_required, "a reference"),
        (account.contact_required, "who orders and who collects"),
    ];
    let wants: Vec<&str> = wants.into_iter().filter(|one| one.0).map(|one| one.1).collect();
    if !wants.is_empty() {
        lines.push(format!("Orders name {}", wants.join(", ")));
    }
    lines.push(String::new());
    let rows = known.exposures.iter().map(|owed| {
        let site = known.sites.iter().find(|site| site.id == owed.site);
        vec![
            site.map_or_else(|| "in all".into(), |site| site.code.clone()),
            money(owed.open),
            money(owed.dispatched),
            money(owed.invoiced),
            owed.limit.map_or_else(|| "none".into(), money),
            owed.available().map_or_else(String::new, money),
            site.and_then(|site| site.reference.clone()).unwrap_or_default(),
        ]
    });
    let head = ["site", "open>", "dispatched>", "invoiced>", "limit>", "available>", "reference"];
    lines.push(table(&head, rows));
    for one in &known.agreed {
        let (open, currency) = (amount(one.open, one.currency), one.currency);
        lines.push(format!("Agreement {}: {open} {currency} may still be drawn", one.number));
    }
    if !known.contacts.is_empty() {
        lines.push(String::new());
        let rows = known.contacts.iter().map(|(contact, party)| {
            let site = known.sites.iter().find(|site| Some(site.id) == contact.site);
            let may = [(contact.may_order, "order"), (contact.may_collect, "collect")];
            let may: Vec<&str> = may.into_iter().filter(|one| one.0).map(|one| one.1).collect();
            vec![
                contact.id.to_string(),
                party.as_ref().map(|party| party.name.clone()).unwrap_or_default(),
                site.map_or_else(|| "all".into(), |site| site.code.clone()),
                if contact.active { may.join(", ") } else { "gone".into() },
            ]
        });
        lines.push(table(&["contact", "name", "site", "may"], rows));
    }
    lines.join("\n")
}
