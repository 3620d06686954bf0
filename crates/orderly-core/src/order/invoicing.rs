//! What of an order is to be invoiced, and what it comes to.
//!
//! `invoiced` of a line counts the units on documents that stand, `credited` those of them that
//! were credited as returned. The k-th unit invoiced is the k-th from the end of what was ordered:
//! canceled and refunded units are counted from the beginning, so the two never meet.

use super::*;
use crate::invoice::{Effect, InvoiceLine, TaxAmount};
use crate::money::cumulative_share;
use crate::refusal::ensure;

codes! {
    /// When what was sold is invoiced: at once, with each delivery, or in a collective invoice.
    #[derive(Default)]
    Invoicing {
        PerSale "per_sale",
        #[default]
        PerDelivery "per_delivery",
        Collective "collective",
    }
}

impl Paid {
    /// Money of the order that settles nothing yet.
    pub const fn unused(&self) -> i64 {
        self.captured - self.refunded - self.used
    }
}

/// What documents that stand hold of a line, in minor units: invoiced less undone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Billed {
    pub net: i64,
    pub taxes: Vec<TaxAmount>,
}

/// What documents that stand hold of the lines of an order; see [`needs_prior`].
pub type Prior = Vec<(LineId, Billed)>;

/// One thing to be invoiced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    Line(LineId, Qty),
    Charge(ChargeId),
}

impl Line {
    /// What is on documents and not credited.
    pub fn documented(&self) -> Qty {
        self.quantities.invoiced.less(self.quantities.credited)
    }
    /// What is with the customer or on its way.
    pub fn out(&self) -> Qty {
        let q = &self.quantities;
        q.shipped.less(q.lost).less(q.brought_back).less(q.returned)
    }
    /// What the customer still asks for, delivered or not.
    fn wanted(&self) -> Qty {
        let q = &self.quantities;
        let all = q.ordered.plus(q.over).unwrap_or(q.ordered);
        all.less(q.canceled).less(q.closed_short)
    }
    /// Whether it is text or a charge: invoiced with what it stands beside.
    fn goes_along(&self) -> bool {
        matches!(self.kind, LineKind::Text | LineKind::Charge)
    }
}

/// Whether the whole of a sale made at once is to be invoiced now: it is paid or handed over, or
/// it is settled on an account.
fn is_sold(order: &Order) -> bool {
    let paid = order.head.paid.captured - order.head.paid.refunded;
    let shipped = order.lines.iter().any(|line| !line.quantities.shipped.is_zero());
    order.head.settlement == Settlement::Account || shipped || paid >= price::payable(order)
}

/// What of a line should be on documents and not credited, as the order stands.
pub fn target(order: &Order, line: &Line) -> Qty {
    if line.parent.is_some() || line.goes_along() {
        return line.documented();
    }
    match order.head.invoicing {
        Invoicing::PerSale if is_sold(order) => {
            line.wanted().less(line.quantities.lost).less(line.quantities.returned)
        }
        _ => line.out(),
    }
}

/// Returns everything of an order that is to be invoiced now, in the order of its lines; charges
/// and texts go with the first goods of their delivery.
pub fn due(order: &Order) -> Vec<Due> {
    if order.history || matches!(order.head.state, OrderState::Draft | OrderState::Quoted) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut touched: Vec<DeliveryId> = Vec::new();
    for line in order.lines.iter().filter(|line| line.parent.is_none()) {
        let qty = target(order, line).less(line.documented());
        if !qty.is_zero() {
            out.push(Due::Line(line.id, qty));
        }
        if !line.quantities.invoiced.is_zero() || !qty.is_zero() {
            touched.push(line.delivery);
        }
    }
    for line in order.lines.iter().filter(|line| line.parent.is_none() && line.goes_along()) {
        let qty = line.wanted().less(line.quantities.invoiced);
        if touched.contains(&line.delivery) && !qty.is_zero() {
            out.push(Due::Line(line.id, qty));
        }
    }
    for charge in &order.charges {
        let along = match charge.delivery {
            Some(delivery) => touched.contains(&delivery),
            None => !touched.is_empty(),
        };
        if along && charge.invoiced == 0 && charge.due() != 0 {
            out.push(Due::Charge(charge.id));
        }
    }
    let place = |due: &Due| match due {
        Due::Line(id, _) => (0, order.line(*id).map_or(0, |line| line.position)),
        Due::Charge(id) => (1, order.charge(*id).map_or(0, |charge| charge.position)),
    };
    out.sort_by_key(place);
    out
}

