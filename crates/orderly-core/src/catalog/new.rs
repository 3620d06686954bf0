//! Channels, locations and bins as a caller states them.

use serde::{Deserialize, Serialize};

use super::{
    Bin, BinKind, Channel, ChannelKind, Coordinates, LegalEntity, Location, LocationKind, WhenShort,
};
use crate::id::*;
use crate::money::Currency;
use crate::order::Rounding;
use crate::party::{NewParty, checked_country, coordinates};
use crate::refusal::{Code, Refusal, ensure};
use crate::text;

fn invalid(pointer: &str, detail: impl Into<String>) -> Refusal {
    Refusal::at(Code::InvalidField, pointer, detail)
}

/// Returns the trimmed code of an object: 1 to 40 letters, digits, `-`, `_`, `.` or `/`.
pub fn code(text: &str) -> Result<String, Refusal> {
    let code = text::short(text).map_err(|refusal| refusal.under("/code"))?;
    let allowed = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    let valid = code.chars().count() <= 40 && code.chars().all(allowed);
    ensure(valid, || {
        invalid("/code", "a code has at most 40 letters, digits, dashes, dots or slashes")
    })?;
    Ok(code)
}

/// Returns a time zone that this machine knows.
pub fn zone(name: &str) -> Result<String, Refusal> {
    let known = jiff::tz::TimeZone::get(name.trim()).is_ok();
    ensure(known, || {
        let shown: String = name.chars().take(60).collect();
        invalid("/zone", format!("`{shown}` is not a time zone; write one such as Europe/Berlin"))
    })?;
    Ok(name.trim().to_owned())
}

/// Returns a known currency.
pub fn currency(code: &str) -> Result<Currency, Refusal> {
    Currency::parse(code.trim()).ok_or_else(|| {
        let shown: String = code.chars().take(20).collect();
        Refusal::at(Code::UnknownCurrency, "/currency", format!("`{shown}` is not a currency"))
    })
}

/// The merchant, as stated at the first set-up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntity {
    pub code: String,
    pub name: String,
    pub country: String,
    pub currency: String,
    pub zone: String,
    #[serde(default)]
    pub tax_number: Option<String>,
}

impl NewEntity {
    /// # Errors
    /// `invalid_text`, `invalid_field`, `unknown_currency`, each with its pointer.
    pub fn check(&self, id: LegalEntityId) -> Result<LegalEntity, Refusal> {
        let number = text::optional(self.tax_number.as_deref());
        Ok(LegalEntity {
            id,
            code: code(&self.code)?,
            name: text::short(&self.name).map_err(|refusal| refusal.under("/name"))?,
            country: checked_country(&self.country)?,
            currency: currency(&self.currency)?,
            zone: zone(&self.zone)?,
            tax_number: number.map_err(|refusal| refusal.under("/tax_number"))?,
        })
    }
}

/// A channel as the caller states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChannel {
    pub code: String,
    pub name: String,
    pub kind: ChannelKind,
    /// By kind where absent: marketplaces accept, stores hand over, others refuse.
    #[serde(default)]
    pub when_short: Option<WhenShort>,
    #[serde(default)]
    pub rounding: Option<Rounding>,
    /// The merchant's own where absent.
    #[serde(default)]
    pub currency: Option<String>,
    /// The code of the store whose till it is.
    #[serde(default)]
    pub location: Option<String>,
    #[serde(default)]
    pub priority: i64,
}

impl NewChannel {
    /// Returns the channel of version 1; `location` is what its code stands for.
    ///
    /// # Errors
    /// `invalid_text`, `invalid_field`, `unknown_currency`, each with its pointer.
    pub fn check(
        &self,
        id: ChannelId,
        entity: &LegalEntity,
        location: Option<LocationId>,
    ) -> Result<Channel, Refusal> {
        let own = match self.kind {
            ChannelKind::Store => WhenShort::HandOver,
            ChannelKind::Marketplace => WhenShort::Accept,
            ChannelKind::Web | ChannelKind::Phone | ChannelKind::Edi => WhenShort::Refuse,
        };
        ensure(self.kind != ChannelKind::Store || location.is_some(), || {
            Refusal::at(Code::UnknownLocation, "/location", "a store's channel names its location")
        })?;
        ensure((-1_000_000..=1_000_000).contains(&self.priority), || {
            invalid("/priority", "a priority lies between -1,000,000 and 1,000,000")
        })?;
        Ok(Channel {
            id,
            code: code(&self.code)?,
            name: text::short(&self.name).map_err(|refusal| refusal.under("/name"))?,
            kind: self.kind,
            when_short: self.when_short.unwrap_or(own),
            rounding: self.rounding.unwrap_or(Rounding::Line),
            currency: self.currency.as_deref().map_or(Ok(entity.currency), currency)?,
            legal_entity: entity.id,
            location,
            priority: self.priority,
            active: true,
            version: 1,
        })
    }
}

/// A location as the caller states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLocation {
    pub code: String,
    pub name: String,
    pub kind: LocationKind,
    #[serde(default)]
    pub address: Option<NewParty>,
    #[serde(default)]
    pub coordinates: Option<Coordinates>,
    /// The legal entity's where absent.
    #[serde(default)]
    pub zone: Option<String>,
    #[serde(default)]
    pub priority: i64,
    #[serde(default = "yes")]
    pub fulfills: bool,
}

const fn yes() -> bool {
    true
}

