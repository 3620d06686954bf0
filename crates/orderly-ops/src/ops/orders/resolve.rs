//! From the request's words to ids: channel, customer, account, locations, parties.

use std::collections::{HashMap, HashSet};

use orderly_core::catalog::{Channel, Coordinates, Location};
use orderly_core::id::{CustomerId, IdSource, LocationId, PartyId};
use orderly_core::order::build::{NewCharge, NewDelivery, NewDiscount, NewLine, NewOrder, NewTax};
use orderly_core::order::{LineKind, Method, Settlement};
use orderly_core::party::{Customer, CustomerKind, NewParty, Party, SubjectKind};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::{Day, Instant, TimeError};
use orderly_store::Tx;
use orderly_store::tables::{channels, customers, locations, parties};

use super::trade::Trades;
use crate::ops::invoices::policy::Policies;
use crate::wire::{
    AddressIn, ChargeIn, CustomerIn, DeliveryIn, DiscountIn, LineIn, OrderIn, TaxIn,
};
use crate::{Call, Error};

/// One request of a batch, with what was decided for it before.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub request: &'a OrderIn,
    pub channel: &'a Channel,
    pub number: &'a str,
    pub content_hash: [u8; 16],
}

/// What a batch of orders has in common, and what it brings along.
pub struct Resolver {
    pub locations: Vec<Location>,
    channels: HashMap<String, Channel>,
    invoicing: Policies,
    by_email: HashMap<String, CustomerId>,
    /// E-mails that are known to be nobody's.
    strangers: HashSet<String>,
    billing: HashMap<CustomerId, PartyId>,
    pub coordinates: HashMap<PartyId, Coordinates>,
    pub trades: Trades,
    /// To be inserted with the orders that refer to them.
    pub new_parties: Vec<Party>,
    pub new_customers: Vec<Customer>,
}

impl Resolver {
    pub fn new(tx: &mut Tx<'_>) -> Result<Self, Error> {
        Ok(Self {
            locations: locations::all(tx)?,
            channels: HashMap::new(),
            invoicing: Policies::read(tx)?,
            by_email: HashMap::new(),
            strangers: HashSet::new(),
            billing: HashMap::new(),
            coordinates: HashMap::new(),
            trades: Trades::default(),
            new_parties: Vec::new(),
            new_customers: Vec::new(),
        })
    }

    /// The channel with this code.
    ///
    /// # Errors
    /// `unknown_channel`, also for one that is not active.
    pub fn channel(&mut self, tx: &mut Tx<'_>, code: &str) -> Result<Channel, Error> {
        if let Some(known) = self.channels.get(code) {
            return Ok(known.clone());
        }
        let found = channels::by_code(tx, code)?.filter(|channel| channel.active);
        let channel = found.ok_or_else(|| {
            let shown: String = code.chars().take(60).collect();
            Refusal::at(Code::UnknownChannel, "/channel", format!("there is no channel `{shown}`"))
        })?;
        self.channels.insert(code.to_owned(), channel.clone());
        Ok(channel)
    }

    fn location(&self, code: &str, pointer: &str) -> Result<LocationId, Refusal> {
        let found = self.locations.iter().find(|location| location.code == code);
        found.map(|location| location.id).ok_or_else(|| {
            let shown: String = code.chars().take(60).collect();
            Refusal::at(Code::UnknownLocation, pointer, format!("there is no location `{shown}`"))
        })
    }

