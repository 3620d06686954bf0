//! What we owe suppliers, by how late it is.

use std::collections::BTreeMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{LegalEntityId, SupplierId};
use orderly_core::money::Currency;
use orderly_core::party::statement::Aged;
use orderly_core::time::Day;
use orderly_store::tables::{parties, settings, supplier_invoices, suppliers};

use crate::{App, Call, Error};

/// One line of aged payables, in minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgedPayable {
    /// The code of the legal entity that owes it.
    pub entity: String,
    pub supplier: String,
    pub name: String,
    pub currency: Currency,
    pub aged: Aged,
}

/// Returns what we owe suppliers by how late it is, as of the end of a day: booked invoices less
/// credit notes and payments. Per legal entity, in the currency of its books, the lines sum to the
/// payables account.
pub fn aged(app: &App, call: &Call, as_of: Option<Day>) -> Result<Vec<AgedPayable>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let entities = settings::entities(tx)?;
        let zone = entities.first().map_or("UTC", |entity| entity.zone.as_str());
        let as_of = as_of.unwrap_or_else(|| call.now.day_in(zone));
        let mut sums: BTreeMap<(LegalEntityId, SupplierId, String), (Currency, Aged)> =
            BTreeMap::new();
        for row in supplier_invoices::open_before(tx, as_of.plus_days(1).start_in(zone))? {
            let key = (row.legal_entity, row.supplier, row.currency.to_string());
            let sum = sums.entry(key).or_insert((row.currency, Aged::default()));
            sum.1.add(row.due_on, as_of, row.open);
        }
        let mut out = Vec::with_capacity(sums.len());
        for ((entity, supplier, _), (currency, aged)) in sums {
            let own = entities.iter().find(|one| one.id == entity);
            let found = suppliers::get(tx, supplier)?;
            let party = match found.as_ref().and_then(|one| one.party) {
                Some(party) => parties::get(tx, party)?,
                None => None,
            };
            let code = found.as_ref().map(|one| one.code.clone()).unwrap_or_default();
            let name = party.map(|party| party.company.unwrap_or(party.name));
            out.push(AgedPayable {
                entity: own.map(|one| one.code.clone()).unwrap_or_default(),
                name: name.or_else(|| found.map(|one| one.name)).unwrap_or_default(),
                supplier: code,
                currency,
                aged,
            });
        }
        let key = |one: &AgedPayable| {
            (one.entity.clone(), one.supplier.clone(), one.currency.to_string())
        };
        out.sort_by_key(key);
        Ok(out)
    })
}
