//! From what a caller wants to a priced order without claims.

mod measure;

use std::sync::Arc;

use rust_decimal::Decimal;

use super::*;
use crate::catalog::{Catalog, Channel};
use crate::item::{Goods, Item};
use crate::money::{MAX_MINOR, Money, parse_decimal};
use crate::order::price::{money_refusal, total};
use crate::pricing::{Asking, Priced, Pricing};
use measure::{Measure, price_of};

/// The most lines one order may have, components of kits included.
pub const MAX_LINES: usize = 20_000;

/// A tax as the caller states it: the rate is a fraction (`0.19`).
#[derive(Debug, Clone)]
pub struct NewTax {
    pub name: String,
    pub rate: String,
    pub included: bool,
}

/// A discount as the caller states it, in the order's currency.
#[derive(Debug, Clone)]
pub struct NewDiscount {
    pub code: String,
    pub amount: String,
}

/// A line as the caller states it. Texts are read here, so that every refusal names its place.
#[derive(Debug, Clone, Default)]
pub struct NewLine {
    pub external_id: Option<String>,
    /// `None`: stock or kit where there is an SKU, else text.
    pub kind: Option<LineKind>,
    pub sku: Option<String>,
    pub description: Option<String>,
    pub supplier: Option<SupplierId>,
    /// The reference of its delivery; `None` is the first.
    pub delivery: Option<String>,
    pub origin: Option<LineId>,
    pub quantity: String,
    /// `None` is the item's sale unit. `cut` and `piece` count pieces of `cut_length`.
    pub unit: Option<String>,
    /// Such as `2.4 m`.
    pub cut_length: Option<String>,
    /// `None` is the item's list price.
    pub unit_price: Option<String>,
    /// What `unit_price` is the price of; `None` is one `unit`.
    pub price_unit: Option<String>,
    /// Catch weight: the measured base quantity.
    pub measured: Option<String>,
    pub cost: Option<String>,
    pub discounts: Vec<NewDiscount>,
    pub taxes: Vec<NewTax>,
}

/// A delivery as the caller states it; parties are already versions.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub reference: String,
    pub method: Method,
    pub ship_to: Option<PartyId>,
    pub contact: Option<PartyId>,
    pub location: Option<LocationId>,
    pub required_on: Option<Day>,
    pub ship_by_on: Option<Day>,
    pub due_on_delivery: Option<String>,
    pub promise: Option<Day>,
}

/// A charge as the caller states it.
#[derive(Debug, Clone)]
pub struct NewCharge {
    pub kind: String,
    pub description: Option<String>,
    pub delivery: Option<String>,
    pub amount: String,
    pub taxes: Vec<NewTax>,
}

/// An order as the caller states it, with everything outside it resolved to ids.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub number: String,
    pub external_id: Option<String>,
    pub content_hash: [u8; 16],
    pub currency: Option<String>,
    pub settlement: Settlement,
    pub customer: Option<CustomerId>,
    pub account: Option<AccountId>,
    pub site: Option<SiteId>,
    pub ordered_by: Option<ContactId>,
    pub bill_to: Option<PartyId>,
    pub reference: Option<String>,
    pub priority: Option<i64>,
    pub placed_at: Instant,
    pub deliveries: Vec<NewDelivery>,
    /// The policy of the account, else of the channel.
    pub invoicing: Invoicing,
    pub lines: Vec<NewLine>,
    pub discounts: Vec<NewDiscount>,
    pub charges: Vec<NewCharge>,
}

/// Puts a pointer in front of a refusal's own.
fn at<T>(result: Result<T, Refusal>, pointer: impl Fn() -> String) -> Result<T, Refusal> {
    result.map_err(|mut refusal| {
        for issue in &mut refusal.issues {
            issue.pointer = format!("{}{}", pointer(), issue.pointer);
        }
        refusal
    })
}