    /// Turns the request into an order to build.
    pub fn order(
        &mut self,
        tx: &mut Tx<'_>,
        call: &Call,
        ids: &mut IdSource,
        asked: &Asked<'_>,
    ) -> Result<NewOrder, Error> {
        let Asked { request, channel, number, content_hash } = *asked;
        let customer = match &request.customer {
            Some(customer) => Some(self.customer(tx, call, ids, customer)?),
            None => None,
        };
        let trade = self.trades.of(tx, call, channel, request)?;
        let customer = customer.or(trade.customer);
        let bill_to = match customer {
            Some(customer) => self.billing_of(tx, customer)?,
            None => None,
        };
        let placed_at = read(request.placed_at.as_deref(), "/placed_at", Instant::parse)?;
        Ok(NewOrder {
            number: number.to_owned(),
            external_id: request.external_id.clone(),
            content_hash,
            currency: request.currency.clone(),
            settlement: settlement(request)?,
            customer,
            account: trade.account,
            site: trade.site,
            ordered_by: trade.contact,
            bill_to,
            reference: trade.reference,
            priority: request.priority,
            placed_at: placed_at.unwrap_or(call.now),
            invoicing: self.invoicing.of(channel, trade.account),
            deliveries: self.deliveries(call, ids, request, channel, bill_to)?,
            lines: request.lines.iter().map(line).collect::<Result<_, _>>()?,
            discounts: request.discounts.iter().map(discount).collect(),
            charges: request.charges.iter().map(charge).collect(),
        })
    }

    fn customer(
        &mut self,
        tx: &mut Tx<'_>,
        call: &Call,
        ids: &mut IdSource,
        given: &CustomerIn,
    ) -> Result<CustomerId, Error> {
        let unknown = |field: &str, text: &str| {
            let shown: String = text.chars().take(60).collect();
            let detail = format!("there is no customer `{shown}`");
            Refusal::at(Code::UnknownCustomer, format!("/customer/{field}"), detail)
        };
        if let Some(text) = &given.id {
            let id = text.parse().map_err(|_| unknown("id", text))?;
            let found = customers::get(tx, id)?.ok_or_else(|| unknown("id", text))?;
            return Ok(self.know(&found));
        }
        if let Some(number) = &given.number {
            let found = customers::by_number(tx, number)?;
            return Ok(self.know(&found.ok_or_else(|| unknown("number", number))?));
        }
        let email = normal_email(given);
        if let Some(email) = &email {
            if let Some(known) = self.by_email.get(email) {
                return Ok(*known);
            }
            if !self.strangers.contains(email)
                && let Some(found) = customers::by_email(tx, email)?.first()
            {
                self.by_email.insert(email.clone(), found.id);
                return Ok(self.know(found));
            }
        }
        let id = self.new_customer(call, ids, given)?;
        if let Some(email) = email {
            self.by_email.insert(email, id);
        }
        Ok(id)
    }

    /// Forgets what a refused order brought along, after so many parties and customers.
    pub fn forget(&mut self, parties: usize, customers: usize) {
        self.new_parties.truncate(parties);
        let gone: Vec<CustomerId> = self.new_customers.drain(customers..).map(|c| c.id).collect();
        if !gone.is_empty() {
            self.by_email.retain(|_, id| !gone.contains(id));
        }
    }

    /// Learns who has which e-mail; who is not found has none of those asked for.
    pub fn meet(&mut self, found: Vec<(String, Customer)>, asked: &[&str]) {
        self.strangers.extend(asked.iter().map(|email| (*email).to_owned()));
        for (email, customer) in found {
            self.strangers.remove(&email);
            self.by_email.insert(email, customer.id);
            self.know(&customer);
        }
    }

    fn know(&mut self, customer: &Customer) -> CustomerId {
        self.billing.insert(customer.id, customer.party);
        customer.id
    }

    fn new_customer(
        &mut self,
        call: &Call,
        ids: &mut IdSource,
        given: &CustomerIn,
    ) -> Result<CustomerId, Error> {
        let id: CustomerId = ids.draw();
        let party_id: PartyId = ids.draw();
        let address = given.address.clone().unwrap_or_default();
        let facts = NewParty {
            name: given.name.clone().or(given.email.clone()).unwrap_or_default(),
            company: given.company.clone(),
            email: given.email.clone(),
            phone: given.phone.clone(),
            ..new_party(&address)
        };
        let subject = (SubjectKind::Customer, id.as_bytes());
        let party = facts.check(party_id, subject, 1, call.now);
        let party = party.map_err(|refusal| refusal.under("/customer"))?;
        self.new_customers.push(Customer {
            id,
            number: String::new(),
            kind: if given.company.is_some() {
                CustomerKind::Company
            } else {
                CustomerKind::Person
            },
            party: party_id,
            account: None,
            active: true,
            version: 1,
            created_at: call.now,
        });
        self.keep(party);
        self.billing.insert(id, party_id);
        Ok(id)
    }

