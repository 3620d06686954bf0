//! From an order and what its ids stand for to the order as it is answered.

use orderly_core::order::axes::axes;
use orderly_core::order::close::owed;
use orderly_core::order::{Delivery, Line, Order, ShipmentLine};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal};

use super::*;
use crate::ops::read::orders::{Page, Shown, Summary};

impl From<&Shown> for OrderOut {
    fn from(shown: &Shown) -> Self {
        let order = &shown.order;
        let money = |minor: i64| amount(minor, order.currency);
        let totals = order.head.totals;
        let paid = order.head.paid;
        let (owed, kept) = owed(order, &shown.given);
        let axes = axes(order);
        Self {
            object: "order",
            id: order.id.to_string(),
            number: order.number.clone(),
            channel: shown.channel.as_ref().map_or_else(String::new, |one| one.code.clone()),
            external_id: order.external_id.clone(),
            state: order.head.state.code(),
            version: order.version,
            history: order.history,
            placed_at: order.placed_at.to_string(),
            updated_at: order.updated_at.to_string(),
            currency: order.currency.to_string(),
            settlement: order.head.settlement.code(),
            reference: order.head.reference.clone(),
            customer: person(shown),
            account: shown.account.as_ref().map(|account| account.number.clone()),
            site: shown.site.as_ref().map(|site| site.code.clone()),
            payment: PaymentStandOut {
                authorized: axes.authorized.code(),
                captured: axes.captured.code(),
            },
            totals: TotalsOut {
                lines: money(totals.lines),
                discounts: money(totals.discounts),
                charges: money(totals.charges),
                tax_included: money(totals.tax_included),
                tax_added: money(totals.tax_added),
                total: money(totals.total),
                authorized: money(paid.authorized),
                captured: money(paid.captured),
                refunded: money(paid.refunded),
                due: money(owed - kept),
                currency: order.currency.to_string(),
            },
            axes: AxesOut::from(axes),
            deliveries: order.deliveries.iter().map(|one| delivery(shown, one)).collect(),
            lines: order.lines.iter().map(|one| line(shown, one)).collect(),
            charges: charges(order),
            holds: holds(order),
            fulfillments: fulfillments(shown),
            shipments: shipments(shown),
            payments: shown.payments.iter().map(PaymentOut::from).collect(),
            timeline: shown.timeline.iter().map(EventOut::from).collect(),
            allowed_actions: shown.allowed.order.clone(),
            links: LinksOut {
                events: format!("/v1/events?order={}", order.id),
                routing: format!("/v1/orders/{}/routing", order.id),
                console: format!("/orders/{}", order.number),
            },
        }
    }
}

impl OrderOut {
    /// Puts the objects in the place of their ids.
    pub fn expand(&mut self, shown: &Shown, what: &Expand) {
        if let (Some(person), true) = (&mut self.customer, what.customer) {
            person.address = address_of(shown);
        }
        if what.shipments {
            let all = &self.shipments;
            for fulfillment in &mut self.fulfillments {
                fulfillment.expand(all);
            }
        }
    }
}

impl FulfillmentOut {
    /// Puts the shipments in the place of their ids.
    pub fn expand(&mut self, shipments: &[ShipmentOut]) {
        let own = shipments.iter().filter(|one| one.fulfillment == self.id);
        self.shipments = own.map(|one| Expandable::Object(Box::new(one.clone()))).collect();
    }
}

/// What is answered as an object in the place of an id.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expand {
    pub customer: bool,
    /// The shipments of each fulfillment.
    pub shipments: bool,
}

impl Expand {
    /// Reads names with commas between them.
    ///
    /// # Errors
    /// `invalid_field` with what may be expanded.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let mut what = Self::default();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name {
                "customer" => what.customer = true,
                "fulfillments.shipments" => what.shipments = true,
                "fulfillments" | "shipments" => {}
                other => {
                    let detail = format!("`{}` cannot be expanded", short(other));
                    let refusal = Refusal::at(Code::InvalidField, "/expand", detail);
                    return Err(refusal.allowed("customer, fulfillments.shipments"));
                }
            }
        }
        Ok(what)
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The name and address of who ordered, as billed.
pub fn address_of(shown: &Shown) -> Option<AddressOut> {
    let customer = shown.customer.as_ref().map(|customer| customer.party);
    let bill_to = shown.order.head.bill_to.or(customer)?;
    shown.parties.get(&bill_to).map(AddressOut::from)
}

