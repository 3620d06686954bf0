//! The items and customers that rows name: known ones, and those made on the way.

use std::collections::HashMap;
use std::sync::Arc;

use orderly_core::id::{ChannelId, CustomerId, IdSource, ItemId, PartyId};
use orderly_core::item::{Goods, Item};
use orderly_core::party::{Customer, CustomerKind, NewParty, Party, SubjectKind};
use orderly_core::time::Instant;
use orderly_store::tables::{catalog, customers, parties};

use super::cache::Cache;
use super::history::{Parties, new_item};
use super::rows::Who;
use crate::{App, Error};

/// What one transaction adds beside orders.
#[derive(Default)]
pub struct Added {
    pub items: Vec<Item>,
    /// Names for items that were made by rows without a description.
    pub names: Vec<(ItemId, String)>,
    pub parties: Vec<Party>,
    pub customers: Vec<Customer>,
    pub externals: Vec<(String, CustomerId)>,
}

struct KnownItem {
    item: Arc<Item>,
    /// Whether its name is more than its SKU.
    named: bool,
}

/// A customer with the versions of the address in each country.
struct KnownCustomer {
    id: CustomerId,
    versions: Vec<(Option<String>, PartyId)>,
    last: i64,
}

/// Remembers what rows name.
pub struct Known {
    channel: ChannelId,
    number_prefix: String,
    customer_name: String,
    now: Instant,
    items: Cache<String, KnownItem>,
    customers: Cache<String, KnownCustomer>,
    /// Addresses of orders without a customer, by country.
    nobody: HashMap<String, PartyId>,
    nobody_last: i64,
}

impl Known {
    pub fn new(
        app: &App,
        channel: ChannelId,
        number_prefix: &str,
        customer_name: &str,
        now: Instant,
    ) -> Result<Self, Error> {
        let versions = app.store.read(|tx| parties::versions(tx, channel.as_bytes()))?;
        let nobody_last = versions.first().map_or(0, |party| party.version);
        let nobody = versions.into_iter().filter_map(|party| Some((party.country?, party.id)));
        Ok(Self {
            channel,
            number_prefix: number_prefix.to_owned(),
            customer_name: customer_name.to_owned(),
            now,
            items: Cache::new(),
            customers: Cache::new(),
            nobody: nobody.collect(),
            nobody_last,
        })
    }

    /// Looks up what is not known yet, each kind in one read.
    pub fn look_up(&mut self, app: &App, skus: &[&str], externals: &[&str]) -> Result<(), Error> {
        let unknown = |cache: &dyn Fn(&str) -> bool, all: &[&str]| {
            let mut new: Vec<String> =
                all.iter().filter(|key| !cache(key)).map(|key| (*key).to_owned()).collect();
            new.sort_unstable();
            new.dedup();
            new
        };
        let skus = unknown(&|sku| self.items.contains(&sku.to_owned()), skus);
        let externals = unknown(&|key| self.customers.contains(&key.to_owned()), externals);
        if skus.is_empty() && externals.is_empty() {
            return Ok(());
        }
        let channel = self.channel;
        let (items, found) = app.store.read(|tx| {
            let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
            let items = catalog::load(tx, &skus)?;
            let mut found = Vec::new();
            for external in &externals {
                if let Some(customer) = customers::by_external(tx, channel, external)? {
                    let versions = parties::versions(tx, customer.id.as_bytes())?;
                    found.push((external.clone(), customer.id, versions));
                }
            }
            Ok::<_, Error>((items, found))
        })?;
        for sku in skus {
            if let Some(item) = items.by_sku(&sku) {
                let named = item.name != item.sku;
                self.items.insert(sku, KnownItem { item: item.clone(), named });
            }
        }
        for (external, id, versions) in found {
            let last = versions.first().map_or(0, |party| party.version);
            let versions = versions.into_iter().map(|party| (party.country, party.id)).collect();
            self.customers.insert(external, KnownCustomer { id, versions, last });
        }
        Ok(())
    }

    /// The item of an SKU, if there is one.
    pub fn item(&mut self, sku: &str) -> Option<Arc<Item>> {
        self.items.get(sku).map(|known| known.item.clone())
    }

