//! Customers and their trade accounts.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use super::Session;
use super::output::table;
use crate::Error;
use crate::ops::read;
use crate::wire::out::{AddressOut, amount};

#[derive(Debug, Subcommand)]
pub enum Customers {
    /// List customers by number
    List {
        /// Only customers after this number: the last one of the page before
        #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
        after: String,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// Show one customer by number, account number, e-mail address or id
    Show {
        /// Number, account number, e-mail address or id
        customer: String,
    },
}

impl Customers {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let call = session.reading();
        match self {
            Self::List { after, limit } => {
                let found = read::parties::list(&app, &call, after, *limit)?;
                let objects: Vec<Value> = found
                    .iter()
                    .map(|(customer, party)| {
                        json!({
                            "id": customer.id.to_string(),
                            "number": customer.number,
                            "kind": customer.kind.code(),
                            "party": party.as_ref().map(AddressOut::from),
                        })
                    })
                    .collect();
                session.out.answer(&json!({ "customers": objects }), || {
                    let rows = found.iter().map(|(customer, party)| {
                        let of = |get: fn(&AddressOut) -> Option<String>| {
                            party.as_ref().and_then(|p| get(&AddressOut::from(p)))
                        };
                        vec![
                            customer.number.clone(),
                            of(|p| p.company.clone().or(Some(p.name.clone()))).unwrap_or_default(),
                            of(|p| p.city.clone()).unwrap_or_default(),
                            of(|p| p.email.clone()).unwrap_or_default(),
                        ]
                    });
                    table(&["number", "name", "city", "e-mail"], rows)
                })
            }
            Self::Show { customer } => {
                let known = read::parties::show(&app, &call, customer)?;
                session.out.answer(&known_json(&known), || show_customer(&known))
            }
        }
    }
}

fn known_json(known: &read::parties::Known) -> Value {
    let account = known.account.as_ref().map(|account| {
        let money = |minor: i64| amount(minor, account.currency);
        let owed = |exposure: &orderly_core::party::Exposure| {
            json!({
                "site": known.sites.iter().find(|s| s.id == exposure.site).map(|s| &s.code),
                "limit": exposure.limit.map(money),
                "open": money(exposure.open),
                "dispatched": money(exposure.dispatched),
                "invoiced": money(exposure.invoiced),
            })
        };
        json!({
            "number": account.number,
            "name": account.name,
            "terms_days": account.terms.days,
            "currency": account.currency.to_string(),
            "exposures": known.exposures.iter().map(owed).collect::<Vec<_>>(),
        })
    });
    let contact = |(contact, party): &(orderly_core::party::Contact, _)| {
        let party: &Option<orderly_core::party::Party> = party;
        json!({
            "id": contact.id.to_string(),
            "may_order": contact.may_order,
            "may_collect": contact.may_collect,
            "party": party.as_ref().map(AddressOut::from),
        })
    };
    json!({
        "id": known.customer.id.to_string(),
        "number": known.customer.number,
        "kind": known.customer.kind.code(),
        "party": known.party.as_ref().map(AddressOut::from),
        "account": account,
        "sites": known.sites.iter().map(|site| json!({
            "code": site.code, "name": site.name, "reference": site.reference,
        })).collect::<Vec<_>>(),
        "contacts": known.contacts.iter().map(contact).collect::<Vec<_>>(),
    })
}

fn show_customer(known: &read::parties::Known) -> String {
    let party = known.party.as_ref().map(AddressOut::from).unwrap_or_default();
    let name = party.company.clone().unwrap_or_else(|| party.name.clone());
    let mut lines = vec![format!("{}  {name}", known.customer.number)];
    lines.extend(party.lines.iter().map(|line| format!("  {line}")));
    let place = [party.postcode, party.city, party.country];
    lines.push(format!("  {}", place.into_iter().flatten().collect::<Vec<_>>().join(" ")));
    lines.extend([party.email, party.phone].into_iter().flatten().map(|text| format!("  {text}")));
    if let Some(account) = &known.account {
        lines.push(format!("Account {}, {} days to pay", account.number, account.terms.days));
        for exposure in &known.exposures {
            let site = known.sites.iter().find(|site| site.id == exposure.site);
            let whose = site.map_or_else(|| "in all".into(), |site| format!("site {}", site.code));
            let money = |minor: i64| amount(minor, account.currency);
            let owed = exposure.open + exposure.dispatched + exposure.invoiced;
            let limit = exposure.limit.map_or_else(|| "no limit".into(), money);
            lines.push(format!("  {whose}: owes {} {}, of {limit}", money(owed), account.currency));
        }
    }
    lines.join("\n")
}