    fn keep(&mut self, party: Party) {
        if let Some(at) = party.coordinates {
            self.coordinates.insert(party.id, at);
        }
        self.new_parties.push(party);
    }

    fn billing_of(
        &mut self,
        tx: &mut Tx<'_>,
        customer: CustomerId,
    ) -> Result<Option<PartyId>, Error> {
        if let Some(known) = self.billing.get(&customer) {
            return Ok(Some(*known));
        }
        let found = customers::get(tx, customer)?;
        Ok(found.map(|found| {
            self.know(&found);
            found.party
        }))
    }

    fn deliveries(
        &mut self,
        call: &Call,
        ids: &mut IdSource,
        request: &OrderIn,
        channel: &Channel,
        bill_to: Option<PartyId>,
    ) -> Result<Vec<NewDelivery>, Error> {
        let given = request.deliveries.as_slice();
        if given.is_empty() {
            let default = DeliveryIn::default();
            return Ok(vec![self.delivery(call, ids, &default, 0, channel, bill_to)?]);
        }
        let mut out = Vec::with_capacity(given.len());
        for (index, one) in given.iter().enumerate() {
            out.push(self.delivery(call, ids, one, index, channel, bill_to)?);
        }
        Ok(out)
    }

    fn delivery(
        &mut self,
        call: &Call,
        ids: &mut IdSource,
        given: &DeliveryIn,
        index: usize,
        channel: &Channel,
        bill_to: Option<PartyId>,
    ) -> Result<NewDelivery, Error> {
        let pointer = |field: &str| format!("/deliveries/{index}/{field}");
        let named = given.location.as_deref();
        let location = named.map(|code| self.location(code, &pointer("location"))).transpose()?;
        let method = match given.method.as_deref() {
            None if location.is_some() => Method::Collect,
            None if given.ship_to.is_none() && channel.location.is_some() => Method::TakeAway,
            None => Method::Parcel,
            Some(text) => Method::parse(text).ok_or_else(|| {
                let known: Vec<&str> = Method::ALL.iter().map(|method| method.code()).collect();
                let detail = "this is not a way of delivering";
                Refusal::at(Code::InvalidField, pointer("method"), detail).allowed(known.join(", "))
            })?,
        };
        let there = matches!(method, Method::TakeAway | Method::Collect);
        let location = if there { location.or(channel.location) } else { None };
        let ship_to = match &given.ship_to {
            Some(address) => Some(self.address(call, ids, address, &pointer("ship_to"))?),
            None if there => None,
            None => bill_to,
        };
        let contact = match &given.contact {
            Some(contact) => Some(self.address(call, ids, contact, &pointer("contact"))?),
            None => None,
        };
        let day =
            |text: &Option<String>, field: &str| read(text.as_deref(), &pointer(field), Day::parse);
        Ok(NewDelivery {
            reference: given.reference.clone().unwrap_or_else(|| (index + 1).to_string()),
            method,
            ship_to,
            contact,
            location,
            required_on: day(&given.required_on, "required_on")?,
            ship_by_on: day(&given.ship_by_on, "ship_by_on")?,
            due_on_delivery: given.due.clone(),
            promise: day(&given.promise, "promise")?,
        })
    }

    fn address(
        &mut self,
        call: &Call,
        ids: &mut IdSource,
        given: &AddressIn,
        pointer: &str,
    ) -> Result<PartyId, Error> {
        let id: PartyId = ids.draw();
        let subject = (SubjectKind::Delivery, id.as_bytes());
        let party = new_party(given).check(id, subject, 1, call.now);
        self.keep(party.map_err(|refusal| refusal.under(pointer))?);
        Ok(id)
    }

