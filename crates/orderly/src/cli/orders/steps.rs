//! The steps of an order: each is one operation, and answers with the order as it stands then.

use std::process::ExitCode;

use clap::Args;
use orderly_core::id::ContactId;
use orderly_core::order::cancel::Cancel;
use orderly_core::order::hold::NewHold;
use orderly_core::order::pack::Pack;
use orderly_core::order::pick::Pick;
use orderly_core::order::reject::RejectReason;
use orderly_core::order::{HoldScope, Order, Step};

use super::{instant, page, pick};
use crate::cli::{Given, Session};
use crate::ops::fulfillments::shipments::{NewBox, Shipping};
use crate::ops::fulfillments::{self as work, cancel, close, hold, shipments, undo};
use crate::ops::read::orders::{self, Shown};
use crate::wire::out::OrderOut;
use crate::{App, Call, Error};

/// A step of a whole order.
#[derive(Debug, Args)]
pub struct Whole {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    #[command(flatten)]
    given: Given,
}

/// A step of the work at one location.
#[derive(Debug, Args)]
pub struct At {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// The location, where several work on the order
    #[arg(long, value_name = "LOCATION")]
    at: Option<String>,
    #[command(flatten)]
    given: Given,
}

/// A step of some lines at one location.
#[derive(Debug, Args)]
pub struct Part {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// The location, where several work on the order
    #[arg(long, value_name = "LOCATION")]
    at: Option<String>,
    /// A line by number or SKU, with a quantity in its unit; everything where absent
    #[arg(long = "line", value_name = "LINE=QTY")]
    lines: Vec<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct CancelArgs {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// A line by number or SKU, with a quantity where not all; everything open where absent
    #[arg(long = "line", value_name = "LINE[=QTY]")]
    lines: Vec<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct HoldArgs {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// A short word for what is awaited, such as credit or fraud
    #[arg(long, default_value = "manual")]
    kind: String,
    /// The steps it blocks: release, pick, pack, ship, cancel, edit
    #[arg(long, value_delimiter = ',', default_value = "release,ship")]
    blocks: Vec<String>,
    /// Who takes care of it
    #[arg(long)]
    owner: Option<String>,
    /// When it ends by itself: a day (UTC) or an instant
    #[arg(long, value_name = "WHEN")]
    due: Option<String>,
    /// Only this line, by number or SKU
    #[arg(long)]
    line: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct ReleaseHold {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// The hold's id; the only open one where absent
    hold: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct RejectArgs {
    #[command(flatten)]
    some: Part,
    /// Why: not_found, damaged, no_capacity, closed or too_late
    #[arg(long, value_name = "WHY")]
    because: String,
}

#[derive(Debug, Args)]
pub struct ShipArgs {
    #[command(flatten)]
    some: Part,
    #[arg(long)]
    carrier: Option<String>,
    #[arg(long)]
    service: Option<String>,
    #[arg(long)]
    tracking: Option<String>,
    /// The weight of a parcel in grams; once for each parcel
    #[arg(long = "parcel", value_name = "GRAMS")]
    parcels: Vec<i64>,
    /// The account's contact who collects
    #[arg(long, value_name = "CONTACT")]
    collected_by: Option<ContactId>,
}

#[derive(Debug, Args)]
pub struct HandArgs {
    #[command(flatten)]
    to: At,
    /// The account's contact who collects
    #[arg(long, value_name = "CONTACT")]
    collected_by: Option<ContactId>,
}

#[derive(Debug, Args)]
pub struct DeliverArgs {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// The shipment's id or tracking number; the last one under way where absent
    #[arg(long)]
    shipment: Option<String>,
    /// It was tried in vain
    #[arg(long, conflicts_with_all = ["retry", "lost"])]
    failed: bool,
    /// It is tried again
    #[arg(long, conflicts_with = "lost")]
    retry: bool,
    /// It went missing on the way
    #[arg(long)]
    lost: bool,
    #[command(flatten)]
    given: Given,
}

/// Finds the order, does a step and answers with the order as it stands then.
fn step(
    session: &Session,
    order: &str,
    given: &Given,
    content: &impl std::fmt::Debug,
    operation: impl FnOnce(&App, &Call, &Shown) -> Result<Order, Error>,
) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let shown = orders::show(&app, &session.reading(), order)?;
    let call = session.changing(given, content)?;
    let after = operation(&app, &call, &shown)?;
    answer(session, &app, &after)
}

/// Answers with an order.
pub fn answer(session: &Session, app: &App, order: &Order) -> Result<ExitCode, Error> {
    let shown = orders::show(app, &session.reading(), &order.id.to_string())?;
    let out = OrderOut::from(&shown);
    session.out.answer(&out, || page::order(&out))
}

impl CancelArgs {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        step(session, &self.order, &self.given, self, |app, call, shown| {
            let what = if self.lines.is_empty() {
                Cancel::Order
            } else {
                let lines = self
                    .lines
                    .iter()
                    .map(|text| pick::line(shown, text).map(|(line, qty)| (line.id, qty)));
                Cancel::Lines(lines.collect::<Result<_, Error>>()?)
            };
            cancel::cancel(app, call, shown.order.id, &what)
        })
    }
}

impl HoldArgs {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        step(session, &self.order, &self.given, self, |app, call, shown| {
            let mut blocks = Vec::new();
            for text in &self.blocks {
                let unknown = || Error::Invalid(format!("`{text}` is no step that is blocked"));
                blocks.push(Step::parse(text.trim()).ok_or_else(unknown)?);
            }
            let line = self.line.as_deref().map(|text| pick::line(shown, text)).transpose()?;
            let due_at = self.due.as_deref().map(instant).transpose()?;
            let new = NewHold {
                kind: self.kind.clone(),
                scope: if line.is_some() { HoldScope::Line } else { HoldScope::Order },
                scope_id: line.map_or([0; 16], |(line, _)| line.id.as_bytes()),
                blocks,
                reason: self.given.reason.clone().unwrap_or_default(),
                owner: self.owner.clone(),
                due_at,
            };
            hold::hold(app, call, shown.order.id, &new)
        })
    }
}

impl ReleaseHold {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        step(session, &self.order, &self.given, self, |app, call, shown| {
            let id = match &self.hold {
                Some(text) => text.parse()?,
                None => {
                    let holds = shown.order.holds.iter();
                    let open: Vec<_> = holds.filter(|hold| hold.released_at.is_none()).collect();
                    match open.as_slice() {
                        [one] => one.id,
                        [] => return Err(Error::not_found("open hold on this order")),
                        _ => {
                            let detail = "there are several holds: give the id of one";
                            return Err(Error::Invalid(detail.into()));
                        }
                    }
                }
            };
            hold::release_hold(app, call, shown.order.id, id)
        })
    }
}

