//! Announcing a return, and deciding whether it is taken.

use super::*;
use crate::order::{Line, LineKind};
use crate::text;

/// What of a line of the order shall come back, in base units (kits, for a kit's own line).
#[derive(Debug, Clone)]
pub struct WantedLine {
    pub line: LineId,
    pub qty: Qty,
    pub lot: Option<LotId>,
    pub reason: Option<String>,
}

/// Goods that come back without an order of ours.
#[derive(Debug, Clone)]
pub struct BlindLine {
    pub item: ItemId,
    pub description: String,
    pub qty: Qty,
    pub lot: Option<LotId>,
    pub reason: Option<String>,
}

/// A return as the caller states it.
#[derive(Debug, Clone)]
pub struct NewReturn {
    pub number: String,
    pub external_id: Option<String>,
    pub channel: ChannelId,
    pub currency: Currency,
    pub customer: Option<CustomerId>,
    pub location: Option<LocationId>,
    pub reason: Option<String>,
}

fn open(
    new: &NewReturn,
    order: Option<OrderId>,
    ids: &mut IdSource,
    now: Instant,
) -> Result<Return, Refusal> {
    Ok(Return {
        id: ids.draw(),
        number: new.number.clone(),
        order,
        channel: new.channel,
        external_id: text::optional(new.external_id.as_deref())?,
        currency: new.currency,
        history: false,
        version: 1,
        sequence: 1,
        created_at: now,
        head: Head {
            state: ReturnState::Requested,
            location: new.location,
            customer: new.customer,
            reason: text::optional(new.reason.as_deref())?,
        },
        lines: Vec::new(),
        dispositions: Vec::new(),
    })
}

/// Decides a return of goods of an order. A kit's own line stands for all its components.
///
/// `blind` is the right to take more than the order shows: the excess becomes lines that name no
/// order line, so the counters of the order stay true.
///
/// # Errors
/// `no_lines`, `quantity_zero`, `unknown_line`; `above_returnable` with the maximum in `allowed`.
pub fn request(
    order: &Order,
    new: &NewReturn,
    wanted: &[WantedLine],
    blind: bool,
    ids: &mut IdSource,
    now: Instant,
) -> Result<Decision, Refusal> {
    ensure_lines(wanted.len())?;
    let mut returned = open(new, Some(order.id), ids, now)?;
    let mut order = order.clone();
    for (index, one) in wanted.iter().enumerate() {
        let at = |refusal| pointed(refusal, index);
        for (line, qty) in exploded(&order, one).map_err(at)? {
            add(&mut returned, &mut order, one, (line, qty), blind, ids).map_err(at)?;
        }
    }
    order.settle()?;
    Ok(Decision { returned, order: Some(order), movements: Vec::new() })
}

/// Decides a return of goods that no order is known for: it needs no further approval.
///
/// # Errors
/// `no_lines`, `quantity_zero`.
pub fn request_blind(
    new: &NewReturn,
    lines: &[BlindLine],
    ids: &mut IdSource,
    now: Instant,
) -> Result<Decision, Refusal> {
    ensure_lines(lines.len())?;
    let mut returned = open(new, None, ids, now)?;
    returned.head.state = ReturnState::Approved;
    for (index, one) in lines.iter().enumerate() {
        if one.qty.is_zero() {
            return Err(pointed(zero(), index));
        }
        let line = ReturnLine {
            item: Some(one.item),
            description: one.description.clone(),
            lot: one.lot.unwrap_or(LotId::NONE),
            reason: text::optional(one.reason.as_deref())?,
            requested: one.qty,
            ..empty(ids.draw(), &returned)
        };
        returned.lines.push(line);
    }
    Ok(Decision { returned, order: None, movements: Vec::new() })
}

fn ensure_lines(count: usize) -> Result<(), Refusal> {
    match count {
        0 => Err(Refusal::at(Code::NoLines, "/lines", "a return has at least one line")),
        1..=1_000 => Ok(()),
        _ => Err(Refusal::at(Code::TooManyLines, "/lines", "a return has at most 1,000 lines")),
    }
}

fn zero() -> Refusal {
    Refusal::new(Code::QuantityZero, "a return line has a quantity above zero")
}

fn pointed(mut refusal: Refusal, index: usize) -> Refusal {
    for issue in &mut refusal.issues {
        issue.pointer = format!("/lines/{index}{}", issue.pointer);
    }
    refusal
}

pub(super) fn empty(id: ReturnLineId, returned: &Return) -> ReturnLine {
    ReturnLine {
        id,
        position: i64::try_from(returned.lines.len()).unwrap_or(i64::MAX - 1) + 1,
        order_line: None,
        item: None,
        description: String::new(),
        lot: LotId::NONE,
        reason: None,
        requested: Qty::ZERO,
        received: Qty::ZERO,
        fates: Fates::NONE,
        refunded: Qty::ZERO,
        amount: 0,
        value: 0,
    }
}

/// The lines whose goods come back: a kit's components, else the line itself.
fn exploded(order: &Order, wanted: &WantedLine) -> Result<Vec<(LineId, Qty)>, Refusal> {
    let line = order.line(wanted.line)?;
    if wanted.qty.is_zero() {
        return Err(zero());
    }
    if line.kind != LineKind::Kit {
        return Ok(vec![(line.id, wanted.qty)]);
    }
    let too_large = || Refusal::new(Code::QuantityTooLarge, "a kit quantity is too large");
    let part = |child: &Line| {
        let per = child.per_parent.map_or(1, Qty::get);
        Ok((child.id, wanted.qty.times(per).ok_or_else(too_large)?))
    };
    order.components(line.id).map(part).collect()
}