fn person(shown: &Shown) -> Option<PersonOut> {
    let customer = shown.customer.as_ref()?;
    let bill_to = shown.order.head.bill_to.and_then(|id| shown.parties.get(&id));
    Some(PersonOut {
        id: customer.id.to_string(),
        number: customer.number.clone(),
        name: bill_to.map(|party| party.company.clone().unwrap_or_else(|| party.name.clone())),
        address: None,
    })
}

fn code_of(shown: &Shown, location: orderly_core::id::LocationId) -> Option<String> {
    shown.locations.get(&location).map(|location| location.code.clone())
}

fn delivery(shown: &Shown, delivery: &Delivery) -> DeliveryOut {
    let ship_to = delivery.ship_to.and_then(|id| shown.parties.get(&id));
    DeliveryOut {
        reference: delivery.reference.clone(),
        id: delivery.id.to_string(),
        method: delivery.method.code(),
        location: delivery.location.and_then(|id| code_of(shown, id)),
        ship_to: ship_to.map(AddressOut::from),
        required_on: delivery.required_on.map(|day| day.to_string()),
        ship_by_on: delivery.ship_by_on.map(|day| day.to_string()),
        promised_on: delivery.promises.last().map(|promise| promise.for_on.to_string()),
        promises: {
            let promises = delivery.promises.iter();
            promises
                .map(|promise| PromiseOut {
                    for_on: promise.for_on.to_string(),
                    made_at: promise.made_at.to_string(),
                    reason: promise.reason.clone(),
                })
                .collect()
        },
        due: delivery.due_on_delivery.map(|minor| amount(minor, shown.order.currency)),
    }
}

fn sku(shown: &Shown, line: &Line) -> Option<String> {
    line.item.and_then(|id| shown.catalog.get(id)).map(|item| item.sku.clone())
}

fn line(shown: &Shown, line: &Line) -> LineOut {
    let order = &shown.order;
    let money = |minor: i64| amount(minor, order.currency);
    let position = |id| order.lines.iter().find(|one| one.id == id).map(|one| one.position);
    let item = line.item.and_then(|id| shown.catalog.get(id));
    LineOut {
        id: line.id.to_string(),
        position: line.position,
        external_id: line.external_id.clone(),
        kind: line.kind.code(),
        kit: line.parent.and_then(position),
        sku: sku(shown, line),
        description: line.description.clone(),
        delivery: line.delivery.to_string(),
        quantity: QuantityOut {
            value: line.entered.clone(),
            unit: line.unit.clone(),
            base: line.quantities.ordered.get(),
            base_unit: item.map_or_else(|| line.unit.clone(), |item| item.base_unit.code().into()),
        },
        price: line.price.to_string(),
        discount: money(line.amounts.discount),
        tax: money(line.amounts.tax_included + line.amounts.tax_added),
        amount: money(line.amounts.due()),
        quantities: QuantitiesOut::from(&line.quantities),
        stands: {
            let present = present(&line.quantities).into_iter();
            present.map(|(name, qty)| (name, quantity(qty, line.unit_ratio))).collect()
        },
    }
}

fn charges(order: &Order) -> Vec<ChargeOut> {
    let charges = order.charges.iter();
    charges
        .map(|charge| ChargeOut {
            id: charge.id.to_string(),
            kind: charge.kind.clone(),
            description: charge.description.clone(),
            amount: amount(charge.amount, order.currency),
        })
        .collect()
}

fn holds(order: &Order) -> Vec<HoldOut> {
    let holds = order.holds.iter();
    holds
        .map(|hold| HoldOut {
            id: hold.id.to_string(),
            kind: hold.kind.clone(),
            scope: hold.scope.code(),
            blocks: hold.blocks.iter().map(|step| step.code()).collect(),
            reason: hold.reason.clone(),
            owner: hold.owner.clone(),
            due_at: hold.due_at.map(|at| at.to_string()),
            placed_at: hold.placed_at.to_string(),
            released_at: hold.released_at.map(|at| at.to_string()),
        })
        .collect()
}