impl At {
    pub fn release(&self, session: &Session) -> Result<ExitCode, Error> {
        step(session, &self.order, &self.given, self, |app, call, shown| {
            let fulfillment = pick::fulfillment(shown, self.at.as_deref())?;
            work::release(app, call, (shown.order.id, fulfillment))
        })
    }
}

impl HandArgs {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let At { order, at, given } = &self.to;
        step(session, order, given, self, |app, call, shown| {
            let fulfillment = pick::fulfillment(shown, at.as_deref())?;
            let of = (shown.order.id, fulfillment);
            work::hand_over_to(app, call, of, &[], self.collected_by)
        })
    }
}

impl Part {
    pub fn pick(&self, session: &Session) -> Result<ExitCode, Error> {
        step(session, &self.order, &self.given, self, |app, call, shown| {
            let fulfillment = pick::fulfillment(shown, self.at.as_deref())?;
            let lines = pick::lines(shown, &self.lines, |line| {
                line.quantities.released.less(line.quantities.picked)
            })?;
            let room = |work: &orderly_core::order::Work| work.released.less(work.picked);
            let claims = pick::claims(&shown.order, fulfillment, &lines, room);
            let one = |(claim, qty)| Pick { claim, qty, from: Vec::new() };
            let picks: Vec<Pick> = claims.into_iter().map(one).collect();
            work::pick(app, call, (shown.order.id, fulfillment), &picks)
        })
    }

