//! What can be done with an order: each action shows what it will change, then does exactly that.

use orderly_core::actor::Permission;
use orderly_core::id::{ClaimId, FulfillmentId, HoldId, LineId, PaymentId, ShipmentId};
use orderly_core::order::cancel::Cancel;
use orderly_core::order::hold::NewHold;
use orderly_core::order::pack::Pack;
use orderly_core::order::pick::Pick;
use orderly_core::order::{Fulfillment, HoldScope, Line, Method, Order, OrderState, Step, Work};
use orderly_core::qty::{Entered, Qty};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Day;
use orderly_ops::ops::fulfillments::shipments::{self, NewBox, Shipping};
use orderly_ops::ops::fulfillments::{self as work, cancel, close, hold, undo};
use orderly_ops::ops::payments::{self, StepIn};
use orderly_ops::ops::read::desk::Dossier;
use orderly_ops::{App, Call, Error};

use crate::Fields;

/// An action on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Release,
    Pick,
    Pack,
    Ship,
    HandOver,
    Deliver,
    Fail,
    Hold,
    ReleaseHold,
    Cancel,
    Capture,
    Close,
    Undo,
}

impl Action {
    pub const ALL: [Self; 13] = [
        Self::Release,
        Self::Pick,
        Self::Pack,
        Self::Ship,
        Self::HandOver,
        Self::Deliver,
        Self::Fail,
        Self::Hold,
        Self::ReleaseHold,
        Self::Cancel,
        Self::Capture,
        Self::Close,
        Self::Undo,
    ];

    /// Its name in addresses and in the catalog of words.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Pick => "pick",
            Self::Pack => "pack",
            Self::Ship => "ship",
            Self::HandOver => "hand_over",
            Self::Deliver => "deliver",
            Self::Fail => "fail",
            Self::Hold => "hold",
            Self::ReleaseHold => "release_hold",
            Self::Cancel => "cancel",
            Self::Capture => "capture",
            Self::Close => "close",
            Self::Undo => "undo",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.code() == code)
    }

    pub const fn needs(self) -> Permission {
        match self {
            Self::Release => Permission::Release,
            Self::Pick => Permission::Pick,
            Self::Pack => Permission::Pack,
            Self::Ship => Permission::Ship,
            Self::HandOver | Self::Deliver | Self::Fail => Permission::Deliver,
            Self::Hold => Permission::Hold,
            Self::ReleaseHold => Permission::ReleaseHold,
            Self::Cancel => Permission::Cancel,
            Self::Capture => Permission::TakePayment,
            Self::Close => Permission::Edit,
            Self::Undo => Permission::Undo,
        }
    }

    /// Whether what it does is hard to take back.
    pub const fn is_grave(self) -> bool {
        matches!(self, Self::Cancel)
    }

    /// What of a line it takes, where it takes parts of lines.
    pub fn room(self, line: &Line, at: Option<FulfillmentId>, order: &Order) -> Option<Qty> {
        let claims = |room: fn(&Work) -> Qty| {
            let own = order.work.iter().filter(|work| work.line == line.id);
            let own = own.filter(|work| at.is_none_or(|at| work.fulfillment == at));
            Qty::sum(own.map(room))
        };
        match self {
            Self::Pick => claims(|work| work.released.less(work.picked)),
            Self::Pack => claims(|work| work.picked.less(work.packed)),
            Self::Ship => claims(|work| work.packed),
            Self::Cancel if line.parent.is_none() => Some(line.quantities.cancelable()),
            _ => None,
        }
    }

    /// Whether the order is such that the action may do something: the operation decides.
    pub fn is_open(self, order: &Order) -> bool {
        let any = |of: &dyn Fn(&Work) -> bool| order.work.iter().any(of);
        let placed = order.head.state == OrderState::Placed && !order.history;
        let under_way = || order.shipments.iter().any(|one| one.state.code() == "shipped");
        placed
            && match self {
                Self::Release => any(&|work| work.qty > work.released),
                Self::Pick => any(&|work| work.released > work.picked),
                Self::Pack => any(&|work| work.picked > work.packed),
                Self::Ship => any(&|work| !work.packed.is_zero()),
                Self::HandOver => any(&|work| !work.qty.is_zero()),
                Self::Deliver | Self::Fail => under_way(),
                Self::Hold | Self::Undo => true,
                Self::ReleaseHold => order.holds.iter().any(|hold| hold.released_at.is_none()),
                Self::Cancel => order.lines.iter().any(|l| !l.quantities.cancelable().is_zero()),
                Self::Capture => order.head.paid.authorized > order.head.paid.captured,
                Self::Close => order.lines.iter().all(|line| line.quantities.open().is_zero()),
            }
    }
}

fn wrong(field: &str, detail: &str) -> Error {
    Refusal::at(Code::InvalidField, format!("/{field}"), detail).into()
}

