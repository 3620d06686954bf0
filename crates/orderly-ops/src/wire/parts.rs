//! From what a caller writes to the parts of an order: lines, fulfillments, shipments, claims.

use orderly_core::id::{ClaimId, DeliveryId, FulfillmentId, LineId, ShipmentId};
use orderly_core::order::{Fulfillment, FulfillmentState, Line, Order, ShipmentState, Work};
use orderly_core::qty::{Entered, Qty};
use orderly_core::refusal::{Code, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::ops::read::orders::Shown;

fn unknown(detail: String) -> Error {
    Refusal::new(Code::UnknownLine, detail).into()
}

/// A line of an order, or a part of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartIn {
    /// The line's id, its position or its SKU.
    pub line: String,
    /// A decimal in the line's unit; all there is where absent.
    #[serde(default)]
    pub quantity: Option<String>,
}

/// The line of `2` or `2=1.5`: by position, id or SKU; the quantity is in the line's unit.
pub fn line<'a>(shown: &'a Shown, text: &str) -> Result<(&'a Line, Option<Qty>), Error> {
    match text.split_once('=') {
        Some((name, quantity)) => named(shown, name, Some(quantity)),
        None => named(shown, text, None),
    }
}

/// The line with this position, id or SKU, and a quantity in its unit.
///
/// # Errors
/// `unknown_line`, and those of a quantity.
pub fn named<'a>(
    shown: &'a Shown,
    name: &str,
    quantity: Option<&str>,
) -> Result<(&'a Line, Option<Qty>), Error> {
    let (order, name) = (&shown.order, name.trim());
    let called = |line: &&Line| {
        let item = line.item.and_then(|id| shown.catalog.get(id));
        line.position.to_string() == name
            || line.id.to_string() == name
            || item.is_some_and(|item| item.sku == name)
    };
    let missing = || {
        let shown: String = name.chars().take(40).collect();
        unknown(format!("order {} has no line `{shown}`: give its number or SKU", order.number))
    };
    let line = order.lines.iter().find(called).ok_or_else(missing)?;
    let quantity = match quantity {
        None => None,
        Some(text) => {
            let wrong = |error| Error::from(orderly_core::item::qty_refusal(error));
            let entered = Entered::parse(text.trim()).map_err(wrong)?;
            Some(entered.to_base(line.unit_ratio, &line.unit).map_err(wrong)?)
        }
    };
    Ok((line, quantity))
}

/// Lines with the quantities that are stated of them.
///
/// # Errors
/// Those of [`named`], with the pointer of the part.
pub fn some(shown: &Shown, parts: &[PartIn]) -> Result<Vec<(LineId, Option<Qty>)>, Error> {
    let one = |(index, part): (usize, &PartIn)| {
        let found = named(shown, &part.line, part.quantity.as_deref());
        let (line, qty) = found.map_err(|error| match error {
            Error::Refused(refusal) => refusal.under(&format!("/lines/{index}")).into(),
            other => other,
        })?;
        Ok((line.id, qty))
    };
    parts.iter().enumerate().map(one).collect()
}

/// Lines with their quantities; `whole` says what a part without one stands for.
///
/// # Errors
/// Those of [`some`].
pub fn of(
    shown: &Shown,
    parts: &[PartIn],
    whole: impl Fn(&Line) -> Qty,
) -> Result<Vec<(LineId, Qty)>, Error> {
    let known = some(shown, parts)?.into_iter();
    let filled = known.map(|(id, qty)| {
        let all = || shown.order.line(id).map(&whole).unwrap_or_default();
        (id, qty.unwrap_or_else(all))
    });
    Ok(filled.collect())
}

/// Lines with their quantities; `whole` says what a line without one stands for.
pub fn lines(
    shown: &Shown,
    texts: &[String],
    whole: impl Fn(&Line) -> Qty,
) -> Result<Vec<(LineId, Qty)>, Error> {
    let mut out = Vec::with_capacity(texts.len());
    for text in texts {
        let (line, qty) = line(shown, text)?;
        out.push((line.id, qty.unwrap_or_else(|| whole(line))));
    }
    Ok(out)
}