/// Whether something of the order is to be invoiced now.
pub fn is_due(order: &Order) -> bool {
    !due(order).is_empty()
}

/// Whether documents hold something of the order.
pub fn is_invoiced(order: &Order) -> bool {
    order.lines.iter().any(|line| !line.quantities.invoiced.is_zero())
        || order.charges.iter().any(|charge| charge.invoiced != 0)
}

/// Whether the amounts of earlier documents must be known to write the next one.
pub fn needs_prior(order: &Order) -> bool {
    is_invoiced(order)
}

/// Whether everything the customer owes for is on documents.
pub fn is_complete(order: &Order) -> bool {
    let line = |line: &Line| {
        let owed = line.wanted().less(line.quantities.lost).less(line.quantities.returned);
        line.parent.is_some() || line.documented() >= owed
    };
    order.lines.iter().all(line) && order.charges.iter().all(|one| one.invoiced == one.due())
}

/// What the last `count` units of a line come to: net and each tax, in minor units.
pub fn upto(line: &Line, count: Qty) -> Billed {
    let all = line.quantities.ordered;
    let before = all.less(count.min(all));
    let of = |whole: i64| whole - cumulative_share(whole, before.get(), all.get());
    let amounts = &line.amounts;
    let due = of(amounts.gross - amounts.discount) + of(amounts.tax_added);
    let mut taxes: Vec<TaxAmount> = Vec::with_capacity(line.taxes.len());
    for (included, sum) in [(true, amounts.tax_included), (false, amounts.tax_added)] {
        let own: Vec<&Tax> = line.taxes.iter().filter(|tax| tax.included == included).collect();
        let mut rest = of(sum);
        for (index, tax) in own.iter().enumerate() {
            // The last one takes the rest, so that they sum to the slice of their sum.
            let amount = if index + 1 == own.len() { rest } else { of(tax.amount) };
            rest -= amount;
            taxes.push(taxed(tax, amount));
        }
    }
    let net = due - taxes.iter().map(|tax| tax.amount).sum::<i64>();
    taxes.iter_mut().for_each(|tax| tax.base = net);
    Billed { net, taxes }
}

fn taxed(tax: &Tax, amount: i64) -> TaxAmount {
    let Tax { name, rate, included, .. } = tax.clone();
    TaxAmount { name, rate, included, base: 0, amount }
}

impl Billed {
    /// What is left of this when another is taken off, tax by tax.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        let mut taxes = self.taxes.clone();
        for gone in &other.taxes {
            match taxes.iter_mut().find(|tax| tax.is_same(gone)) {
                Some(tax) => {
                    tax.base -= gone.base;
                    tax.amount -= gone.amount;
                }
                None => {
                    let (base, amount) = (-gone.base, -gone.amount);
                    taxes.push(TaxAmount { base, amount, ..gone.clone() });
                }
            }
        }
        taxes.retain(|tax| tax.amount != 0 || tax.base != 0);
        Self { net: self.net - other.net, taxes }
    }
    pub fn tax(&self) -> i64 {
        self.taxes.iter().map(|tax| tax.amount).sum()
    }
    /// Adds a line of a document, or takes it off.
    pub fn add(&mut self, line: &InvoiceLine, sign: i64) {
        self.net += sign * line.net;
        for tax in &line.taxes {
            let (base, amount) = (sign * tax.base, sign * tax.amount);
            match self.taxes.iter_mut().find(|known| known.is_same(tax)) {
                Some(known) => {
                    known.base += base;
                    known.amount += amount;
                }
                None => self.taxes.push(TaxAmount { base, amount, ..tax.clone() }),
            }
        }
    }
}

/// Writes what is due as lines of a document, from `first` on, and counts them in the order.
///
/// # Errors
/// `unknown_line` and `not_found` for what is not of the order.
pub fn write(
    order: &mut Order,
    due: &[Due],
    prior: &Prior,
    first: i64,
    ids: &mut IdSource,
) -> Result<Vec<InvoiceLine>, Refusal> {
    let mut lines = Vec::with_capacity(due.len());
    for (position, one) in (first..).zip(due) {
        let line = match *one {
            Due::Line(id, qty) => write_line(order, id, qty, prior, position, ids)?,
            Due::Charge(id) => write_charge(order, id, position, ids)?,
        };
        lines.push(line);
    }
    Ok(lines)
}