/// The fulfillment that the form names, or the only one that has work.
pub fn fulfillment(order: &Order, fields: &Fields) -> Result<FulfillmentId, Error> {
    if let Some(text) = fields.get("at") {
        return text.parse().map_err(|_| wrong("at", "this is no fulfillment"));
    }
    let busy = |one: &&Fulfillment| {
        order.work.iter().any(|work| work.fulfillment == one.id && !work.qty.is_zero())
    };
    let mut open = order.fulfillments.iter().filter(busy);
    match (open.next(), open.next()) {
        (Some(one), None) => Ok(one.id),
        (None, _) => Err(Refusal::new(Code::NothingToDo, "there is no open work").into()),
        (Some(_), Some(_)) => Err(wrong("at", "several locations work on it: say which")),
    }
}

/// The fulfillments at which the action finds work, in the order in which they were made.
pub fn places(action: Action, order: &Order) -> Vec<FulfillmentId> {
    let has_work = |work: &Work| match action {
        Action::Release => work.qty > work.released,
        Action::Pick => work.released > work.picked,
        Action::Pack => work.picked > work.packed,
        Action::Ship => !work.packed.is_zero(),
        Action::HandOver => !work.qty.is_zero(),
        _ => false,
    };
    let own = |id: FulfillmentId| order.work.iter().filter(move |work| work.fulfillment == id);
    let open = order.fulfillments.iter().filter(|one| own(one.id).any(has_work));
    open.map(|one| one.id).collect()
}

fn shipment(order: &Order, fields: &Fields) -> Result<ShipmentId, Error> {
    if let Some(text) = fields.get("shipment") {
        return text.parse().map_err(|_| wrong("shipment", "this is no shipment"));
    }
    let under_way = order.shipments.iter().rev().find(|one| one.state.code() == "shipped");
    let none = || Error::from(Refusal::new(Code::NothingToDo, "no shipment is under way"));
    under_way.map(|one| one.id).ok_or_else(none)
}

/// The quantities of lines that the form names as `line.POSITION`, in the unit of each line.
pub fn quantities(order: &Order, fields: &Fields) -> Result<Vec<(LineId, Qty)>, Error> {
    let mut out = Vec::new();
    for (position, text) in fields.under("line.") {
        let own = order.lines.iter().find(|line| line.position.to_string() == position);
        let line = own.ok_or_else(|| wrong("line", "the order has no such line"))?;
        let at = |error| {
            let refusal = orderly_core::item::qty_refusal(error);
            Error::from(refusal.under(&format!("/line.{position}")))
        };
        let qty = Entered::parse(text).and_then(|text| text.to_base(line.unit_ratio, &line.unit));
        let qty = qty.map_err(at)?;
        if !qty.is_zero() {
            out.push((line.id, qty));
        }
    }
    Ok(out)
}

/// Spreads quantities of lines over their claims at a fulfillment; what is above the room goes to
/// the last claim, and is judged there.
fn claims(
    order: &Order,
    at: FulfillmentId,
    lines: &[(LineId, Qty)],
    room: impl Fn(&Work) -> Qty,
) -> Vec<(ClaimId, Qty)> {
    let mut out = Vec::new();
    for (line, qty) in lines {
        let own = |work: &&Work| work.fulfillment == at && work.line == *line;
        let own: Vec<&Work> = order.work.iter().filter(own).collect();
        let mut left = *qty;
        for (index, work) in own.iter().enumerate() {
            let part = if index + 1 == own.len() { left } else { left.min(room(work)) };
            if !part.is_zero() {
                out.push((work.claim, part));
                left = left.less(part);
            }
        }
    }
    out
}

/// Does an action with what the form says; on a rehearsal nothing of it stays.
pub fn run(
    app: &App,
    call: &Call,
    action: Action,
    dossier: &Dossier,
    fields: &Fields,
) -> Result<Order, Error> {
    let order = &dossier.shown.order;
    let of = || Ok::<_, Error>((order.id, fulfillment(order, fields)?));
    let sent = || Ok::<_, Error>((order.id, shipment(order, fields)?));
    match action {
        Action::Release => work::release(app, call, of()?),
        Action::Pick => {
            let of = of()?;
            let lines = quantities(order, fields)?;
            let all = claims(order, of.1, &lines, |work| work.released.less(work.picked));
            let picks = all.into_iter().map(|(claim, qty)| Pick { claim, qty, from: Vec::new() });
            work::pick(app, call, of, &picks.collect::<Vec<_>>())
        }
        Action::Pack => {
            let of = of()?;
            let lines = quantities(order, fields)?;
            let all = claims(order, of.1, &lines, |work| work.picked.less(work.packed));
            let packs = all.into_iter().map(|(claim, qty)| Pack { claim, qty, measured: None });
            work::pack(app, call, of, &packs.collect::<Vec<_>>())
        }
        Action::Ship => {
            let of = of()?;
            shipments::ship(app, call, of, &shipping(order, of.1, fields)?)
        }
        Action::HandOver => work::hand_over(app, call, of()?, &[]),
        Action::Deliver => shipments::deliver(app, call, sent()?, &[]),
        Action::Fail => shipments::fail(app, call, sent()?),
        Action::Hold => hold::hold(app, call, order.id, &new_hold(order, fields)?),
        Action::ReleaseHold => hold::release_hold(app, call, order.id, open_hold(order, fields)?),
        Action::Cancel => cancel::cancel(app, call, order.id, &what_to_cancel(order, fields)?),
        Action::Capture => capture(app, call, dossier, fields),
        Action::Close => close::close(app, call, order.id),
        Action::Undo => undo::undo(app, call, order.id),
    }
}