fn amount(text: &str, currency: Currency) -> Result<i64, Refusal> {
    let money = Money::parse(text, currency).map_err(|error| money_refusal(&error))?;
    if money.minor() < 0 {
        return Err(Refusal::new(Code::MoneyInvalid, format!("{text} is negative")));
    }
    Ok(money.minor())
}

/// Reads a unit price: not negative, at most 12 decimal places, at most 10¹⁵ minor units.
pub fn unit_price(text: &str) -> Result<Decimal, Refusal> {
    let price = parse_decimal(text).map_err(|error| money_refusal(&error))?;
    if price.is_sign_negative() && !price.is_zero() {
        return Err(Refusal::new(Code::MoneyInvalid, format!("the price {text} is negative")));
    }
    if price.normalize().scale() > 12 {
        return Err(Refusal::new(Code::MoneyPrecision, "a price has at most 12 decimal places"));
    }
    if price > Decimal::from(MAX_MINOR) {
        return Err(Refusal::new(Code::MoneyTooLarge, format!("the price {text} is too large")));
    }
    Ok(price.normalize())
}

fn taxes(taxes: &[NewTax]) -> Result<Vec<Tax>, Refusal> {
    let mut out = Vec::with_capacity(taxes.len());
    for (index, tax) in taxes.iter().enumerate() {
        let pointer = || format!("/tax/{index}/rate");
        let wrong = |_| Refusal::new(Code::InvalidField, "a tax rate is a fraction such as 0.19");
        let rate = at(parse_decimal(&tax.rate).map_err(wrong), pointer)?.normalize();
        let sane = rate >= Decimal::ZERO && rate <= Decimal::from(10) && rate.scale() <= 9;
        if !sane {
            let detail = "a tax rate lies between 0 and 10 with at most 9 decimal places";
            return at(Err(Refusal::new(Code::InvalidField, detail)), pointer);
        }
        let name = at(crate::text::short(&tax.name), || format!("/tax/{index}/name"))?;
        out.push(Tax { name, rate, included: tax.included, amount: 0 });
    }
    Ok(out)
}

/// Builds the priced order: lines exploded, quantities in base units, every amount computed.
/// All goods are unallocated; sourcing comes next.
///
/// # Errors
/// The first thing wrong, with its pointer: see the codes of each field.
pub fn build(
    new: &NewOrder,
    channel: &Channel,
    catalog: &Catalog,
    ids: &mut IdSource,
    now: Instant,
) -> Result<Order, Refusal> {
    build_priced(new, channel, catalog, None, ids, now).map(|(order, _)| order)
}

