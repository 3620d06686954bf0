//! Customers and their trade accounts.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::Session;
use super::output::table;
use crate::Error;
use crate::ops::read;
use crate::wire::out::catalog::CustomerOut;
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
                let rows = found.iter();
                let objects: Vec<CustomerOut> = rows
                    .map(|(customer, party)| CustomerOut::of(customer, party.as_ref()))
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
                session.out.answer(&CustomerOut::from(&known), || show_customer(&known))
            }
        }
    }
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
