//! Reading the rules for a batch of orders, once, and pricing each order with them.

use std::collections::{HashMap, HashSet};

use orderly_core::actor::{ActorKind, Permission, Scope};
use orderly_core::catalog::{Catalog, Channel, ChannelKind, LegalEntity};
use orderly_core::id::{AccountId, IdSource, ItemId, LocationId, PartyId};
use orderly_core::money::Currency;
use orderly_core::order::Order;
use orderly_core::order::build::{self, NewOrder};
use orderly_core::pricing::tax::Taxes;
use orderly_core::pricing::{Asking, PriceEntry, Pricing, Trace};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{locations, parties, pricing as rows, settings, taxes};

use super::{IN_USE, TAX_RULES};
use crate::ops::books::rate_on;
use crate::ops::settings::merchant;
use crate::{Call, Error};

/// The rules that matter to a batch; nothing is read where there are none.
pub struct Rules {
    pricing: Pricing,
    in_use: bool,
    merchant: Option<LegalEntity>,
    known: HashSet<AccountId>,
    rates: HashMap<(Currency, Currency, Day), Option<rust_decimal::Decimal>>,
    places: HashMap<PartyId, Place>,
    at_location: HashMap<LocationId, Place>,
}

/// Country and region.
type Place = (Option<String>, Option<String>);

/// The party versions that come with the orders: they are not stored yet.
pub type Fresh<'a> = &'a [orderly_core::party::Party];

impl Rules {
    /// Reads lists, entries, discounts, floors and tax rules for the items of a batch.
    pub fn load(tx: &mut Tx<'_>, catalog: &Catalog) -> Result<Self, Error> {
        let mut this = Self {
            pricing: Pricing::default(),
            in_use: settings::get(tx, IN_USE)?.is_some(),
            merchant: None,
            known: HashSet::new(),
            rates: HashMap::new(),
            places: HashMap::new(),
            at_location: HashMap::new(),
        };
        if !this.in_use {
            return Ok(this);
        }
        let items: Vec<ItemId> = catalog.items().map(|item| item.id).collect();
        let pricing = &mut this.pricing;
        pricing.lists = rows::lists(tx)?;
        pricing.lists.retain(|list| list.active);
        if !pricing.lists.is_empty() {
            let mut entries = HashMap::<ItemId, Vec<PriceEntry>>::new();
            for entry in rows::entries(tx, &items)? {
                entries.entry(entry.item).or_default().push(entry);
            }
            pricing.entries = entries;
        }
        pricing.discounts = rows::discounts(tx)?;
        pricing.categories = rows::categories(tx)?.into_iter().collect();
        pricing.items = rows::items(tx, &items)?.into_iter().collect();
        pricing.channels = rows::channels(tx)?.into_iter().collect();
        if settings::get(tx, TAX_RULES)?.as_deref() == Some("on") {
            let codes = taxes::codes(tx)?.into_iter().map(|code| (code.code.clone(), code));
            pricing.taxes = Some(Taxes {
                codes: codes.collect(),
                rules: taxes::rules(tx)?,
                exemptions: HashMap::new(),
            });
        }
        Ok(this)
    }

    /// Builds an order with prices and taxes by the rules, and says why, where there are rules or
    /// a person states prices.
    ///
    /// # Errors
    /// Those of [`build::build_priced`]; `forbidden` for a price by hand without its right,
    /// `below_floor` unless it is overridden.
    pub fn build(
        &mut self,
        tx: &mut Tx<'_>,
        call: &Call,
        new: &NewOrder,
        (channel, catalog): (&Channel, &Catalog),
        fresh: Fresh<'_>,
        ids: &mut IdSource,
    ) -> Result<(Order, Vec<Trace>), Error> {
        let person = by_person(call, channel, new);
        if !self.in_use && !person {
            return Ok((build::build(new, channel, catalog, ids, call.now)?, Vec::new()));
        }
        let merchant = self.merchant(tx)?;
        let currency = new.currency.as_deref().and_then(Currency::parse);
        let currency = currency.unwrap_or(channel.currency);
        let day = new.placed_at.day_in(&merchant.zone);
        if let Some(account) = new.account {
            self.know(tx, account)?;
        }
        self.exchange(tx, catalog, (currency, merchant.currency), day)?;
        let destinations = match self.pricing.taxes {
            Some(_) => self.destinations(tx, new, fresh)?,
            None => Vec::new(),
        };
        let asking = Asking {
            channel: channel.id,
            account: new.account,
            site: new.site,
            day,
            currency,
            books: merchant.currency,
            seller: &merchant.country,
            business: new.account.is_some(),
            person,
            reason: call.reason.is_some() || call.approval.is_some(),
            destinations: &destinations,
        };
        let rules = Some((&self.pricing, &asking));
        let (order, priced) = build::build_priced(new, channel, catalog, rules, ids, call.now)?;
        let scope = Scope { channel: Some(channel.id), ..Scope::default() };
        if priced.by_hand {
            call.require(Permission::Price, scope)?;
        }
        if let Some(refusal) = priced.below {
            call.unless_overridden(refusal, scope)?;
        }
        Ok((order, priced.traces))
    }

