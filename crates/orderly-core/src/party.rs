//! Who trades with the merchant: customers, accounts with sites and contacts, and the versioned
//! names and addresses of all of them.

mod account;
pub mod statement;

pub use account::*;

use crate::catalog::Coordinates;
use crate::country::country;
use crate::id::*;
use crate::money::Currency;
use crate::order::codes;
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

codes! {
    /// Whose name and address a party row holds.
    SubjectKind {
        Customer "customer", Site "site", Contact "contact", Location "location",
        Supplier "supplier", Delivery "delivery", Channel "channel",
    }
}
codes! {
    /// Whether a customer is a person or a company.
    CustomerKind { Person "person", Company "company" }
}

/// One version of a name with its address: what orders and events refer to. Versions are never
/// changed; a subject's right to be forgotten erases their content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Party {
    pub id: PartyId,
    pub subject_kind: SubjectKind,
    /// The customer, site, contact, location, supplier, delivery or channel.
    pub subject: [u8; 16],
    pub version: i64,
    pub name: String,
    pub company: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// Street lines, at most six.
    pub address_lines: Vec<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postcode: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub coordinates: Option<Coordinates>,
    pub created_at: Instant,
    pub erased_at: Option<Instant>,
}

/// Somebody who buys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Customer {
    pub id: CustomerId,
    pub number: String,
    pub kind: CustomerKind,
    /// The version of the name and address in force.
    pub party: PartyId,
    pub account: Option<AccountId>,
    pub active: bool,
    pub version: i64,
    pub created_at: Instant,
}

/// Who goods are bought from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Supplier {
    pub id: SupplierId,
    pub code: String,
    pub name: String,
    pub party: Option<PartyId>,
    pub currency: Currency,
    pub lead_time_days: i64,
    pub terms: crate::purchase::supplier::SupplierTerms,
    pub active: bool,
    pub version: i64,
}

/// A name with its address, as a caller states it.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewParty {
    pub name: String,
    pub company: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address_lines: Vec<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postcode: Option<String>,
    pub country: Option<String>,
    pub coordinates: Option<Coordinates>,
}

impl NewParty {
    /// Returns the version of the subject's name and address.
    ///
    /// # Errors
    /// `invalid_text` and `invalid_field`, with the pointer of the field.
    pub fn check(
        &self,
        id: PartyId,
        subject: (SubjectKind, [u8; 16]),
        version: i64,
        now: Instant,
    ) -> Result<Party, Refusal> {
        let optional = |field: &Option<String>, at: &str| {
            text::optional(field.as_deref()).map_err(|refusal| refusal.under(at))
        };
        if self.address_lines.len() > 6 {
            let detail = "an address has at most six street lines";
            return Err(Refusal::at(Code::InvalidField, "/address_lines", detail));
        }
        let mut address_lines = Vec::with_capacity(self.address_lines.len());
        for (index, line) in self.address_lines.iter().enumerate() {
            let line = text::optional(Some(line));
            let line = line.map_err(|refusal| refusal.under(&format!("/address_lines/{index}")));
            address_lines.extend(line?);
        }
        Ok(Party {
            id,
            subject_kind: subject.0,
            subject: subject.1,
            version,
            name: text::short(&self.name).map_err(|refusal| refusal.under("/name"))?,
            company: optional(&self.company, "/company")?,
            email: self.email.as_deref().map(email).transpose()?,
            phone: self.phone.as_deref().map(phone).transpose()?,
            address_lines,
            city: optional(&self.city, "/city")?,
            region: optional(&self.region, "/region")?,
            postcode: optional(&self.postcode, "/postcode")?,
            country: self.country.as_deref().map(checked_country).transpose()?,
            coordinates: self.coordinates.map(coordinates).transpose()?,
            created_at: now,
            erased_at: None,
        })
    }
}

