//! Returns, step by step: announced, let come, received, inspected, ended, credited.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::ReturnId;
use orderly_core::refund::RefundSettlement;
use orderly_core::returns::{Fate, Return, ReturnLine, ReturnState};
use serde_json::json;

use super::orders::pick;
use super::output::{minute, table};
use super::refunds::refund_text;
use super::{Given, Session};
use crate::ops::read::{catalog, orders, returns as read};
use crate::ops::refunds::{BlindIn, make_blind};
use crate::ops::returns::{self as ops, ArrivalIn, ReturnIn, ReturnLineIn, VerdictIn};
use crate::wire::out::amount;
use crate::wire::out::back::{RefundOut, ReturnOut};
use crate::{App, Call, Error};

#[derive(Debug, Subcommand)]
pub enum Returns {
    /// List returns, the latest first
    List(List),
    /// Show one return: lines, what came, and what became of it
    Show {
        /// Number or id
        returned: String,
    },
    /// Announce goods that come back: of an order, or without a receipt
    Request(Request),
    /// Let announced goods come
    Approve(Whole),
    /// Decline announced goods; needs --reason
    Refuse(Whole),
    /// Withdraw a return of which nothing came
    Cancel(Whole),
    /// Record that goods came
    Receive(Receive),
    /// Decide what becomes of goods that came, or decide anew
    Inspect(Inspect),
    /// End a return whose goods are all inspected
    Close(Whole),
    /// Open a return again
    Reopen(Whole),
    /// Give store credit for goods without a receipt, at the lowest price; needs --reason
    Credit(Whole),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only in this state: requested, approved, received, closed, refused or canceled
    #[arg(long)]
    state: Option<String>,
    /// How many, at most 1,000
    #[arg(long, default_value_t = 50)]
    limit: i64,
}

#[derive(Debug, Args)]
pub struct Request {
    /// The order, by number, id, the channel's id, tracking number or SSCC
    #[arg(long)]
    order: Option<String>,
    /// A line of the order by number or SKU, or an item, with a quantity (base units for an item)
    #[arg(long = "line", value_name = "LINE=QTY", required = true)]
    lines: Vec<String>,
    /// The channel, where no order says it
    #[arg(long, value_name = "CODE", required_unless_present = "order")]
    channel: Option<String>,
    /// The customer's number, where no order says who it is
    #[arg(long)]
    customer: Option<String>,
    /// Where the goods are expected
    #[arg(long, value_name = "LOCATION")]
    at: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Whole {
    /// Number or id
    returned: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Receive {
    /// Number or id
    returned: String,
    /// A line of the return by its number, with base units; all that is expected where absent
    #[arg(long = "line", value_name = "LINE=QTY")]
    lines: Vec<String>,
    /// The location that takes the goods
    #[arg(long, value_name = "LOCATION")]
    at: String,
    /// awaiting_inspection, restocked or quarantined
    #[arg(long, default_value = "awaiting_inspection")]
    to: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// Number or id
    returned: String,
    /// A line of the return by its number, with base units
    #[arg(long, value_name = "LINE=QTY")]
    line: String,
    /// What was decided before
    #[arg(long, default_value = "awaiting_inspection")]
    from: String,
    /// restocked, quarantined, repaired, refurbished, scrapped, to_vendor or sent_back
    #[arg(long)]
    to: String,
    #[command(flatten)]
    given: Given,
}

fn fate(text: &str) -> Result<Fate, Error> {
    Fate::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Fate::ALL.iter().map(|fate| fate.code()).collect();
        let known = known.join(", ");
        Error::Invalid(format!("`{text}` is nothing that happens to goods: {known}"))
    })
}

/// The line of `2=3`: by its number, with base units; all where none are given.
fn line<'a>(
    returned: &'a Return,
    text: &str,
    all: impl Fn(&ReturnLine) -> i64,
) -> Result<(&'a ReturnLine, i64), Error> {
    let (name, units) = match text.split_once('=') {
        Some((name, units)) => (name.trim(), Some(units.trim())),
        None => (text.trim(), None),
    };
    let missing = || Error::not_found(format!("line `{name}` of return {}", returned.number));
    let found = returned.lines.iter().find(|line| line.position.to_string() == name);
    let found = found.ok_or_else(missing)?;
    let wrong = |units: &str| Error::Invalid(format!("`{units}` is no number of base units"));
    let units = units.map(|units| units.parse().map_err(|_| wrong(units))).transpose()?;
    Ok((found, units.unwrap_or_else(|| all(found))))
}

fn return_text(returned: &Return) -> String {
    let rows = returned.lines.iter().map(|line| {
        let became = Fate::ALL.iter().filter(|fate| !line.fates.of(**fate).is_zero());
        let became = became.map(|fate| format!("{} {}", line.fates.of(*fate), fate.code()));
        vec![
            line.position.to_string(),
            line.description.clone(),
            line.requested.to_string(),
            line.received.to_string(),
            became.collect::<Vec<_>>().join(", "),
            line.refunded.to_string(),
            amount(line.amount, returned.currency),
        ]
    });
    let head = ["line", "goods", "asked>", "came>", "became", "refunded>", "amount>"];
    let state = returned.head.state.code();
    format!("Return {}: {state}\n\n{}", returned.number, table(&head, rows))
}

