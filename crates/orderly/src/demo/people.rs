//! The merchant: its locations, channels, customers and trade accounts.

use orderly_core::catalog::new::{NewChannel, NewEntity, NewLocation};
use orderly_core::catalog::{Channel, ChannelKind, Coordinates, Location, LocationKind};
use orderly_core::id::ContactId;
use orderly_core::party::NewParty;

use super::random::{Clock, Random};
use super::words;
use crate::ops::{accounts, catalog, parties, settings};
use crate::{App, Error};

/// How many customers and trade accounts there are.
const CUSTOMERS: usize = 2_000;
const ACCOUNTS: usize = 60;

/// A customer as orders name it.
#[derive(Debug, Clone)]
pub struct Buyer {
    pub number: String,
    pub party: NewParty,
}

/// A trade account with its sites and the contacts who order.
#[derive(Debug, Clone)]
pub struct Trade {
    pub number: String,
    pub sites: Vec<(String, NewParty)>,
    pub contacts: Vec<ContactId>,
}

/// Who trades, and where.
#[derive(Debug)]
pub struct Merchant {
    pub name: String,
    /// The warehouse first, then the branches.
    pub locations: Vec<Location>,
    /// A till in each branch, then web, marketplace and phone.
    pub channels: Vec<Channel>,
    pub customers: Vec<Buyer>,
    pub accounts: Vec<Trade>,
}

/// Where the towns lie, in degrees × 10⁶: the warehouse and three branches.
const TOWNS: [(i64, i64); 4] = [
    (53_230_000, -1_410_000),
    (53_480_000, -1_620_000),
    (53_040_000, -1_190_000),
    (52_930_000, -1_730_000),
];

fn address(random: &mut Random, town: &str, around: (i64, i64), district: i64) -> NewParty {
    let mut near = |at: i64| at + random.between(-90_000, 90_000);
    let coordinates = Coordinates { latitude_e6: near(around.0), longitude_e6: near(around.1) };
    NewParty {
        name: String::new(),
        address_lines: vec![words::street(random)],
        city: Some(town.to_owned()),
        postcode: Some(words::postcode(random, district)),
        country: Some("GB".into()),
        coordinates: Some(coordinates),
        ..NewParty::default()
    }
}

/// Creates the merchant with everything but its goods.
pub fn set_up(app: &App, clock: &mut Clock) -> Result<Merchant, Error> {
    let name = format!("{} & Daughters", words::name(&mut clock.random));
    let entity = NewEntity {
        code: "MAIN".into(),
        name: name.clone(),
        country: "GB".into(),
        currency: "GBP".into(),
        zone: "Europe/London".into(),
        tax_number: None,
    };
    settings::init(app, &clock.call(), &entity)?;
    let towns: Vec<String> = TOWNS.iter().map(|_| words::name(&mut clock.random)).collect();
    let locations = locations(app, clock, &name, &towns)?;
    let channels = channels(app, clock, &locations)?;
    let customers = customers(app, clock, &towns)?;
    let accounts = accounts(app, clock, &towns)?;
    Ok(Merchant { name, locations, channels, customers, accounts })
}

fn locations(
    app: &App,
    clock: &mut Clock,
    name: &str,
    towns: &[String],
) -> Result<Vec<Location>, Error> {
    let mut locations = Vec::new();
    for (index, (town, at)) in towns.iter().zip(TOWNS).enumerate() {
        let district = i64::try_from(index).unwrap_or(0) + 1;
        let party = address(&mut clock.random, town, at, district);
        let warehouse = index == 0;
        let kind = if warehouse { LocationKind::Warehouse } else { LocationKind::Store };
        let new = NewLocation {
            code: if warehouse { "HUB".into() } else { format!("BR{index}") },
            name: format!("{town} {}", if warehouse { "warehouse" } else { "branch" }),
            kind,
            coordinates: party.coordinates,
            address: Some(NewParty { name: name.to_owned(), ..party }),
            zone: None,
            priority: if warehouse { 0 } else { 10 },
            fulfills: true,
        };
        locations.push(catalog::create_location(app, &clock.call(), &new)?);
    }
    Ok(locations)
}

