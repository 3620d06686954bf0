//! From the rows of one order to history: a closed order, an order-less return, movements between
//! unit accounts. Nothing here touches stock levels or journals.

use orderly_core::id::*;
use orderly_core::item::{Goods, Item};
use orderly_core::money::Currency;
use orderly_core::order::{
    Amounts, Delivery, Head, Line, LineKind, Method, Order, OrderState, Paid, Quantities, Rounding,
    Settlement, Totals,
};
use orderly_core::qty::{Qty, Ratio};
use orderly_core::returns::{self, Disposition, Fate, Fates, Return, ReturnLine, ReturnState};
use orderly_core::time::Instant;
use orderly_core::units::{Cause, CauseKind, CostSource, Movement, MovementKind, Place, PlaceKind};
use rust_decimal::Decimal;

use super::exact::Exact;
use super::map::Take;
use super::rows::Row;
use crate::call::content_hash;

/// What every order of an import has in common.
pub struct Frame {
    pub channel: ChannelId,
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    pub rounding: Rounding,
    pub number_prefix: String,
    pub now: Instant,
}

/// The parties of one order.
#[derive(Clone, Copy, Default)]
pub struct Parties {
    pub customer: Option<CustomerId>,
    pub address: Option<PartyId>,
}

/// A row that is taken, with its item and its base quantity (never negative).
pub struct Part<'r> {
    pub row: &'r Row,
    pub take: Take,
    pub item: Option<&'r Item>,
    pub qty: Qty,
    pub unit: &'r str,
    pub ratio: Ratio,
    /// The row's identity: its file's hash and its line.
    pub identity: [u8; 16],
    /// What is booked for it, in minor units; never negative.
    pub minor: i64,
}

impl Frame {
    /// The rounded amount of a row, without its sign.
    pub fn minor(&self, amount: Exact) -> Option<i64> {
        let positive = if amount.is_negative() { amount.negated() } else { amount };
        positive.to_minor(self.currency.exponent())
    }

    fn number(&self, key: &str) -> String {
        format!("{}{key}", self.number_prefix)
    }