impl Returns {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List(list) => list.run(session),
            Self::Show { returned } => {
                answer(session, &read::one(&session.open()?, &session.reading(), returned)?)
            }
            Self::Request(request) => request.run(session),
            Self::Receive(receive) => receive.run(session),
            Self::Inspect(inspect) => inspect.run(session),
            Self::Approve(whole) => whole.step(session, ops::approve),
            Self::Refuse(whole) => whole.step(session, |app, call, id| {
                ops::refuse(app, call, id, whole.given.reason.as_deref().unwrap_or_default())
            }),
            Self::Cancel(whole) => whole.step(session, ops::cancel),
            Self::Close(whole) => whole.step(session, ops::close),
            Self::Reopen(whole) => whole.step(session, ops::reopen),
            Self::Credit(whole) => whole.credit(session),
        }
    }
}

fn answer(session: &Session, returned: &Return) -> Result<ExitCode, Error> {
    session.out.answer(&ReturnOut::from(returned), || return_text(returned))
}

impl List {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let unknown = |text: &str| Error::Invalid(format!("`{text}` is no state of a return"));
        let state = self.state.as_deref();
        let state = state.map(|text| ReturnState::parse(text).ok_or_else(|| unknown(text)));
        let (app, call) = (session.open()?, session.reading());
        let found = read::list(&app, &call, state.transpose()?, None, self.limit)?;
        let object = json!({ "returns": found.iter().map(ReturnOut::from).collect::<Vec<_>>() });
        session.out.answer(&object, || {
            let rows = found.iter().map(|one| {
                vec![
                    one.number.clone(),
                    minute(&one.created_at.to_string()),
                    one.head.state.code().into(),
                    if one.order.is_some() { "of an order" } else { "without a receipt" }.into(),
                    one.head.reason.clone().unwrap_or_default(),
                ]
            });
            table(&["return", "opened (UTC)", "state", "goods", "reason"], rows)
        })
    }
}

impl Request {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let (app, reading) = (session.open()?, session.reading());
        let at = self
            .at
            .as_deref()
            .map(|code| catalog::location(&app, &session.reading(), code))
            .transpose()?;
        let reason = self.given.reason.clone();
        let mut new = ReturnIn { location: at, reason: reason.clone(), ..ReturnIn::default() };
        if let Some(order) = &self.order {
            let shown = orders::show(&app, &reading, order)?;
            new.order = Some(shown.order.id);
            let lines = pick::lines(&shown, &self.lines, |line| line.quantities.returnable())?;
            let lines = lines.into_iter().map(|(line, qty)| ReturnLineIn {
                line: Some(line),
                qty: qty.get(),
                reason: reason.clone(),
                ..ReturnLineIn::default()
            });
            new.lines = lines.collect();
        } else {
            let channels = catalog::channels(&app, &reading)?;
            let code = self.channel.as_deref().unwrap_or_default();
            let own = channels.into_iter().find(|one| one.code == code);
            new.channel = own.map(|one| one.id);
            if let Some(number) = &self.customer {
                let found = crate::ops::read::parties::show(&app, &reading, number)?;
                new.customer = Some(found.customer.id);
            }
            for text in &self.lines {
                let wrong = || Error::Invalid(format!("write `{text}` as ITEM=UNITS"));
                let (sku, units) = text.split_once('=').ok_or_else(wrong)?;
                let (item, _) = catalog::item(&app, &reading, sku)?;
                new.lines.push(ReturnLineIn {
                    item: Some(item.id),
                    qty: units.trim().parse().map_err(|_| wrong())?,
                    reason: reason.clone(),
                    ..ReturnLineIn::default()
                });
            }
        }
        let call = session.changing(&self.given, self)?;
        answer(session, &ops::request(&app, &call, &new)?)
    }
}

impl Whole {
    fn step(
        &self,
        session: &Session,
        run: impl Fn(&App, &Call, ReturnId) -> Result<Return, Error>,
    ) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let found = read::one(&app, &session.reading(), &self.returned)?;
        let call = session.changing(&self.given, self)?;
        answer(session, &run(&app, &call, found.id)?)
    }

    fn credit(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let found = read::one(&app, &session.reading(), &self.returned)?;
        let call = session.changing(&self.given, self)?;
        let reason = self.given.reason.clone().unwrap_or_default();
        let new = BlindIn { settlement: Some(RefundSettlement::StoreCredit), reason };
        let made = make_blind(&app, &call, found.id, &new)?;
        session.out.answer(&RefundOut::from(&made), || refund_text(&made))
    }
}

impl Receive {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let found = read::one(&app, &session.reading(), &self.returned)?;
        let at = catalog::location(&app, &session.reading(), &self.at)?;
        let to = Some(fate(&self.to)?);
        let expected = |line: &ReturnLine| line.outstanding().get();
        let mut arrivals = Vec::new();
        let mut add = |one: &ReturnLine, qty: i64| {
            arrivals.push(ArrivalIn { line: one.id, qty, lot: None, to, bin: None });
        };
        if self.lines.is_empty() {
            let open = found.lines.iter().filter(|one| !one.outstanding().is_zero());
            open.for_each(|one| add(one, expected(one)));
        }
        for text in &self.lines {
            let (one, qty) = line(&found, text, expected)?;
            add(one, qty);
        }
        let call = session.changing(&self.given, self)?;
        answer(session, &ops::receive(&app, &call, found.id, at, &arrivals)?)
    }
}

impl Inspect {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let found = read::one(&app, &session.reading(), &self.returned)?;
        let from = fate(&self.from)?;
        let (one, qty) = line(&found, &self.line, |line| line.fates.of(from).get())?;
        let verdict = VerdictIn {
            line: one.id,
            from: Some(from),
            to: fate(&self.to)?,
            qty,
            lot: None,
            from_bin: None,
            to_bin: None,
            refurbished: None,
            note: self.given.reason.clone(),
        };
        let call = session.changing(&self.given, self)?;
        answer(session, &ops::inspect(&app, &call, found.id, &verdict)?)
    }
}