    /// Keeps the item of a row that is taken: adds a new one, names one that has no name yet.
    /// `name` is empty where the row's description is not that of the goods.
    pub fn take_item(
        &mut self,
        sku: &str,
        name: &str,
        goods: Option<Goods>,
        ids: &mut IdSource,
        added: &mut Added,
    ) -> Arc<Item> {
        if let Some(known) = self.items.get(sku) {
            if !known.named && !name.is_empty() {
                known.named = true;
                let name = name.chars().take(200).collect();
                added.names.push((known.item.id, name));
            }
            return known.item.clone();
        }
        let item = Arc::new(new_item(ids.draw(), sku, name, goods));
        added.items.push(item.as_ref().clone());
        let named = item.name != item.sku;
        self.items.insert(sku.to_owned(), KnownItem { item: item.clone(), named });
        item
    }

    /// The customer of an order, and the version of his address in a country. Adds what is new.
    ///
    /// # Errors
    /// Why the name or the e-mail address cannot be taken.
    pub fn parties(
        &mut self,
        who: Option<&Who>,
        country: Option<&str>,
        ids: &mut IdSource,
        added: &mut Added,
    ) -> Result<Parties, Error> {
        let Some(who) = who else { return self.nobody(country, ids, added) };
        if self.customers.get(&who.external).is_none() {
            let known = KnownCustomer { id: ids.draw(), versions: Vec::new(), last: 0 };
            let party = self.party_of(who, country, &known, ids.draw())?;
            added.customers.push(Customer {
                id: known.id,
                number: format!("{}{}", self.number_prefix, who.external),
                kind: CustomerKind::Person,
                party: party.id,
                account: None,
                active: true,
                version: 1,
                created_at: self.now,
            });
            added.externals.push((who.external.clone(), known.id));
            let versions = vec![(party.country.clone(), party.id)];
            self.customers
                .insert(who.external.clone(), KnownCustomer { last: 1, versions, ..known });
            added.parties.push(party);
        }
        let known = self.customers.get(&who.external).expect("it was added above");
        let customer = Some(known.id);
        let same = |(own, _): &&(Option<String>, PartyId)| own.as_deref() == country;
        if let Some((_, party)) = known.versions.iter().find(same) {
            return Ok(Parties { customer, address: Some(*party) });
        }
        let (id, last) = (known.id, known.last);
        let known = KnownCustomer { id, versions: Vec::new(), last };
        let party = self.party_of(who, country, &known, ids.draw())?;
        let address = Some(party.id);
        let kept = self.customers.get(&who.external).expect("it was found above");
        kept.versions.push((party.country.clone(), party.id));
        kept.last += 1;
        added.parties.push(party);
        Ok(Parties { customer, address })
    }

    fn party_of(
        &self,
        who: &Who,
        country: Option<&str>,
        known: &KnownCustomer,
        id: PartyId,
    ) -> Result<Party, Error> {
        let name = self.customer_name.replace("{customer}", &who.external);
        let stated = NewParty {
            name: who.name.clone().unwrap_or(name),
            email: who.email.clone(),
            country: country.map(str::to_owned),
            ..NewParty::default()
        };
        let subject = (SubjectKind::Customer, known.id.as_bytes());
        Ok(stated.check(id, subject, known.last + 1, self.now)?)
    }

    fn nobody(
        &mut self,
        country: Option<&str>,
        ids: &mut IdSource,
        added: &mut Added,
    ) -> Result<Parties, Error> {
        let Some(country) = country else { return Ok(Parties::default()) };
        if let Some(party) = self.nobody.get(country) {
            return Ok(Parties { customer: None, address: Some(*party) });
        }
        self.nobody_last += 1;
        let stated = NewParty {
            name: "Not recorded".into(),
            country: Some(country.to_owned()),
            ..NewParty::default()
        };
        let subject = (SubjectKind::Channel, self.channel.as_bytes());
        let party = stated.check(ids.draw(), subject, self.nobody_last, self.now)?;
        let address = Some(party.id);
        self.nobody.insert(country.to_owned(), party.id);
        added.parties.push(party);
        Ok(Parties { customer: None, address })
    }
}