    /// The rules themselves, for an order's facts, without building one.
    pub(super) fn pricing(&self) -> &Pricing {
        &self.pricing
    }

    pub(super) fn merchant(&mut self, tx: &mut Tx<'_>) -> Result<LegalEntity, Error> {
        if let Some(known) = &self.merchant {
            return Ok(known.clone());
        }
        let found = merchant(tx)?;
        self.merchant = Some(found.clone());
        Ok(found)
    }

    /// Reads what an account adds, and its exemptions, once.
    pub(super) fn know(&mut self, tx: &mut Tx<'_>, account: AccountId) -> Result<(), Error> {
        if !self.in_use || !self.known.insert(account) {
            return Ok(());
        }
        self.pricing.accounts.extend(rows::accounts(tx, &[account])?);
        if let Some(known) = &mut self.pricing.taxes {
            let exemptions = taxes::exemptions(tx, &[account])?;
            if !exemptions.is_empty() {
                known.exemptions.insert(account, exemptions);
            }
        }
        Ok(())
    }

    /// Finds the rates of the day into the order's currency for whatever is in another one.
    pub(super) fn exchange(
        &mut self,
        tx: &mut Tx<'_>,
        catalog: &Catalog,
        (currency, books): (Currency, Currency),
        day: Day,
    ) -> Result<(), Error> {
        let lists = self.pricing.lists.iter().map(|list| list.currency);
        let items = catalog.items().filter_map(|item| item.price_currency);
        let mut foreign: Vec<Currency> = lists.chain(items).chain([books]).collect();
        foreign.retain(|own| *own != currency);
        self.pricing.rates.clear();
        for own in foreign {
            let key = (own, currency, day);
            let rate = match self.rates.get(&key) {
                Some(known) => *known,
                None => {
                    let found = match rate_on(tx, own, currency, day) {
                        Ok(rate) => Some(rate.rate),
                        Err(Error::Refused(_)) => None,
                        Err(error) => return Err(error),
                    };
                    self.rates.insert(key, found);
                    found
                }
            };
            self.pricing.rates.extend(rate.map(|rate| ((own, currency), rate)));
        }
        Ok(())
    }

    /// Where each delivery goes: to its address, or to whoever collects at a location.
    fn destinations(
        &mut self,
        tx: &mut Tx<'_>,
        new: &NewOrder,
        fresh: Fresh<'_>,
    ) -> Result<Vec<Place>, Error> {
        let mut out = Vec::with_capacity(new.deliveries.len());
        for delivery in &new.deliveries {
            out.push(match (delivery.location, delivery.ship_to) {
                (Some(location), _) => self.at(tx, location)?,
                (None, Some(party)) => self.place(tx, party, fresh)?,
                (None, None) => (None, None),
            });
        }
        Ok(out)
    }

    fn at(&mut self, tx: &mut Tx<'_>, location: LocationId) -> Result<Place, Error> {
        if let Some(known) = self.at_location.get(&location) {
            return Ok(known.clone());
        }
        let party = locations::get(tx, location)?.and_then(|found| found.party);
        let place = match party {
            Some(party) => self.place(tx, party, &[])?,
            None => (None, None),
        };
        self.at_location.insert(location, place.clone());
        Ok(place)
    }

    fn place(&mut self, tx: &mut Tx<'_>, id: PartyId, fresh: Fresh<'_>) -> Result<Place, Error> {
        if let Some(known) = self.places.get(&id) {
            return Ok(known.clone());
        }
        let own = fresh.iter().rev().find(|party| party.id == id).cloned();
        let found = match own {
            Some(own) => Some(own),
            None => parties::get_many(tx, &[id])?.pop(),
        };
        let place = found.map_or((None, None), |party| (party.country, party.region));
        self.places.insert(id, place.clone());
        Ok(place)
    }
}

/// Whether the prices or discounts that come with an order are a person's own: entered by somebody
/// at a counter or on the phone, and not drawn from a quote or an agreement.
fn by_person(call: &Call, channel: &Channel, new: &NewOrder) -> bool {
    let person = matches!(call.actor.kind, ActorKind::User | ActorKind::Owner | ActorKind::Agent);
    let counter = matches!(channel.kind, ChannelKind::Store | ChannelKind::Phone);
    let stated = new.lines.iter().any(|line| {
        line.origin.is_none() && (line.unit_price.is_some() || !line.discounts.is_empty())
    });
    person && counter && (stated || !new.discounts.is_empty())
}