    /// The closed order of sales and fees.
    pub fn order(&self, key: &str, parts: &[&Part<'_>], who: Parties, ids: &mut IdSource) -> Order {
        let placed_at = parts[0].row.placed_at;
        let (id, delivery): (OrderId, DeliveryId) = (ids.draw(), ids.draw());
        let lines: Vec<Line> =
            (1..).zip(parts).map(|(at, part)| line(part, at, delivery, ids.draw())).collect();
        let sum = lines.iter().map(|line| line.amounts.gross).sum();
        Order {
            id,
            number: self.number(key),
            channel: self.channel,
            external_id: Some(key.to_owned()),
            content_hash: hash_of(parts),
            version: 1,
            sequence: 1,
            currency: self.currency,
            rounding: self.rounding,
            legal_entity: self.legal_entity,
            history: true,
            placed_at,
            updated_at: self.now,
            head: Head {
                state: OrderState::Closed,
                settlement: Settlement::Payment,
                customer: who.customer,
                account: None,
                site: None,
                ordered_by: None,
                bill_to: who.address,
                reference: None,
                priority: 0,
                invoicing: orderly_core::order::Invoicing::default(),
                totals: Totals { lines: sum, total: sum, ..Totals::default() },
                paid: Paid::default(),
            },
            deliveries: vec![Delivery {
                id: delivery,
                position: 1,
                reference: "1".into(),
                method: Method::Parcel,
                ship_to: who.address,
                contact: None,
                location: None,
                required_on: None,
                ship_by_on: None,
                due_on_delivery: None,
                promises: Vec::new(),
            }],
            lines,
            charges: Vec::new(),
            holds: Vec::new(),
            fulfillments: Vec::new(),
            work: Vec::new(),
            backorders: Vec::new(),
            shipments: Vec::new(),
            shipment_lines: Vec::new(),
            parcels: Vec::new(),
        }
    }

    /// The closed, order-less return of cancellations and credits.
    pub fn returned(
        &self,
        key: &str,
        parts: &[&Part<'_>],
        who: Parties,
        ids: &mut IdSource,
    ) -> Return {
        let created_at = parts[0].row.placed_at;
        let id = ids.draw();
        let mut dispositions = Vec::new();
        let mut lines = Vec::with_capacity(parts.len());
        for (position, part) in (1..).zip(parts) {
            let line = return_line(part, position, ids.draw());
            if !line.received.is_zero() {
                dispositions.push(Disposition {
                    id: ids.draw(),
                    line: line.id,
                    from: Fate::Customer,
                    to: Fate::Restocked,
                    qty: line.received,
                    note: None,
                    decided_at: part.row.placed_at,
                });
            }
            lines.push(line);
        }
        Return {
            id,
            number: self.number(key),
            order: None,
            channel: self.channel,
            external_id: Some(key.to_owned()),
            currency: self.currency,
            history: true,
            version: 1,
            sequence: 1,
            created_at,
            head: returns::Head {
                state: ReturnState::Closed,
                location: None,
                customer: who.customer,
                reason: None,
            },
            lines,
            dispositions,
        }
    }
}

fn described(part: &Part<'_>) -> String {
    match part.row.description.as_str() {
        "" => part.row.sku.clone(),
        text => text.to_owned(),
    }
}

fn line(part: &Part<'_>, position: i64, delivery: DeliveryId, id: LineId) -> Line {
    let kind = match part.item {
        None => LineKind::Charge,
        Some(item) if item.is_kit() => LineKind::Kit,
        Some(item) if item.goods == Goods::Service => LineKind::Service,
        Some(_) => LineKind::Stock,
    };
    let mut quantities = Quantities::new(part.qty);
    quantities.unallocated = Qty::ZERO;
    quantities.shipped = part.qty;
    quantities.delivered = part.qty;
    Line {
        id,
        position,
        external_id: None,
        kind,
        parent: None,
        per_parent: None,
        item: part.item.map(|item| item.id),
        description: described(part),
        supplier: None,
        delivery,
        origin: None,
        entered: part.row.quantity.abs().normalize().to_string(),
        unit: part.unit.to_owned(),
        unit_ratio: part.ratio,
        piece: None,
        price: part.row.price.normalize(),
        price_ratio: part.ratio,
        measured: None,
        cost: None,
        max_over: Qty::ZERO,
        max_short: Qty::ZERO,
        amounts: Amounts { gross: part.minor, ..Amounts::default() },
        discounts: Vec::new(),
        taxes: Vec::new(),
        quantities,
    }
}

fn return_line(part: &Part<'_>, position: i64, id: ReturnLineId) -> ReturnLine {
    let goods = part.take == Take::Cancellation;
    let qty = if goods { part.qty } else { Qty::ZERO };
    ReturnLine {
        id,
        position,
        order_line: None,
        item: part.item.map(|item| item.id),
        description: described(part),
        lot: LotId::NONE,
        reason: Some(if goods { "canceled" } else { "credit" }.to_owned()),
        requested: qty,
        received: qty,
        fates: Fates { restocked: qty, ..Fates::NONE },
        refunded: qty,
        amount: part.minor,
        value: 0,
    }
}

/// The movement of a row's goods: history → customer for a sale, back for a cancellation, history
/// ↔ lost or found for an adjustment. None where nothing is stocked.
pub fn movement(part: &Part<'_>, id: MovementId) -> Option<Movement> {
    let item = part.item.filter(|item| item.is_stocked() && !part.qty.is_zero())?;
    let history = PlaceKind::History;
    let (from, to) = match part.take {
        Take::Sale => (history, PlaceKind::Customer),
        Take::Cancellation => (PlaceKind::Customer, history),
        Take::StockAdjustment if part.row.quantity.is_sign_negative() => (history, PlaceKind::Lost),
        Take::StockAdjustment => (PlaceKind::Found, history),
        Take::Fee | Take::Credit | Take::Reject => return None,
    };
    let described = part.take == Take::StockAdjustment && !part.row.description.is_empty();
    Some(Movement {
        id,
        kind: MovementKind::History,
        item: item.id,
        lot: LotId::NONE,
        lot_class: LotId::NONE,
        from: Place::account(from),
        to: Place::account(to),
        qty: part.qty,
        value: 0,
        cost_source: CostSource::None,
        cause: Cause { kind: CauseKind::ImportRow, id: part.identity },
        reverses: None,
        reason: described.then(|| part.row.description.clone()),
        effective_at: part.row.placed_at,
    })
}

/// A hash of what the rows say, to tell a repeat from a change.
fn hash_of(parts: &[&Part<'_>]) -> [u8; 16] {
    let mut content = String::with_capacity(parts.len() * 64);
    for Part { row, .. } in parts {
        let Row { sku, quantity, price, .. } = row;
        let fields = [sku.as_str(), &quantity.to_string(), &price.to_string()];
        for field in fields {
            content.push_str(field);
            content.push('\u{1f}');
        }
    }
    content_hash(content.as_bytes())
}

/// The item of an SKU that is sold by the piece, or a service, with nothing else known of it.
pub fn new_item(id: ItemId, sku: &str, name: &str, goods: Option<Goods>) -> Item {
    let base_unit = orderly_core::qty::BaseUnit::Each;
    Item {
        id,
        sku: sku.to_owned(),
        name: if name.is_empty() { sku } else { name }.chars().take(200).collect(),
        goods: goods.unwrap_or(Goods::Counted),
        base_unit,
        tracking: orderly_core::item::Tracking::None,
        units: Vec::new(),
        sale_unit: base_unit.code().to_owned(),
        price: None,
        price_unit: base_unit.code().to_owned(),
        price_ratio: Ratio::ONE,
        price_currency: None,
        cost: None,
        gtin: None,
        weight_g: None,
        dimensions_mm: None,
        hs_code: None,
        origin_country: None,
        over_ppm: 0,
        under_ppm: 0,
        min_offcut: Qty::ZERO,
        kerf: Qty::ZERO,
        backorder_limit: None,
        refurbish_item: None,
        components: Vec::new(),
        active: true,
        version: 1,
    }
}

/// The base quantity of a row without its sign, and the ratio of its unit.
///
/// # Errors
/// Why the item is not sold in this quantity or unit.
pub fn quantity(item: Option<&Item>, unit: &str, amount: Decimal) -> Result<(Qty, Ratio), String> {
    let amount = amount.abs().normalize();
    let plain = item.is_none_or(|item| item.units.is_empty() && item.base_unit.code() == unit);
    if plain {
        let whole = amount.scale() == 0;
        let base = i64::try_from(amount.mantissa()).ok().filter(|_| whole);
        let qty = base.and_then(|base| Qty::new(base).ok());
        let qty = qty.ok_or_else(|| format!("its quantity {amount} is not a whole number"))?;
        return Ok((qty, Ratio::ONE));
    }
    let Some(item) = item else { return Err(format!("nothing is charged by the {unit}")) };
    item.quantity(&amount.to_string(), unit).map_err(|refusal| refusal.to_string())
}