    pub fn pack(&self, session: &Session) -> Result<ExitCode, Error> {
        step(session, &self.order, &self.given, self, |app, call, shown| {
            let fulfillment = pick::fulfillment(shown, self.at.as_deref())?;
            let lines = pick::lines(shown, &self.lines, |line| {
                line.quantities.picked.less(line.quantities.packed)
            })?;
            let room = |work: &orderly_core::order::Work| work.picked.less(work.packed);
            let claims = pick::claims(&shown.order, fulfillment, &lines, room);
            let one = |(claim, qty)| Pack { claim, qty, measured: None };
            let packs: Vec<Pack> = claims.into_iter().map(one).collect();
            work::pack(app, call, (shown.order.id, fulfillment), &packs)
        })
    }
}

impl RejectArgs {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let Part { order, at, lines, given } = &self.some;
        step(session, order, given, self, |app, call, shown| {
            let unknown = || {
                let known: Vec<&str> = RejectReason::ALL.iter().map(|one| one.code()).collect();
                let known = known.join(", ");
                Error::Invalid(format!("`{}` is no such reason: use {known}", self.because))
            };
            let because = RejectReason::parse(&self.because).ok_or_else(unknown)?;
            let fulfillment = pick::fulfillment(shown, at.as_deref())?;
            let whole = |line: &orderly_core::order::Line| {
                line.quantities.allocated.less(line.quantities.picked)
            };
            let lines = pick::lines(shown, lines, whole)?;
            work::reject(app, call, (shown.order.id, fulfillment), &lines, because)
        })
    }
}

impl ShipArgs {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let Part { order, at, lines, given } = &self.some;
        step(session, order, given, self, |app, call, shown| {
            let fulfillment = pick::fulfillment(shown, at.as_deref())?;
            let lines = pick::lines(shown, lines, |line| line.quantities.packed)?;
            let parcels = self.parcels.iter();
            let shipping = Shipping {
                lines: pick::claims(&shown.order, fulfillment, &lines, |work| work.packed),
                carrier: self.carrier.clone(),
                service: self.service.clone(),
                tracking: self.tracking.clone(),
                parcels: parcels
                    .map(|grams| NewBox { weight_g: Some(*grams), tracking: None })
                    .collect(),
                collected_by: self.collected_by,
            };
            shipments::ship(app, call, (shown.order.id, fulfillment), &shipping)
        })
    }
}

impl DeliverArgs {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        step(session, &self.order, &self.given, self, |app, call, shown| {
            let of = (shown.order.id, pick::shipment(&shown.order, self.shipment.as_deref())?);
            match (self.failed, self.retry, self.lost) {
                (true, _, _) => shipments::fail(app, call, of),
                (_, true, _) => shipments::retry(app, call, of),
                (_, _, true) => shipments::lose(app, call, of, &[]),
                _ => shipments::deliver(app, call, of, &[]),
            }
        })
    }
}

impl Whole {
    pub fn undo(&self, session: &Session) -> Result<ExitCode, Error> {
        step(session, &self.order, &self.given, self, |app, call, shown| {
            undo::undo(app, call, shown.order.id)
        })
    }

    pub fn close(&self, session: &Session) -> Result<ExitCode, Error> {
        step(session, &self.order, &self.given, self, |app, call, shown| {
            close::close(app, call, shown.order.id)
        })
    }

    pub fn reopen(&self, session: &Session) -> Result<ExitCode, Error> {
        step(session, &self.order, &self.given, self, |app, call, shown| {
            close::reopen(app, call, shown.order.id)
        })
    }
}