fn write_line(
    order: &mut Order,
    id: LineId,
    qty: Qty,
    prior: &Prior,
    position: i64,
    ids: &mut IdSource,
) -> Result<InvoiceLine, Refusal> {
    let location = location_of(order, id);
    let own = order.line_mut(id)?;
    let invoiced = own.quantities.invoiced.plus(qty);
    let invoiced = invoiced.ok_or_else(|| {
        Refusal::new(Code::QuantityTooLarge, "the invoiced quantity is too large")
    })?;
    let billed = prior.iter().find(|(line, _)| *line == id).map(|(_, billed)| billed.clone());
    let billed = upto(own, invoiced).less(&billed.unwrap_or_default());
    own.quantities.invoiced = invoiced;
    Ok(InvoiceLine {
        id: ids.draw(),
        position,
        order: None,
        order_line: Some(id),
        charge: None,
        delivery: Some(own.delivery),
        location,
        credits: None,
        effect: Effect::Invoiced,
        sku: None,
        description: own.description.clone(),
        qty,
        quantity: shown(own, qty),
        unit: own.unit.clone(),
        price: own.price.normalize().to_string(),
        net: billed.net,
        tax: billed.tax(),
        taxes: billed.taxes,
    })
}

fn write_charge(
    order: &mut Order,
    id: ChargeId,
    position: i64,
    ids: &mut IdSource,
) -> Result<InvoiceLine, Refusal> {
    let first = order.deliveries.first().map(|delivery| delivery.id);
    let place = order.charge(id)?.delivery.or(first);
    let beside = order.lines.iter().find(|line| Some(line.delivery) == place).map(|line| line.id);
    let location = beside.and_then(|line| location_of(order, line));
    let own = order.charge_mut(id)?;
    own.invoiced = own.due();
    let net = own.amount - own.tax_included;
    let mut taxes: Vec<TaxAmount> = own.taxes.iter().map(|tax| taxed(tax, tax.amount)).collect();
    taxes.iter_mut().for_each(|tax| tax.base = net);
    Ok(InvoiceLine {
        id: ids.draw(),
        position,
        order: None,
        order_line: None,
        charge: Some(id),
        delivery: own.delivery,
        location,
        credits: None,
        effect: Effect::Invoiced,
        sku: None,
        description: own.description.clone(),
        qty: Qty::ZERO,
        quantity: String::new(),
        unit: String::new(),
        price: String::new(),
        net,
        tax: own.tax_included + own.tax_added,
        taxes,
    })
}

/// Where the goods of a line left from first, else where they are collected.
pub fn location_of(order: &Order, id: LineId) -> Option<LocationId> {
    let line = order.line(id).ok()?;
    let parts: Vec<LineId> = order.components(id).map(|part| part.id).chain([id]).collect();
    let left = order.shipment_lines.iter().find(|one| parts.contains(&one.line));
    let shipment = left.and_then(|one| order.shipment(one.shipment).ok());
    let delivery = order.delivery(line.delivery).ok();
    shipment.map(|one| one.location).or(delivery.and_then(|one| one.location))
}

/// A quantity in the unit of the line, where it is a short decimal; else in base units.
pub fn shown(line: &Line, qty: Qty) -> String {
    let (num, den) = (line.unit_ratio.num, line.unit_ratio.den);
    let count = Decimal::from(qty.get()).checked_mul(Decimal::from(den));
    let count = count.and_then(|count| count.checked_div(Decimal::from(num)));
    match count {
        Some(count) => count.round_dp(4).normalize().to_string(),
        None => qty.to_string(),
    }
}

impl Order {
    /// Refuses what would leave more on documents than the order can bear: what is invoiced is
    /// taken back by a credit note first.
    ///
    /// # Errors
    /// `not_reversible`.
    pub(crate) fn ensure_invoiced(&self) -> Result<(), Refusal> {
        for line in self.lines.iter().filter(|line| line.parent.is_none()) {
            let most = match self.head.invoicing {
                Invoicing::PerSale => line.wanted(),
                _ if line.goes_along() => line.wanted(),
                _ => line.quantities.shipped,
            };
            ensure(line.documented() <= most, || {
                let detail = format!(
                    "{} of line {} are invoiced: issue a credit note first",
                    line.documented(),
                    line.position
                );
                Refusal::new(Code::NotReversible, detail).allowed("credit")
            })?;
        }
        Ok(())
    }
}
