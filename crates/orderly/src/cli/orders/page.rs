//! One order as a person reads it.

use crate::cli::output::{minute, printable, table};
use crate::ops::read::orders::Shown;
use crate::wire::out::{AddressOut, OrderOut};

/// The page of an order.
pub fn order(order: &OrderOut) -> String {
    let mut text = vec![head(order), String::new(), lines(order)];
    text.push(money(order));
    text.push(String::new());
    text.extend(deliveries(order));
    text.extend(fulfillments(order));
    text.extend(shipments(order));
    text.extend(holds(order));
    text.push(String::new());
    text.push(format!("What happened ({} events)", order.timeline.len()));
    for event in &order.timeline {
        let reason = event.reason.as_deref().map(|why| format!(" — {}", printable(why)));
        let (at, kind) = (minute(&event.at), &event.kind);
        text.push(format!("  {at}  {kind}{}", reason.unwrap_or_default()));
    }
    text.join("\n")
}

fn head(order: &OrderOut) -> String {
    let external = order.external_id.as_deref();
    let external = external.map_or_else(String::new, |id| format!(" ({})", printable(id)));
    let mut text = format!(
        "Order {} · {}{external} · {} · placed {}",
        order.number,
        order.channel,
        order.state,
        minute(&order.placed_at)
    );
    if let Some(customer) = &order.customer {
        let name = customer.name.as_deref().unwrap_or("(no name)");
        text.push_str(&format!("\nFor {} ({})", printable(name), customer.number));
    }
    if let Some(account) = &order.account {
        let site = order.site.as_deref().map(|site| format!(", site {site}"));
        text.push_str(&format!(" on account {account}{}", site.unwrap_or_default()));
    }
    if let Some(reference) = &order.reference {
        text.push_str(&format!(", their reference {}", printable(reference)));
    }
    let axes = &order.axes;
    let mut stands = vec![
        format!("allocated {}", axes.allocated),
        format!("shipped {}", axes.shipped),
        format!("delivered {}", axes.delivered),
        format!("paid {}", axes.captured),
    ];
    if axes.on_account {
        stands[3] = format!("invoiced {}", axes.invoiced);
    }
    if axes.returned != "none" {
        stands.push(format!("returned {}", axes.returned));
    }
    if axes.short {
        stands.push("waits for stock".into());
    }
    if axes.held {
        stands.push("on hold".into());
    }
    text.push_str(&format!("\nStands: {}", stands.join(", ")));
    text
}

fn lines(order: &OrderOut) -> String {
    let rows = order.lines.iter().map(|line| {
        let inside = if line.kit.is_some() { "  · " } else { "" };
        let states = line.stands.iter().filter(|(name, _)| *name != "ordered");
        let states: Vec<String> = states.map(|(name, qty)| format!("{name} {qty}")).collect();
        let amount = if line.kit.is_some() { String::new() } else { line.amount.clone() };
        vec![
            line.position.to_string(),
            line.sku.clone().unwrap_or_default(),
            format!("{inside}{}", line.description),
            format!("{} {}", line.quantity.value, line.quantity.unit),
            amount,
            states.join(", "),
        ]
    });
    table(&["line>", "sku", "what", "quantity>", "amount>", "stands"], rows)
}

fn money(order: &OrderOut) -> String {
    let totals = &order.totals;
    let mut text = format!("Lines {}", totals.lines);
    let mut part = |what: &str, amount: &str| {
        if amount.chars().any(|c| c.is_ascii_digit() && c != '0') {
            text.push_str(&format!("  {what} {amount}"));
        }
    };
    part("discounts −", &totals.discounts);
    part("charges", &totals.charges);
    part("tax added", &totals.tax_added);
    part("tax included", &totals.tax_included);
    text.push_str(&format!("  total {} {}", totals.total, order.currency));
    text.push_str(&format!("\nAuthorized {}", totals.authorized));
    text.push_str(&format!("  captured {}  refunded {}", totals.captured, totals.refunded));
    text
}

fn address(address: &AddressOut) -> String {
    let mut parts = vec![address.name.clone()];
    parts.extend(address.company.clone());
    parts.extend(address.lines.iter().cloned());
    let town = [address.postcode.clone(), address.city.clone()];
    parts.push(town.into_iter().flatten().collect::<Vec<_>>().join(" "));
    parts.extend(address.country.clone());
    printable(&parts.join(", "))
}

fn deliveries(order: &OrderOut) -> Vec<String> {
    let deliveries = order.deliveries.iter();
    deliveries
        .map(|delivery| {
            let mut text = format!("Delivery {}: {}", delivery.reference, delivery.method);
            if let Some(location) = &delivery.location {
                text.push_str(&format!(" at {location}"));
            }
            if let Some(to) = &delivery.ship_to {
                text.push_str(&format!(" to {}", address(to)));
            }
            if let Some(day) = &delivery.promised_on {
                text.push_str(&format!(", promised for {day}"));
            }
            text
        })
        .collect()
}

fn fulfillments(order: &OrderOut) -> Vec<String> {
    let mut text = Vec::new();
    for fulfillment in &order.fulfillments {
        let location = fulfillment.location.as_deref().unwrap_or("?");
        let id = &fulfillment.id;
        text.push(format!("Fulfillment at {location}: {}  {id}", fulfillment.state));
        for work in fulfillment.lines.iter().filter(|work| work.quantity != "0") {
            text.push(format!(
                "  line {}: {} {} to send, released {}, picked {}, packed {}",
                work.position, work.quantity, work.unit, work.released, work.picked, work.packed
            ));
        }
    }
    text
}

fn shipments(order: &OrderOut) -> Vec<String> {
    let mut text = Vec::new();
    for shipment in &order.shipments {
        let carrier = shipment.carrier.as_deref().unwrap_or("no carrier");
        let tracking = shipment.tracking.as_deref().unwrap_or("no tracking");
        text.push(format!(
            "Shipment {} on {} by {}, {}: {}",
            shipment.id,
            minute(&shipment.shipped_at),
            printable(carrier),
            printable(tracking),
            shipment.state
        ));
        for parcel in &shipment.parcels {
            text.push(format!("  parcel {}: SSCC {}", parcel.number, parcel.sscc));
        }
    }
    text
}

fn holds(order: &OrderOut) -> Vec<String> {
    let open = order.holds.iter().filter(|hold| hold.released_at.is_none());
    open.map(|hold| {
        let blocks = hold.blocks.join(", ");
        format!("On hold ({}) {}: {}; blocks {blocks}", hold.kind, hold.id, printable(&hold.reason))
    })
    .collect()
}

/// The events of an order as a table.
pub fn timeline(shown: &Shown) -> String {
    let rows = shown.timeline.iter().map(|event| {
        vec![
            event.sequence.to_string(),
            minute(&event.at.to_string()),
            event.kind.clone(),
            event.actor_kind.code().into(),
            event.reason.clone().unwrap_or_default(),
        ]
    });
    table(&["#>", "when (UTC)", "what", "by", "why"], rows)
}