    /// Reads the coordinates of addresses that are already stored.
    pub fn locate(&mut self, tx: &mut Tx<'_>, wanted: &[PartyId]) -> Result<(), Error> {
        let unknown: Vec<PartyId> =
            wanted.iter().copied().filter(|id| !self.coordinates.contains_key(id)).collect();
        for party in parties::get_many(tx, &unknown)? {
            if let Some(at) = party.coordinates {
                self.coordinates.insert(party.id, at);
            }
        }
        Ok(())
    }
}

/// The e-mail by which an order's customer may be known.
pub(super) fn email_of(request: &OrderIn) -> Option<String> {
    request.customer.as_ref().and_then(normal_email)
}

fn normal_email(given: &CustomerIn) -> Option<String> {
    given.email.as_deref().map(|email| email.trim().to_ascii_lowercase())
}

pub(super) fn settlement(request: &OrderIn) -> Result<Settlement, Refusal> {
    match request.settlement.as_deref() {
        None => Ok(Settlement::Payment),
        Some(text) => Settlement::parse(text).ok_or_else(|| {
            let detail = "an order is settled by `payment` or on `account`";
            Refusal::at(Code::InvalidField, "/settlement", detail)
        }),
    }
}

fn read<T>(
    text: Option<&str>,
    pointer: &str,
    parse: impl Fn(&str) -> Result<T, TimeError>,
) -> Result<Option<T>, Refusal> {
    let read = text.map(parse).transpose();
    read.map_err(|error| Refusal::at(Code::InvalidField, pointer, error.to_string()))
}

pub(super) fn new_party(given: &AddressIn) -> NewParty {
    let at = given.latitude_e6.zip(given.longitude_e6);
    NewParty {
        name: given.name.clone().unwrap_or_default(),
        company: given.company.clone(),
        email: given.email.clone(),
        phone: given.phone.clone(),
        address_lines: given.lines.clone(),
        city: given.city.clone(),
        region: given.region.clone(),
        postcode: given.postcode.clone(),
        country: given.country.clone(),
        coordinates: at
            .map(|(latitude_e6, longitude_e6)| Coordinates { latitude_e6, longitude_e6 }),
    }
}

pub(super) fn line(given: &LineIn) -> Result<NewLine, Refusal> {
    let kind = match given.kind.as_deref() {
        None => None,
        Some(text) => Some(LineKind::parse(text).ok_or_else(|| {
            let detail = format!("there is no line kind `{text}`");
            Refusal::at(Code::InvalidField, "/lines/kind", detail)
        })?),
    };
    Ok(NewLine {
        external_id: given.external_id.clone(),
        kind,
        sku: given.sku.clone(),
        description: given.description.clone(),
        supplier: None,
        delivery: given.delivery.clone(),
        origin: given.replaces.map_or_else(|| origin(given), |id| Ok(Some(id)))?,
        quantity: given.quantity.clone(),
        unit: given.unit.clone(),
        cut_length: given.cut_length.clone(),
        unit_price: given.unit_price.clone(),
        price_unit: given.price_unit.clone(),
        measured: given.measured.clone(),
        cost: given.cost.clone(),
        discounts: given.discounts.iter().map(discount).collect(),
        taxes: given.tax.iter().map(tax).collect(),
    })
}

fn origin(given: &LineIn) -> Result<Option<orderly_core::id::LineId>, Refusal> {
    let read = given.origin.as_deref().map(str::parse).transpose();
    read.map_err(|_| {
        let detail = "an origin is the id of a line";
        Refusal::at(Code::UnknownLine, "/lines/origin", detail)
    })
}

fn discount(given: &DiscountIn) -> NewDiscount {
    NewDiscount { code: given.code.clone(), amount: given.amount.clone() }
}

fn tax(given: &TaxIn) -> NewTax {
    NewTax { name: given.name.clone(), rate: given.rate.clone(), included: given.included }
}

fn charge(given: &ChargeIn) -> NewCharge {
    NewCharge {
        kind: given.kind.clone(),
        description: given.description.clone(),
        delivery: given.delivery.clone(),
        amount: given.amount.clone(),
        taxes: given.tax.iter().map(tax).collect(),
    }
}