fn channels(app: &App, clock: &mut Clock, at: &[Location]) -> Result<Vec<Channel>, Error> {
    let mut channels = Vec::new();
    let mut add = |code: String, name: String, kind: ChannelKind, location: Option<String>| {
        let priority = if kind == ChannelKind::Marketplace { 20 } else { 10 };
        let (when_short, rounding, currency) = (None, None, None);
        let new =
            NewChannel { code, name, kind, when_short, rounding, currency, location, priority };
        channels.push(catalog::create_channel(app, &clock.call(), &new)?);
        Ok::<(), Error>(())
    };
    for location in &at[1..] {
        let code = format!("TILL-{}", location.code);
        let name = format!("{} till", location.name);
        add(code, name, ChannelKind::Store, Some(location.code.clone()))?;
    }
    add("WEB".into(), "Web store".into(), ChannelKind::Web, None)?;
    add("MARKET".into(), "Marketplace".into(), ChannelKind::Marketplace, None)?;
    add("PHONE".into(), "Phone and trade desk".into(), ChannelKind::Phone, None)?;
    Ok(channels)
}

fn customers(app: &App, clock: &mut Clock, towns: &[String]) -> Result<Vec<Buyer>, Error> {
    let mut customers = Vec::with_capacity(CUSTOMERS);
    while customers.len() < CUSTOMERS {
        let mut new = Vec::new();
        for at in customers.len()..(customers.len() + 500).min(CUSTOMERS) {
            let random = &mut clock.random;
            let town = random.below(TOWNS.len());
            let district = random.between(1, 29);
            let name = words::person(random);
            let email = format!("{}.{at}@example.org", name.to_lowercase().replace(' ', "."));
            let phone =
                format!("0{} {}", random.between(1_100, 1_999), random.between(200_000, 999_999));
            let party = NewParty {
                name,
                email: Some(email),
                phone: Some(phone),
                ..address(random, &towns[town], TOWNS[town], district)
            };
            new.push(parties::NewCustomer { number: None, kind: None, party });
        }
        let made = parties::create_customers(app, &clock.call(), &new)?;
        let known = made.into_iter().zip(new);
        customers.extend(known.map(|(made, new)| Buyer { number: made.number, party: new.party }));
    }
    Ok(customers)
}

fn accounts(app: &App, clock: &mut Clock, towns: &[String]) -> Result<Vec<Trade>, Error> {
    let mut trades = Vec::with_capacity(ACCOUNTS);
    for index in 0..ACCOUNTS {
        let random = &mut clock.random;
        let town = random.below(TOWNS.len());
        let company = words::company(random);
        let own = address(random, &towns[town], TOWNS[town], 30);
        let party = NewParty {
            name: words::person(random),
            company: Some(company.clone()),
            email: Some(format!("accounts{index}@example.com")),
            ..own
        };
        let limit = random.between(60, 200) * 1_000;
        let new = accounts::NewAccount {
            number: format!("T{:04}", 1_001 + index),
            name: company.clone(),
            party,
            terms_days: *random.pick(&[14, 30, 30, 30, 60]),
            limit: Some(limit.to_string()),
            ..accounts::NewAccount::default()
        };
        let account = accounts::create_account(app, &clock.call(), &new)?;
        let mut trade =
            Trade { number: account.number.clone(), sites: Vec::new(), contacts: Vec::new() };
        for site in 0..clock.random.between(1, 3) {
            let random = &mut clock.random;
            let at = random.below(TOWNS.len());
            let district = random.between(1, 29);
            let party = NewParty {
                name: company.clone(),
                ..address(random, &towns[at], TOWNS[at], district)
            };
            let name = party.address_lines.first().cloned().unwrap_or_default();
            let code = format!("S{}", site + 1);
            let reference = Some(format!("JOB-{}", random.between(1_000, 9_999)));
            let (site, limit) = (party.clone(), None);
            let new = accounts::NewSite { code: code.clone(), name, party: site, reference, limit };
            accounts::create_site(app, &clock.call(), account.id, &new)?;
            trade.sites.push((code, party));
        }
        for _ in 0..clock.random.between(1, 2) {
            let party = NewParty { name: words::person(&mut clock.random), ..NewParty::default() };
            let (site, may_order, may_collect) = (None, true, true);
            let new = accounts::NewContact { party, site, may_order, may_collect };
            let contact = accounts::create_contact(app, &clock.call(), account.id, &new)?;
            trade.contacts.push(contact.id);
        }
        trades.push(trade);
    }
    Ok(trades)
}