/// Like [`build()`], with prices and taxes by the rules where there are any.
///
/// # Errors
/// Those of [`build()`] and of [`Pricing`]'s choice; a price below its floor is told in the answer,
/// because a right may pass it.
pub fn build_priced(
    new: &NewOrder,
    channel: &Channel,
    catalog: &Catalog,
    pricing: Option<(&Pricing, &Asking<'_>)>,
    ids: &mut IdSource,
    now: Instant,
) -> Result<(Order, Priced), Refusal> {
    let code = new.currency.as_deref().unwrap_or(channel.currency.code());
    let currency = Currency::parse(code).ok_or_else(|| {
        Refusal::at(Code::UnknownCurrency, "/currency", format!("`{code}` is not a currency"))
    })?;
    if new.settlement == Settlement::Account && new.account.is_none() {
        let detail = "an order on account names the account";
        return Err(Refusal::at(Code::AccountRequired, "/account", detail));
    }
    let id = ids.draw();
    let deliveries = build_deliveries(new, currency, ids, now)?;
    let (lines, made) = build_lines(new, &deliveries, catalog, (currency, pricing.is_some()), ids)?;
    let charges = build_charges(new, &deliveries, currency, ids)?;
    let head = Head {
        state: OrderState::Placed,
        settlement: new.settlement,
        customer: new.customer,
        account: new.account,
        site: new.site,
        ordered_by: new.ordered_by,
        bill_to: new.bill_to,
        reference: at(crate::text::optional(new.reference.as_deref()), || "/reference".into())?,
        priority: new.priority.unwrap_or(channel.priority),
        invoicing: new.invoicing,
        totals: Totals::default(),
        paid: Paid::default(),
    };
    let mut order = Order {
        id,
        number: new.number.clone(),
        channel: channel.id,
        external_id: at(crate::text::optional(new.external_id.as_deref()), || {
            "/external_id".into()
        })?,
        content_hash: new.content_hash,
        version: 1,
        sequence: 1,
        currency,
        rounding: channel.rounding,
        legal_entity: channel.legal_entity,
        history: false,
        placed_at: new.placed_at,
        updated_at: now,
        head,
        deliveries,
        lines,
        charges,
        holds: Vec::new(),
        fulfillments: Vec::new(),
        work: Vec::new(),
        backorders: Vec::new(),
        shipments: Vec::new(),
        shipment_lines: Vec::new(),
        parcels: Vec::new(),
    };
    let mut discounts = Vec::with_capacity(new.discounts.len());
    for (index, discount) in new.discounts.iter().enumerate() {
        let pointer = || format!("/discounts/{index}");
        let code = at(crate::text::short(&discount.code), pointer)?;
        discounts.push((code, at(amount(&discount.amount, currency), pointer)?));
    }
    let mut priced = Priced::default();
    if let Some((pricing, asking)) = pricing {
        priced.traces = pricing.price(asking, new, &made, &mut order, catalog)?;
    }
    total(&mut order, &discounts)?;
    if let Some((_, asking)) = pricing {
        priced.judge(asking, new, &order);
    }
    Ok((order, priced))
}

fn build_deliveries(
    new: &NewOrder,
    currency: Currency,
    ids: &mut IdSource,
    now: Instant,
) -> Result<Vec<Delivery>, Refusal> {
    let mut out: Vec<Delivery> = Vec::with_capacity(new.deliveries.len());
    for (index, one) in new.deliveries.iter().enumerate() {
        let pointer = |field: &str| format!("/deliveries/{index}/{field}");
        let reference = at(crate::text::short(&one.reference), || pointer("ref"))?;
        if out.iter().any(|other| other.reference == reference) {
            let detail = format!("two deliveries are called {reference}");
            return Err(Refusal::at(Code::InvalidField, pointer("ref"), detail));
        }
        let at_location = matches!(one.method, Method::TakeAway | Method::Collect);
        if at_location && one.location.is_none() {
            let detail = "goods are collected or taken away at a location: name it";
            return Err(Refusal::at(Code::UnknownLocation, pointer("location"), detail));
        }
        let due = one.due_on_delivery.as_deref().map(|text| amount(text, currency)).transpose();
        let promises =
            one.promise.map(|for_on| Promise { for_on, made_at: now, reason: "placed".into() });
        if one.promise.is_some_and(|day| day < new.placed_at.day_in("UTC").plus_days(-1)) {
            let detail = "the promised day is before the order";
            return Err(Refusal::at(Code::PromiseInThePast, pointer("promise"), detail));
        }
        out.push(Delivery {
            id: ids.draw(),
            position: i64::try_from(index).unwrap_or(i64::MAX) + 1,
            reference,
            method: one.method,
            ship_to: one.ship_to,
            contact: one.contact,
            location: one.location,
            required_on: one.required_on,
            ship_by_on: one.ship_by_on,
            due_on_delivery: at(due, || pointer("due"))?,
            promises: promises.into_iter().collect(),
        });
    }
    if out.is_empty() {
        return Err(Refusal::at(
            Code::UnknownDelivery,
            "/deliveries",
            "name at least one delivery",
        ));
    }
    Ok(out)
}

fn delivery_of(deliveries: &[Delivery], wanted: Option<&str>) -> Result<DeliveryId, Refusal> {
    let found = match wanted {
        None => deliveries.first(),
        Some(name) => deliveries.iter().find(|delivery| delivery.reference == name),
    };
    found.map(|delivery| delivery.id).ok_or_else(|| {
        let detail = format!("no delivery is called `{}`", wanted.unwrap_or_default());
        Refusal::at(Code::UnknownDelivery, "/delivery", detail)
    })
}

fn build_lines(
    new: &NewOrder,
    deliveries: &[Delivery],
    catalog: &Catalog,
    (currency, later): (Currency, bool),
    ids: &mut IdSource,
) -> Result<(Vec<Line>, Vec<usize>), Refusal> {
    if new.lines.is_empty() {
        return Err(Refusal::at(Code::NoLines, "/lines", "an order has at least one line"));
    }
    let mut out = Vec::with_capacity(new.lines.len());
    let mut made = Vec::with_capacity(new.lines.len());
    for (index, one) in new.lines.iter().enumerate() {
        let pointer = || format!("/lines/{index}");
        let delivery = at(delivery_of(deliveries, one.delivery.as_deref()), pointer)?;
        let position = i64::try_from(out.len()).unwrap_or(i64::MAX) + 1;
        let place = (ids.draw(), delivery, position);
        let line = at(build_line(one, catalog, (currency, later), place), pointer)?;
        let kit =
            line.item.and_then(|item| catalog.get(item)).filter(|_| line.kind == LineKind::Kit);
        let parent = line.clone();
        made.push(out.len());
        out.push(line);
        if let Some(kit) = kit {
            at(add_components(&mut out, &parent, kit, catalog, ids), pointer)?;
        }
        if out.len() > MAX_LINES {
            let detail = format!("an order has at most {MAX_LINES} lines");
            return Err(Refusal::at(Code::TooManyLines, "/lines", detail));
        }
    }
    Ok((out, made))
}

fn build_line(
    new: &NewLine,
    catalog: &Catalog,
    (currency, later): (Currency, bool),
    (id, delivery, position): (LineId, DeliveryId, i64),
) -> Result<Line, Refusal> {
    let item = match new.sku.as_deref() {
        None => None,
        Some(sku) => Some(catalog.by_sku(sku).filter(|item| item.active).ok_or_else(|| {
            let shown: String = sku.chars().take(60).collect();
            Refusal::at(Code::UnknownItem, "/sku", format!("no item has the SKU `{shown}`"))
        })?),
    };
    let kind = line_kind(new, item.map(AsRef::as_ref))?;
    let description = match (&new.description, item) {
        (Some(own), _) => at(crate::text::long(own), || "/description".into())?,
        (None, Some(item)) => item.name.clone(),
        (None, None) => String::new(),
    };
    let measure = Measure::of(new, item.map(AsRef::as_ref))?;
    if measure.qty.is_zero() && kind != LineKind::Text {
        return Err(Refusal::at(
            Code::QuantityZero,
            "/quantity",
            "a line has a quantity above zero",
        ));
    }
    let (price, price_ratio) =
        price_of(new, item.map(AsRef::as_ref), &measure, kind, currency, later)?;
    let mut discounts = Vec::with_capacity(new.discounts.len());
    for (index, discount) in new.discounts.iter().enumerate() {
        let pointer = || format!("/discounts/{index}");
        let amount = at(amount(&discount.amount, currency), pointer)?;
        let code = at(crate::text::short(&discount.code), pointer)?;
        discounts.push(Discount { code, amount, spread: false });
    }
    let (max_over, max_short) =
        item.map_or((Qty::ZERO, Qty::ZERO), |item| item.tolerance(measure.qty));
    let cost = new.cost.as_deref().map(unit_price).transpose();
    Ok(Line {
        id,
        position,
        external_id: at(crate::text::optional(new.external_id.as_deref()), || {
            "/external_id".into()
        })?,
        kind,
        parent: None,
        per_parent: None,
        item: item.map(|item| item.id),
        description,
        supplier: new.supplier,
        delivery,
        origin: new.origin,
        entered: measure.entered,
        unit: measure.unit,
        unit_ratio: measure.ratio,
        piece: measure.piece,
        price,
        price_ratio,
        measured: measure.measured,
        cost: at(cost, || "/cost".into())?,
        max_over,
        max_short,
        amounts: Amounts::default(),
        discounts,
        taxes: taxes(&new.taxes)?,
        quantities: Quantities::new(measure.qty),
    })
}

fn line_kind(new: &NewLine, item: Option<&Item>) -> Result<LineKind, Refusal> {
    let own = match item {
        Some(item) if item.is_kit() => LineKind::Kit,
        Some(item) if item.goods == Goods::Service => LineKind::Service,
        Some(_) => LineKind::Stock,
        None => LineKind::Text,
    };
    let wrong = |detail: &str| Err(Refusal::at(Code::InvalidField, "/kind", detail));
    match new.kind {
        None => Ok(own),
        Some(LineKind::Component) => wrong("component lines are made from their kit"),
        Some(LineKind::Stock | LineKind::Packaging) if own != LineKind::Stock => {
            wrong("a stock line names a stocked item")
        }
        Some(LineKind::Kit) if own != LineKind::Kit => wrong("a kit line names a kit"),
        Some(kind) => Ok(kind),
    }
}

fn add_components(
    out: &mut Vec<Line>,
    parent: &Line,
    kit: &Arc<Item>,
    catalog: &Catalog,
    ids: &mut IdSource,
) -> Result<(), Refusal> {
    for (item, per) in catalog.explode(kit)? {
        let kits = parent.quantities.ordered.get();
        let qty = per.times(kits).filter(|qty| qty.get() <= crate::qty::MAX_QTY);
        let qty = qty.ok_or_else(|| {
            Refusal::at(Code::QuantityTooLarge, "/quantity", "the quantity is too large")
        })?;
        if item.goods == Goods::Service {
            continue;
        }
        out.push(Line {
            id: ids.draw(),
            position: i64::try_from(out.len()).unwrap_or(i64::MAX) + 1,
            external_id: None,
            kind: LineKind::Component,
            parent: Some(parent.id),
            per_parent: Some(per),
            item: Some(item.id),
            description: item.name.clone(),
            entered: qty.to_string(),
            unit: item.base_unit.code().into(),
            unit_ratio: Ratio::ONE,
            piece: (item.goods == Goods::Lengths).then_some(per),
            price: Decimal::ZERO,
            price_ratio: Ratio::ONE,
            measured: None,
            cost: None,
            max_over: Qty::ZERO,
            max_short: Qty::ZERO,
            amounts: Amounts::default(),
            discounts: Vec::new(),
            taxes: Vec::new(),
            quantities: Quantities::new(qty),
            ..parent.clone()
        });
    }
    Ok(())
}

fn build_charges(
    new: &NewOrder,
    deliveries: &[Delivery],
    currency: Currency,
    ids: &mut IdSource,
) -> Result<Vec<Charge>, Refusal> {
    let mut out = Vec::with_capacity(new.charges.len());
    for (index, one) in new.charges.iter().enumerate() {
        let pointer = || format!("/charges/{index}");
        let named = one.delivery.as_deref();
        let delivery = named.map(|name| delivery_of(deliveries, Some(name))).transpose();
        let kind = at(crate::text::short(&one.kind), pointer)?;
        if kind == Charge::RESTOCKING_FEE {
            let detail = "a restocking fee is kept from a refund: it is not charged with an order";
            return Err(Refusal::at(Code::InvalidField, pointer() + "/kind", detail));
        }
        let description = one.description.clone().unwrap_or_else(|| kind.clone());
        out.push(Charge {
            id: ids.draw(),
            position: i64::try_from(index).unwrap_or(i64::MAX) + 1,
            delivery: at(delivery, pointer)?,
            description: at(crate::text::long(&description), pointer)?,
            kind,
            amount: at(amount(&one.amount, currency), || format!("/charges/{index}/amount"))?,
            tax_included: 0,
            tax_added: 0,
            taxes: at(taxes(&one.taxes), pointer)?,
            refunded: 0,
            invoiced: 0,
        });
    }
    Ok(out)
}