/// The delivery with this id, or that the order calls so.
///
/// # Errors
/// `unknown_delivery`.
pub fn delivery(shown: &Shown, name: &str) -> Result<DeliveryId, Error> {
    let mut own = shown.order.deliveries.iter();
    let found = own.find(|one| one.reference == name || one.id.to_string() == name);
    let missing = || {
        let name: String = name.chars().take(40).collect();
        let detail = format!("order {} has no delivery `{name}`", shown.order.number);
        Refusal::at(Code::UnknownDelivery, "/delivery", detail)
    };
    Ok(found.ok_or_else(missing)?.id)
}

/// The fulfillment at a location, by its code, or by its own id; the only open one where nothing
/// is said.
///
/// # Errors
/// `Invalid` where there are several, naming them.
pub fn fulfillment(shown: &Shown, at: Option<&str>) -> Result<FulfillmentId, Error> {
    let order = &shown.order;
    let code = |one: &Fulfillment| {
        shown.locations.get(&one.location).map_or("?", |location| location.code.as_str())
    };
    let open = |one: &&Fulfillment| {
        let work = order.work.iter().any(|w| w.fulfillment == one.id && !w.qty.is_zero());
        work && matches!(one.state, FulfillmentState::Open | FulfillmentState::Released)
    };
    let found: Vec<&Fulfillment> = match at {
        Some(text) => {
            let named = |one: &&Fulfillment| one.id.to_string() == text || code(one) == text;
            let all: Vec<&Fulfillment> = order.fulfillments.iter().filter(named).collect();
            let busy: Vec<&Fulfillment> = all.iter().copied().filter(open).collect();
            if busy.is_empty() { all } else { busy }
        }
        None => order.fulfillments.iter().filter(open).collect(),
    };
    match found.as_slice() {
        [one] => Ok(one.id),
        [] => {
            let detail = match at {
                Some(text) => format!("order {} has no work at {text}", order.number),
                None => format!("order {} has no open work at any location", order.number),
            };
            Err(Refusal::new(Code::NothingToDo, detail).into())
        }
        several => {
            let each = several.iter().map(|one| format!("{} ({})", code(one), one.id));
            let each: Vec<String> = each.collect();
            Err(Error::Invalid(format!(
                "order {} has work at several places: say at which: {}",
                order.number,
                each.join(", ")
            )))
        }
    }
}

/// The shipment with this id or tracking number; the last one that is under way where nothing is
/// said.
pub fn shipment(order: &Order, text: Option<&str>) -> Result<ShipmentId, Error> {
    let found = match text {
        Some(text) => order
            .shipments
            .iter()
            .find(|one| one.id.to_string() == text || one.tracking.as_deref() == Some(text)),
        None => {
            let states = [ShipmentState::Shipped, ShipmentState::Failed];
            order.shipments.iter().rev().find(|one| states.contains(&one.state))
        }
    };
    let missing = || {
        let which =
            text.map_or_else(|| "no shipment under way".into(), |t| format!("no shipment {t}"));
        let detail = format!("order {} has {which}", order.number);
        Error::from(Refusal::new(Code::NothingToDo, detail))
    };
    Ok(found.ok_or_else(missing)?.id)
}

/// Spreads quantities of lines over their claims at a fulfillment. `room` says how much of a
/// claim there is to take.
pub fn claims(
    order: &Order,
    fulfillment: FulfillmentId,
    lines: &[(LineId, Qty)],
    room: impl Fn(&Work) -> Qty,
) -> Vec<(ClaimId, Qty)> {
    let mut out = Vec::new();
    for (line, qty) in lines {
        let mut left = *qty;
        let own: Vec<&Work> = order
            .work
            .iter()
            .filter(|work| work.fulfillment == fulfillment && work.line == *line)
            .collect();
        for (index, work) in own.iter().enumerate() {
            // What is above the room goes to the last claim, and is judged there.
            let last = index + 1 == own.len();
            let part = if last { left } else { left.min(room(work)) };
            if !part.is_zero() {
                out.push((work.claim, part));
                left = left.less(part);
            }
        }
    }
    out
}