impl NewLocation {
    /// Returns the location of version 1 with its four bins: storage, staging, receiving, returns.
    /// `party` is the version of its address.
    ///
    /// # Errors
    /// `invalid_text`, `invalid_field`, each with its pointer.
    pub fn check(
        &self,
        id: LocationId,
        entity: &LegalEntity,
        party: Option<PartyId>,
        ids: &mut IdSource,
    ) -> Result<(Location, Vec<Bin>), Refusal> {
        let kinds = [BinKind::Storage, BinKind::Staging, BinKind::Receiving, BinKind::Returns];
        let bins: Vec<Bin> = (1_i64..)
            .zip(kinds)
            .map(|(position, kind)| Bin {
                id: ids.draw(),
                location: id,
                code: kind.code().to_uppercase(),
                kind,
                position,
                capacity_g: None,
                capacity_ml: None,
                capacity_mm: None,
                active: true,
            })
            .collect();
        let own = self.address.as_ref().and_then(|address| address.coordinates);
        let location = Location {
            id,
            code: code(&self.code)?,
            name: text::short(&self.name).map_err(|refusal| refusal.under("/name"))?,
            kind: self.kind,
            legal_entity: entity.id,
            party,
            coordinates: self.coordinates.or(own).map(coordinates).transpose()?,
            zone: self.zone.as_deref().map_or_else(|| Ok(entity.zone.clone()), zone)?,
            priority: self.priority,
            fulfills: self.fulfills,
            storage_bin: bins[0].id,
            staging_bin: bins[1].id,
            active: true,
            version: 1,
        };
        Ok((location, bins))
    }
}

/// A bin as the caller states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBin {
    pub code: String,
    pub kind: BinKind,
    #[serde(default)]
    pub position: i64,
    #[serde(default)]
    pub capacity_g: Option<i64>,
    #[serde(default)]
    pub capacity_ml: Option<i64>,
    #[serde(default)]
    pub capacity_mm: Option<i64>,
}

impl NewBin {
    /// # Errors
    /// `invalid_text`, `invalid_field`, each with its pointer.
    pub fn check(&self, id: BinId, location: LocationId) -> Result<Bin, Refusal> {
        let capacity = |value: Option<i64>, pointer: &str| match value {
            Some(value) if !(1..=1_000_000_000_000).contains(&value) => {
                Err(invalid(pointer, "a capacity lies between 1 and 10^12"))
            }
            value => Ok(value),
        };
        Ok(Bin {
            id,
            location,
            code: code(&self.code)?,
            kind: self.kind,
            position: self.position,
            capacity_g: capacity(self.capacity_g, "/capacity_g")?,
            capacity_ml: capacity(self.capacity_ml, "/capacity_ml")?,
            capacity_mm: capacity(self.capacity_mm, "/capacity_mm")?,
            active: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;

    fn entity() -> LegalEntity {
        let new = NewEntity {
            code: "MAIN".into(),
            name: "Merchant Ltd".into(),
            country: "gb".into(),
            currency: "GBP".into(),
            zone: "Europe/London".into(),
            tax_number: None,
        };
        new.check(LegalEntityId::from_bytes([1; 16])).unwrap()
    }

    #[test]
    fn a_location_comes_with_its_four_bins() {
        let new = NewLocation {
            code: "LEEDS".into(),
            name: "Leeds".into(),
            kind: LocationKind::Store,
            address: None,
            coordinates: None,
            zone: None,
            priority: 1,
            fulfills: true,
        };
        let mut ids = IdSource::new(Instant::from_micros(0), 1);
        let id = ids.draw();
        let (location, bins) = new.check(id, &entity(), None, &mut ids).unwrap();
        assert_eq!(bins.len(), 4);
        assert_eq!((location.storage_bin, location.staging_bin), (bins[0].id, bins[1].id));
        assert_eq!(location.zone, "Europe/London");
        let lost = NewLocation { zone: Some("Mars/North".into()), ..new };
        let refusal = lost.check(id, &entity(), None, &mut ids).unwrap_err();
        assert_eq!(refusal.issues[0].pointer, "/zone");
    }

    #[test]
    fn a_channel_has_the_policy_of_its_kind_and_a_till_its_store() {
        let new = |kind| NewChannel {
            code: "C".into(),
            name: "Channel".into(),
            kind,
            when_short: None,
            rounding: None,
            currency: None,
            location: None,
            priority: 0,
        };
        let id = ChannelId::from_bytes([2; 16]);
        let accepts = new(ChannelKind::Marketplace).check(id, &entity(), None).unwrap();
        assert_eq!(accepts.when_short, WhenShort::Accept);
        let till = new(ChannelKind::Store).check(id, &entity(), None).unwrap_err();
        assert_eq!(till.code(), Code::UnknownLocation);
        let foreign = NewChannel { currency: Some("QQQ".into()), ..new(ChannelKind::Web) };
        let refusal = foreign.check(id, &entity(), None).unwrap_err();
        assert_eq!(refusal.code(), Code::UnknownCurrency);
        let spaced = NewChannel { code: "a b".into(), ..new(ChannelKind::Web) };
        assert_eq!(spaced.check(id, &entity(), None).unwrap_err().issues[0].pointer, "/code");
    }

    #[test]
    fn a_bin_has_a_capacity_above_zero() {
        let new = NewBin {
            code: "A-01".into(),
            kind: BinKind::Storage,
            position: 1,
            capacity_g: Some(0),
            capacity_ml: None,
            capacity_mm: None,
        };
        let refusal = new.check(BinId::NONE, LocationId::NONE).unwrap_err();
        assert_eq!(refusal.issues[0].pointer, "/capacity_g");
    }
}