fn fulfillments(shown: &Shown) -> Vec<FulfillmentOut> {
    let order = &shown.order;
    let work = |id| order.work.iter().filter(move |work| work.fulfillment == id);
    let one = |fulfillment: &orderly_core::order::Fulfillment| {
        let delivery = order.deliveries.iter().find(|one| one.id == fulfillment.delivery);
        let lines = work(fulfillment.id).filter_map(|work| {
            let line = order.lines.iter().find(|line| line.id == work.line)?;
            let show = |qty: Qty| quantity(qty, line.unit_ratio);
            Some(WorkOut {
                line: line.id.to_string(),
                position: line.position,
                sku: sku(shown, line),
                unit: line.unit.clone(),
                quantity: show(work.qty),
                released: show(work.released),
                picked: show(work.picked),
                packed: show(work.packed),
                shipped: show(work.shipped),
            })
        });
        let shipped = order.shipments.iter().filter(|one| one.fulfillment == fulfillment.id);
        FulfillmentOut {
            object: "fulfillment",
            id: fulfillment.id.to_string(),
            order: order.number.clone(),
            location: code_of(shown, fulfillment.location),
            delivery: delivery.map(|one| one.reference.clone()),
            state: fulfillment.state.code(),
            created_at: fulfillment.created_at.to_string(),
            lines: lines.collect(),
            shipments: shipped.map(|one| Expandable::Id(one.id.to_string())).collect(),
            allowed_actions: shown.allowed.fulfillment(fulfillment.id),
        }
    };
    order.fulfillments.iter().map(one).collect()
}

fn shipments(shown: &Shown) -> Vec<ShipmentOut> {
    let order = &shown.order;
    let shipped = |line: &ShipmentLine| {
        let own = order.lines.iter().find(|one| one.id == line.line)?;
        let show = |qty: Qty| quantity(qty, own.unit_ratio);
        Some(ShippedOut {
            id: line.id.to_string(),
            line: own.id.to_string(),
            position: own.position,
            sku: sku(shown, own),
            quantity: show(line.qty),
            unit: own.unit.clone(),
            delivered: show(line.delivered),
            lost: show(line.lost),
            brought_back: show(line.brought_back),
            returned: show(line.returned),
        })
    };
    let one = |shipment: &orderly_core::order::Shipment| ShipmentOut {
        object: "shipment",
        id: shipment.id.to_string(),
        order: order.number.clone(),
        fulfillment: shipment.fulfillment.to_string(),
        location: code_of(shown, shipment.location),
        state: shipment.state.code(),
        carrier: shipment.carrier.clone(),
        service: shipment.service.clone(),
        tracking: shipment.tracking.clone(),
        shipped_at: shipment.shipped_at.to_string(),
        lines: {
            let own = order.shipment_lines.iter().filter(|line| line.shipment == shipment.id);
            own.filter_map(shipped).collect()
        },
        parcels: {
            let own = order.parcels.iter().filter(|parcel| parcel.shipment == shipment.id);
            own.map(parcel).collect()
        },
        allowed_actions: shown.allowed.shipment(shipment.id),
    };
    order.shipments.iter().map(one).collect()
}

fn parcel(parcel: &orderly_core::order::Parcel) -> ParcelOut {
    ParcelOut {
        id: parcel.id.to_string(),
        number: parcel.number,
        sscc: parcel.sscc.clone(),
        weight_g: parcel.weight_g,
        tracking: parcel.tracking.clone(),
    }
}

/// An order in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OrderRow {
    /// `order`
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub channel: String,
    pub external_id: Option<String>,
    pub state: &'static str,
    pub placed_at: String,
    pub customer: Option<PersonOut>,
    pub currency: String,
    pub total: String,
    pub authorized: String,
    pub captured: String,
    pub refunded: String,
    /// Imported: it happened before Orderly.
    pub history: bool,
    /// Answered where they are expanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfillments: Option<Vec<FulfillmentOut>>,
}

impl OrderRow {
    /// One row of a page.
    pub fn of(page: &Page, order: &Summary) -> Self {
        let money = |minor: i64| amount(minor, order.currency);
        let channel = page.channels.get(&order.channel);
        let person = page.names.get(&order.id).map(|one| PersonOut {
            id: one.id.to_string(),
            number: one.number.clone(),
            name: Some(one.name.clone()),
            address: None,
        });
        Self {
            object: "order",
            id: order.id.to_string(),
            number: order.number.clone(),
            channel: channel.map_or_else(String::new, |one| one.code.clone()),
            external_id: order.external_id.clone(),
            state: order.state.code(),
            placed_at: order.placed_at.to_string(),
            customer: person,
            currency: order.currency.to_string(),
            total: money(order.total),
            authorized: money(order.paid.authorized),
            captured: money(order.paid.captured),
            refunded: money(order.paid.refunded),
            history: order.history,
            fulfillments: None,
        }
    }
}
