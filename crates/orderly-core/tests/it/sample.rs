//! Orders made for tests: no catalog, no stock, ids by position.

use orderly_core::id::*;
use orderly_core::money::Currency;
use orderly_core::order::*;
use orderly_core::qty::{Qty, Ratio};
use orderly_core::time::Instant;
use rust_decimal::Decimal;

pub const NOW: Instant = Instant::from_micros(1_764_000_000_000_000);

pub fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

pub fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

pub fn ids(seed: u64) -> IdSource {
    IdSource::new(NOW, seed)
}

pub fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

pub fn item(number: u8) -> ItemId {
    ItemId::from_bytes([number; 16])
}

pub fn tax(rate: &str, included: bool) -> Tax {
    Tax { name: format!("VAT {rate}"), rate: decimal(rate), included, amount: 0 }
}

/// A line of a stocked item whose whole quantity is unallocated.
pub fn line(position: u8, ordered: i64, price: &str, taxes: Vec<Tax>) -> Line {
    Line {
        id: LineId::from_bytes([position; 16]),
        position: i64::from(position),
        external_id: None,
        kind: LineKind::Stock,
        parent: None,
        per_parent: None,
        item: Some(item(position)),
        description: format!("item {position}"),
        supplier: None,
        delivery: DeliveryId::from_bytes([1; 16]),
        origin: None,
        entered: ordered.to_string(),
        unit: "each".into(),
        unit_ratio: Ratio::ONE,
        piece: None,
        price: decimal(price),
        price_ratio: Ratio::ONE,
        measured: None,
        cost: None,
        max_over: Qty::ZERO,
        max_short: Qty::ZERO,
        amounts: Amounts::default(),
        discounts: Vec::new(),
        taxes,
        quantities: Quantities::new(qty(ordered)),
    }
}

pub fn charge(amount: i64, taxes: Vec<Tax>) -> Charge {
    Charge {
        id: ChargeId::from_bytes([1; 16]),
        position: 1,
        delivery: None,
        kind: "shipping".into(),
        description: "Shipping".into(),
        amount,
        tax_included: 0,
        tax_added: 0,
        taxes,
        refunded: 0,
        invoiced: 0,
    }
}

/// A placed order that is not priced yet.
pub fn order(code: &str, rounding: Rounding, lines: Vec<Line>, charges: Vec<Charge>) -> Order {
    Order {
        id: OrderId::from_bytes([9; 16]),
        number: "1001".into(),
        channel: ChannelId::from_bytes([1; 16]),
        external_id: None,
        content_hash: [0; 16],
        version: 1,
        sequence: 1,
        currency: currency(code),
        rounding,
        legal_entity: LegalEntityId::from_bytes([1; 16]),
        history: false,
        placed_at: NOW,
        updated_at: NOW,
        head: Head {
            state: OrderState::Placed,
            settlement: Settlement::Payment,
            customer: None,
            account: None,
            site: None,
            ordered_by: None,
            bill_to: None,
            reference: None,
            priority: 0,
            invoicing: Invoicing::default(),
            totals: Totals::default(),
            paid: Paid::default(),
        },
        deliveries: Vec::new(),
        lines,
        charges,
        holds: Vec::new(),
        fulfillments: Vec::new(),
        work: Vec::new(),
        backorders: Vec::new(),
        shipments: Vec::new(),
        shipment_lines: Vec::new(),
        parcels: Vec::new(),
    }
}

/// Prices the order and takes its whole total.
pub fn paid(mut order: Order, discounts: &[(String, i64)]) -> Order {
    price::total(&mut order, discounts).unwrap();
    order.head.paid.authorized = order.head.totals.total;
    order.head.paid.captured = order.head.totals.total;
    order
}

/// Ships `quantity` of a line in one shipment, at `value`; in transit where not `delivered`.
pub fn ship(order: &mut Order, line: LineId, quantity: i64, value: i64, delivered: bool) {
    let number = u8::try_from(order.shipments.len()).unwrap() + 1;
    let shipment = ShipmentId::from_bytes([number; 16]);
    let location = LocationId::from_bytes([1; 16]);
    order.shipments.push(Shipment {
        id: shipment,
        fulfillment: FulfillmentId::from_bytes([number; 16]),
        delivery: DeliveryId::from_bytes([1; 16]),
        location,
        state: if delivered { ShipmentState::Done } else { ShipmentState::Shipped },
        carrier: None,
        service: None,
        tracking: None,
        shipped_at: NOW.plus_micros(i64::from(number)),
        collected_by: None,
    });
    let own = order.line_mut(line).unwrap();
    own.quantities.unallocated = own.quantities.unallocated.minus(qty(quantity)).unwrap();
    own.quantities.shipped = own.quantities.shipped.plus(qty(quantity)).unwrap();
    let arrived = if delivered { qty(quantity) } else { Qty::ZERO };
    own.quantities.delivered = own.quantities.delivered.plus(arrived).unwrap();
    let item = own.item.unwrap();
    order.shipment_lines.push(ShipmentLine {
        id: ShipmentLineId::from_bytes([number; 16]),
        shipment,
        line,
        claim: ClaimId::from_bytes([number; 16]),
        item,
        lot: LotId::NONE,
        qty: qty(quantity),
        over: Qty::ZERO,
        value,
        delivered: arrived,
        lost: Qty::ZERO,
        brought_back: Qty::ZERO,
        returned: Qty::ZERO,
        back: 0,
    });
}

/// Cancels `quantity` of what is unallocated.
pub fn cancel(order: &mut Order, line: LineId, quantity: i64) {
    let own = &mut order.line_mut(line).unwrap().quantities;
    own.unallocated = own.unallocated.minus(qty(quantity)).unwrap();
    own.canceled = own.canceled.plus(qty(quantity)).unwrap();
}