/// Returns the address as it is looked up: trimmed, ASCII letters lower case.
///
/// # Errors
/// `invalid_field` where it has not the shape `name@domain.tld`, or more than 254 characters.
pub fn email(address: &str) -> Result<String, Refusal> {
    let address = address.trim().to_ascii_lowercase();
    let allowed = |c: char| !c.is_whitespace() && !c.is_control() && !"<>(),;:\\\"[]".contains(c);
    let shaped = address.split_once('@').is_some_and(|(name, domain)| {
        let labels = domain.split('.');
        !name.is_empty()
            && name.len() <= 64
            && address.len() <= 254
            && address.chars().all(allowed)
            && !domain.contains('@')
            && labels.clone().count() >= 2
            && labels
                .clone()
                .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
    });
    if shaped {
        return Ok(address);
    }
    let shown: String = address.chars().take(60).collect();
    let detail = format!("`{shown}` is not an e-mail address");
    Err(Refusal::at(Code::InvalidField, "/email", detail))
}

fn phone(number: &str) -> Result<String, Refusal> {
    let number = text::short(number).map_err(|refusal| refusal.under("/phone"))?;
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let allowed = |c: char| c.is_ascii_digit() || " +-()/.".contains(c) || c.is_ascii_alphabetic();
    if (3..=20).contains(&digits) && number.len() <= 40 && number.chars().all(allowed) {
        return Ok(number);
    }
    let detail = format!("`{number}` is not a telephone number");
    Err(Refusal::at(Code::InvalidField, "/phone", detail))
}

/// Returns a known ISO 3166-1 alpha-2 code.
pub fn checked_country(code: &str) -> Result<String, Refusal> {
    match country(code.trim()) {
        Some(known) => Ok(known.to_owned()),
        None => {
            let shown: String = code.chars().take(20).collect();
            let detail = format!("`{shown}` is not a country; write two letters such as DE");
            Err(Refusal::at(Code::InvalidField, "/country", detail))
        }
    }
}

/// Returns coordinates that lie on the globe.
pub fn coordinates(at: Coordinates) -> Result<Coordinates, Refusal> {
    let on_globe = (-90_000_000..=90_000_000).contains(&at.latitude_e6)
        && (-180_000_000..=180_000_000).contains(&at.longitude_e6);
    if on_globe {
        return Ok(at);
    }
    let detail = "a latitude lies within ±90 degrees and a longitude within ±180";
    Err(Refusal::at(Code::InvalidField, "/coordinates", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(new: &NewParty) -> Result<Party, Refusal> {
        let now = Instant::from_micros(0);
        new.check(PartyId::NONE, (SubjectKind::Customer, [1; 16]), 1, now)
    }

    fn named(name: &str) -> NewParty {
        NewParty { name: name.into(), ..NewParty::default() }
    }

    #[test]
    fn a_party_is_trimmed_and_its_address_normalized() {
        let new = NewParty {
            email: Some(" Ada@Example.ORG ".into()),
            country: Some("gb".into()),
            address_lines: vec!["1 High Street".into(), "  ".into()],
            ..named("  Ada Byron ")
        };
        let party = check(&new).unwrap();
        assert_eq!(party.name, "Ada Byron");
        assert_eq!(party.email.as_deref(), Some("ada@example.org"));
        assert_eq!(party.country.as_deref(), Some("GB"));
        assert_eq!(party.address_lines, ["1 High Street"]);
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let pointer = |new: NewParty| check(&new).unwrap_err().issues[0].pointer.clone();
        assert_eq!(pointer(named(" ")), "/name");
        assert_eq!(pointer(named("a\u{0}b")), "/name");
        for bad in ["ada", "ada@", "@b.org", "a b@c.org", "a@b", "a@b..c", "a@b@c.org"] {
            let new = NewParty { email: Some(bad.into()), ..named("A") };
            assert_eq!(pointer(new), "/email", "{bad}");
        }
        for bad in ["", "UK", "XX", "DEU", "D€"] {
            let new = NewParty { country: Some(bad.into()), ..named("A") };
            assert_eq!(pointer(new), "/country", "{bad}");
        }
        let far = Coordinates { latitude_e6: 90_000_001, longitude_e6: 0 };
        assert_eq!(pointer(NewParty { coordinates: Some(far), ..named("A") }), "/coordinates");
        let street = NewParty { address_lines: vec!["x".into(); 7], ..named("A") };
        assert_eq!(pointer(street), "/address_lines");
        let phone = NewParty { phone: Some("call me".into()), ..named("A") };
        assert_eq!(pointer(phone), "/phone");
    }
}
