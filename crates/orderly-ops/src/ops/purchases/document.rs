//! The purchase order as the supplier gets it.

use orderly_core::actor::{Permission, Scope};
use orderly_core::money::Money;
use orderly_core::party::Party;
pub use orderly_docs::Paper;
use orderly_docs::{Address, PurchaseDocument, PurchaseRow, Reference};
use orderly_store::tables::{catalog, locations, parties, settings, suppliers};

use super::{PurchaseOrder, find, load};
use crate::{App, Call, Error};

/// Returns the document of the purchase order that a text stands for.
///
/// # Errors
/// `not_found`, `money_too_large`.
pub fn document(
    app: &App,
    call: &Call,
    text: &str,
    paper: Paper,
) -> Result<(PurchaseOrder, PurchaseDocument), Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let id = find(tx, text)?;
        let order = load(tx, id, false)?;
        let missing = |what: &str| Error::Internal(format!("the order has no {what}"));
        let supplier = suppliers::get(tx, order.supplier)?.ok_or_else(|| missing("supplier"))?;
        let entity = settings::entity(tx, order.legal_entity)?.ok_or_else(|| missing("entity"))?;
        let at = locations::get(tx, order.location)?.ok_or_else(|| missing("location"))?;
        let of = |party: Option<Party>, name: &str| {
            let own = Address {
                company: name.to_owned(),
                country: entity.country.clone(),
                ..Address::default()
            };
            party.map_or(own, |party| address(&party, &entity.country))
        };
        let party = supplier.party.map(|id| parties::get(tx, id)).transpose()?.flatten();
        let to = of(party, &supplier.name);
        let party = at.party.map(|id| parties::get(tx, id)).transpose()?.flatten();
        let ship_to = of(party, &at.name);
        let mut rows = Vec::with_capacity(order.lines.len());
        for line in &order.lines {
            let item = catalog::get(tx, line.item)?.ok_or_else(|| missing("item"))?;
            let qty = line.ordered.less(line.canceled);
            let amount = Money::new(line.amount(qty, order.currency)?, order.currency);
            rows.push(PurchaseRow {
                position: line.position.to_string(),
                supplier_sku: line.supplier_sku.clone().unwrap_or_default(),
                sku: item.sku.clone(),
                description: line.description.clone(),
                quantity: item.show_in(qty, line.unit_ratio, &line.unit),
                price: format!("{} / {}", line.price.normalize(), line.price_unit),
                amount: amount.decimal().to_string(),
                expected: line.expected_on.map(|day| day.to_string()).unwrap_or_default(),
                direct: line.direct,
            });
        }
        let total = Money::new(order.total()?, order.currency);
        let mut references =
            vec![reference("Date", &order.created_at.day_in(&entity.zone).to_string())];
        if let Some(day) = order.expected_on {
            references.push(reference("Expected", &day.to_string()));
        }
        references.extend(order.reference.as_deref().map(|own| reference("Your number", own)));
        references.extend(entity.tax_number.as_deref().map(|own| reference("Tax number", own)));
        references.push(reference("Currency", order.currency.code()));
        let buyer = Address {
            company: entity.name.clone(),
            country: entity.country.clone(),
            ..Address::default()
        };
        let document = PurchaseDocument {
            paper,
            buyer,
            supplier: to,
            ship_to,
            number: order.number.clone(),
            references,
            rows,
            total: total.to_string(),
            message: order.note.clone().unwrap_or_default(),
        };
        Ok((order, document))
    })
}

fn reference(label: &str, value: &str) -> Reference {
    Reference { label: label.into(), value: value.into() }
}

fn address(party: &Party, country: &str) -> Address {
    Address {
        name: if party.company.is_some() { String::new() } else { party.name.clone() },
        company: party.company.clone().unwrap_or_default(),
        lines: party.address_lines.clone(),
        city: party.city.clone().unwrap_or_default(),
        region: party.region.clone().unwrap_or_default(),
        postcode: party.postcode.clone().unwrap_or_default(),
        country: party.country.clone().unwrap_or_else(|| country.to_owned()),
    }
}