fn shipping(order: &Order, at: FulfillmentId, fields: &Fields) -> Result<Shipping, Error> {
    let lines = quantities(order, fields)?;
    let mut parcels = Vec::new();
    for text in fields.all("weight").filter(|text| !text.is_empty()) {
        let kilos = orderly_core::money::parse_decimal(text).ok();
        let grams = kilos.map(|kilos| (kilos * rust_decimal::Decimal::from(1_000)).normalize());
        let grams = grams.filter(|grams| grams.is_integer() && !grams.is_sign_negative());
        let grams = grams.and_then(|grams| i64::try_from(grams).ok());
        let unclear = || wrong("weight", "a weight is in kilograms, such as 2.5");
        parcels.push(NewBox { weight_g: Some(grams.ok_or_else(unclear)?), tracking: None });
    }
    // What goes by parcel is at least one, which gets a label.
    if parcels.is_empty() && goes_by_parcel(order, at) {
        parcels.push(NewBox { weight_g: None, tracking: None });
    }
    Ok(Shipping {
        lines: claims(order, at, &lines, |work| work.packed),
        carrier: fields.owned("carrier"),
        service: fields.owned("service"),
        tracking: fields.owned("tracking"),
        parcels,
        collected_by: None,
    })
}

fn goes_by_parcel(order: &Order, at: FulfillmentId) -> bool {
    let delivery = order.fulfillment(at).ok().map(|of| of.delivery);
    let own = order.deliveries.iter().find(|one| Some(one.id) == delivery);
    own.is_some_and(|one| one.method == Method::Parcel)
}

fn new_hold(order: &Order, fields: &Fields) -> Result<NewHold, Error> {
    let mut blocks = Vec::new();
    for code in fields.all("blocks") {
        blocks.push(Step::parse(code).ok_or_else(|| wrong("blocks", "this is no such step"))?);
    }
    let line = match fields.get("on") {
        None => None,
        Some(position) => {
            let own = order.lines.iter().find(|line| line.position.to_string() == position);
            Some(own.ok_or_else(|| wrong("on", "the order has no such line"))?)
        }
    };
    let due = fields.get("until").map(Day::parse).transpose()?;
    Ok(NewHold {
        kind: fields.get("kind").unwrap_or("manual").into(),
        scope: if line.is_some() { HoldScope::Line } else { HoldScope::Order },
        scope_id: line.map_or([0; 16], |line| line.id.as_bytes()),
        blocks,
        reason: fields.text("reason").into(),
        owner: fields.owned("owner"),
        due_at: due.map(|day| day.plus_days(1).start_in("UTC")),
    })
}

fn open_hold(order: &Order, fields: &Fields) -> Result<HoldId, Error> {
    if let Some(text) = fields.get("hold") {
        return text.parse().map_err(|_| wrong("hold", "this is no hold"));
    }
    let mut open = order.holds.iter().filter(|hold| hold.released_at.is_none());
    match (open.next(), open.next()) {
        (Some(one), None) => Ok(one.id),
        (None, _) => Err(Refusal::new(Code::NothingToDo, "nothing holds the order").into()),
        _ => Err(wrong("hold", "there are several holds: say which")),
    }
}

fn what_to_cancel(order: &Order, fields: &Fields) -> Result<Cancel, Error> {
    let lines = quantities(order, fields)?;
    if lines.is_empty() {
        return Ok(Cancel::Order);
    }
    Ok(Cancel::Lines(lines.into_iter().map(|(line, qty)| (line, Some(qty))).collect()))
}

/// Takes reserved money, and answers with the order as it stands then.
fn capture(app: &App, call: &Call, dossier: &Dossier, fields: &Fields) -> Result<Order, Error> {
    let order = &dossier.shown.order;
    let named: Option<PaymentId> = match fields.get("payment") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| wrong("payment", "this is no payment"))?),
    };
    let reserved = dossier.payments.iter().find(|payment| match named {
        Some(id) => payment.id == id,
        None => payment.amounts.capturable() > 0,
    });
    let none = || Error::from(Refusal::new(Code::NothingToDo, "no money is reserved"));
    let payment = reserved.ok_or_else(none)?;
    let step = StepIn {
        order: Some(order.id),
        amount: fields.owned("amount"),
        settling: payments::Settling::AtOnce,
    };
    // The version that was seen is the order's; the payment has one of its own.
    let call = Call { expected_version: Some(payment.version), ..call.clone() };
    let after = payments::capture(app, &call, payment.id, &step)?;
    let taken = after.amounts.captured - payment.amounts.captured;
    let mut shown = order.clone();
    shown.head.paid.captured += taken;
    Ok(shown)
}