fn add(
    returned: &mut Return,
    order: &mut Order,
    wanted: &WantedLine,
    (line, qty): (LineId, Qty),
    blind: bool,
    ids: &mut IdSource,
) -> Result<(), Refusal> {
    let most = returnable(order, line)?;
    let own = qty.min(most);
    let line = order.line_mut(line)?;
    if own < qty && !(blind && line.claims_stock()) {
        return Err(above_returnable(line.position, most));
    }
    let base = ReturnLine {
        item: line.item.filter(|_| line.claims_stock()),
        description: line.description.clone(),
        lot: wanted.lot.unwrap_or(LotId::NONE),
        reason: text::optional(wanted.reason.as_deref())?,
        ..empty(ids.draw(), returned)
    };
    if !own.is_zero() {
        let asked = line.quantities.return_requested.plus(own);
        line.quantities.return_requested = asked.ok_or_else(zero)?;
        let own = ReturnLine { order_line: Some(line.id), requested: own, ..base.clone() };
        returned.lines.push(own);
    }
    let excess = qty.less(own);
    if !excess.is_zero() {
        let line = ReturnLine { requested: excess, ..base };
        let line = renumbered(line, ids.draw(), returned);
        returned.lines.push(line);
    }
    Ok(())
}

fn renumbered(line: ReturnLine, id: ReturnLineId, returned: &Return) -> ReturnLine {
    let position = empty(id, returned).position;
    ReturnLine { id, position, ..line }
}

pub(super) fn above_returnable(position: i64, most: Qty) -> Refusal {
    let detail = format!("of line {position} at most {most} units can come back");
    Refusal::new(Code::AboveReturnable, detail).allowed(most.to_string())
}

/// Takes the return: the goods may come. The inverse is [`refuse`] or [`cancel`].
///
/// # Errors
/// `invalid_transition` unless it is requested.
pub fn approve(returned: &Return) -> Result<Decision, Refusal> {
    returned.ensure_state(&[ReturnState::Requested], "approved")?;
    let mut returned = returned.clone();
    returned.head.state = ReturnState::Approved;
    Ok(Decision { returned, order: None, movements: Vec::new() })
}

/// Declines the return before anything came: what was announced is returnable again.
///
/// # Errors
/// `invalid_transition` once goods came, `reason_required`.
pub fn refuse(returned: &Return, order: Option<&Order>, reason: &str) -> Result<Decision, Refusal> {
    let missing = |_| Refusal::at(Code::ReasonRequired, "/reason", "say why it is refused");
    let reason = text::short(reason).map_err(missing)?;
    returned.ensure_state(&[ReturnState::Requested, ReturnState::Approved], "refused")?;
    let mut decision = give_up(returned, order, ReturnState::Refused)?;
    decision.returned.head.reason = Some(reason);
    Ok(decision)
}

/// Withdraws the return before anything came.
///
/// # Errors
/// `invalid_transition` once goods came.
pub fn cancel(returned: &Return, order: Option<&Order>) -> Result<Decision, Refusal> {
    returned.ensure_state(&[ReturnState::Requested, ReturnState::Approved], "canceled")?;
    give_up(returned, order, ReturnState::Canceled)
}

/// Ends the return: everything that came is inspected, what did not come is no longer expected.
/// The inverse is [`reopen`].
///
/// # Errors
/// `invalid_transition` unless goods came and all of them are inspected.
pub fn close(returned: &Return, order: Option<&Order>) -> Result<Decision, Refusal> {
    returned.ensure_state(&[ReturnState::Received], "closed")?;
    if let Some(line) = returned.lines.iter().find(|l| !l.fates.awaiting_inspection.is_zero()) {
        let detail = format!("line {} still awaits inspection", line.position);
        return Err(Refusal::new(Code::InvalidTransition, detail).allowed("inspect"));
    }
    give_up(returned, order, ReturnState::Closed)
}

/// Opens a closed return again: what did not come is expected again.
///
/// # Errors
/// `invalid_transition` unless it is closed; `above_returnable` where what did not come is
/// announced on another return by now.
pub fn reopen(returned: &Return, order: Option<&Order>) -> Result<Decision, Refusal> {
    returned.ensure_state(&[ReturnState::Closed], "reopened")?;
    let mut returned = returned.clone();
    returned.head.state = ReturnState::Received;
    let mut order = order.cloned();
    if let Some(order) = &mut order {
        for line in &returned.lines {
            let Some(own) = line.order_line else { continue };
            let most = returnable(order, own)?;
            if line.outstanding() > most {
                return Err(above_returnable(line.position, most));
            }
            let quantities = &mut order.line_mut(own)?.quantities;
            let asked = quantities.return_requested.plus(line.outstanding());
            quantities.return_requested = asked.ok_or_else(zero)?;
        }
        order.settle()?;
    }
    Ok(Decision { returned, order, movements: Vec::new() })
}

/// Ends what is announced and did not come.
fn give_up(
    returned: &Return,
    order: Option<&Order>,
    state: ReturnState,
) -> Result<Decision, Refusal> {
    let mut returned = returned.clone();
    returned.head.state = state;
    let mut order = order.cloned();
    if let Some(order) = &mut order {
        for line in &returned.lines {
            let Some(own) = line.order_line else { continue };
            let quantities = &mut order.line_mut(own)?.quantities;
            quantities.return_requested = quantities.return_requested.less(line.outstanding());
        }
        order.settle()?;
    }
    Ok(Decision { returned, order, movements: Vec::new() })
}
