//! From an order and what its ids stand for to the order as it is answered.

use orderly_core::order::axes::axes;
use orderly_core::order::{Delivery, Line, Order, ShipmentLine};
use orderly_core::qty::Qty;

use super::*;
use crate::ops::read::orders::Shown;

impl From<&Shown> for OrderOut {
    fn from(shown: &Shown) -> Self {
        let order = &shown.order;
        let money = |minor: i64| amount(minor, order.currency);
        let totals = order.head.totals;
        let paid = order.head.paid;
        Self {
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
            totals: TotalsOut {
                lines: money(totals.lines),
                discounts: money(totals.discounts),
                charges: money(totals.charges),
                tax_included: money(totals.tax_included),
                tax_added: money(totals.tax_added),
                total: money(totals.total),
            },
            paid: PaidOut {
                authorized: money(paid.authorized),
                captured: money(paid.captured),
                refunded: money(paid.refunded),
            },
            axes: AxesOut::from(axes(order)),
            deliveries: order.deliveries.iter().map(|one| delivery(shown, one)).collect(),
            lines: order.lines.iter().map(|one| line(shown, one)).collect(),
            charges: charges(order),
            holds: holds(order),
            fulfillments: fulfillments(shown),
            shipments: shipments(shown),
            timeline: shown.timeline.iter().map(EventOut::from).collect(),
        }
    }
}

fn person(shown: &Shown) -> Option<PersonOut> {
    let customer = shown.customer.as_ref()?;
    let bill_to = shown.order.head.bill_to.and_then(|id| shown.parties.get(&id));
    Some(PersonOut {
        id: customer.id.to_string(),
        number: customer.number.clone(),
        name: bill_to.map(|party| party.company.clone().unwrap_or_else(|| party.name.clone())),
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
    let delivery = order.deliveries.iter().find(|one| one.id == line.delivery);
    LineOut {
        id: line.id.to_string(),
        position: line.position,
        external_id: line.external_id.clone(),
        kind: line.kind.code(),
        kit: line.parent.and_then(position),
        sku: sku(shown, line),
        description: line.description.clone(),
        delivery: delivery.map(|one| one.reference.clone()),
        quantity: line.entered.clone(),
        unit: line.unit.clone(),
        price: line.price.to_string(),
        discount: money(line.amounts.discount),
        tax: money(line.amounts.tax_included + line.amounts.tax_added),
        amount: money(line.amounts.due()),
        quantities: quantities(line),
    }
}

fn quantities(line: &Line) -> Vec<(&'static str, String)> {
    let q = &line.quantities;
    let all = [
        ("ordered", q.ordered),
        ("over", q.over),
        ("canceled", q.canceled),
        ("closed_short", q.closed_short),
        ("unallocated", q.unallocated),
        ("backordered", q.backordered),
        ("allocated", q.allocated),
        ("released", q.released),
        ("picked", q.picked),
        ("packed", q.packed),
        ("shipped", q.shipped),
        ("delivered", q.delivered),
        ("lost", q.lost),
        ("brought_back", q.brought_back),
        ("return_requested", q.return_requested),
        ("returned", q.returned),
        ("invoiced", q.invoiced),
        ("credited", q.credited),
        ("refunded", q.refunded),
    ];
    let there = all.into_iter().filter(|(_, qty)| !qty.is_zero());
    there.map(|(name, qty)| (name, quantity(qty, line.unit_ratio))).collect()
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
        FulfillmentOut {
            id: fulfillment.id.to_string(),
            location: code_of(shown, fulfillment.location),
            delivery: delivery.map(|one| one.reference.clone()),
            state: fulfillment.state.code(),
            lines: lines.collect(),
        }
    };
    order.fulfillments.iter().map(one).collect()
}

fn shipments(shown: &Shown) -> Vec<ShipmentOut> {
    let order = &shown.order;
    let shipped = |line: &ShipmentLine| {
        let own = order.lines.iter().find(|one| one.id == line.line)?;
        Some(ShippedOut {
            position: own.position,
            sku: sku(shown, own),
            quantity: quantity(line.qty, own.unit_ratio),
            unit: own.unit.clone(),
        })
    };
    let one = |shipment: &orderly_core::order::Shipment| ShipmentOut {
        id: shipment.id.to_string(),
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
