//! Orders: placing, listing, showing; each step has its own file.

mod edit;
mod exchange;
mod money;
pub mod page;
mod place;
mod steps;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::time::{Day, Instant};
use serde_json::{Value, json};

use super::Session;
use super::output::{minute, table};
use crate::Error;
use crate::ops::prices::explain;
use crate::ops::read::orders::{self, Page, Wanted};
use crate::wire::out::{EventOut, OrderOut, OrderRow, amount};
pub use crate::wire::parts as pick;
pub use exchange::Exchanges;

#[derive(Debug, Subcommand)]
pub enum Orders {
    /// List orders, the latest first
    List(List),
    /// Show one order: lines, goods, money, holds, and what happened
    Show {
        /// Number, id, the channel's id, tracking number or SSCC
        order: String,
        /// Also say why each line costs what it costs
        #[arg(long)]
        prices: bool,
    },
    /// Place one order or many from JSON
    Place(place::Place),
    /// Change a placed order: addresses, quantities, more lines, its reference
    Edit(edit::EditArgs),
    /// Cancel an order, lines, or a part of them; needs --reason
    Cancel(steps::CancelArgs),
    /// Put an order or a line on hold; needs --reason
    Hold(steps::HoldArgs),
    /// Release a hold
    ReleaseHold(steps::ReleaseHold),
    /// Release the work on an order to its location
    Release(steps::At),
    /// Record that a location cannot do the work; it is sourced elsewhere
    Reject(steps::RejectArgs),
    /// Record that goods were picked
    Pick(steps::Part),
    /// Record that goods were packed
    Pack(steps::Part),
    /// Hand packed goods to the carrier
    Ship(steps::ShipArgs),
    /// Hand goods over at the counter, from release to delivery at once
    HandOver(steps::HandArgs),
    /// Record that a shipment reached the customer, or did not
    Deliver(steps::DeliverArgs),
    /// Announce goods that come back, or take them
    Return(money::Return),
    /// Take a payment, or reserve it
    Pay(money::Pay),
    /// Take reserved money
    Capture(money::Capture),
    /// Give money back; needs --reason
    Refund(money::Refund),
    /// Take goods back and send others for them; no money moves for what is alike; needs --reason
    Exchange(exchange::Exchange),
    /// Take the last step back, as a new step
    Undo(steps::Whole),
    /// Close an order that is done and paid
    Close(steps::Whole),
    /// Open a closed order again
    Reopen(steps::Whole),
    /// List what happened to an order
    Events {
        /// Number, id, the channel's id, tracking number or SSCC
        order: String,
    },
}

#[derive(Debug, Args)]
pub struct List {
    /// Only orders of this channel
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
    /// Only what is found by a number, id, tracking number, e-mail, telephone, name, SKU or GTIN
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only orders in this state: draft, quoted, placed, canceled or closed
    #[arg(long)]
    state: Option<String>,
    /// Only orders placed from this day (UTC) or instant on
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Only orders placed before this day (UTC) or instant
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// The next page: the cursor that the page before ended with
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// How many, at most 1,000
    #[arg(long, default_value_t = 50)]
    limit: i64,
}

/// Reads a day (its first instant, UTC) or an instant.
pub fn instant(text: &str) -> Result<Instant, Error> {
    if let Ok(day) = Day::parse(text) {
        return Ok(Instant::from_micros(0).plus_days(i64::from(day.number())));
    }
    Ok(Instant::parse(text)?)
}

impl Orders {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List(list) => list.run(session),
            Self::Show { order, prices } => {
                let (app, call) = (session.open()?, session.reading());
                let shown = orders::show(&app, &call, order)?;
                let out = OrderOut::from(&shown);
                if !prices {
                    return session.out.answer(&out, || page::order(&out));
                }
                let traces = explain::order(&app, &call, order)?;
                let mut object = json!(out);
                object["prices"] = json!(traces);
                session.out.answer(&object, || {
                    format!("{}\n{}", page::order(&out), super::prices::lines(&traces))
                })
            }
            Self::Place(place) => place.run(session),
            Self::Edit(edit) => edit.run(session),
            Self::Cancel(cancel) => cancel.run(session),
            Self::Hold(hold) => hold.run(session),
            Self::ReleaseHold(hold) => hold.run(session),
            Self::Release(at) => at.release(session),
            Self::Reject(reject) => reject.run(session),
            Self::Pick(part) => part.pick(session),
            Self::Pack(part) => part.pack(session),
            Self::Ship(ship) => ship.run(session),
            Self::HandOver(args) => args.run(session),
            Self::Deliver(deliver) => deliver.run(session),
            Self::Return(returned) => returned.run(session),
            Self::Pay(pay) => pay.run(session),
            Self::Capture(capture) => capture.run(session),
            Self::Refund(refund) => refund.run(session),
            Self::Exchange(exchange) => exchange.run(session),
            Self::Undo(whole) => whole.undo(session),
            Self::Close(whole) => whole.close(session),
            Self::Reopen(whole) => whole.reopen(session),
            Self::Events { order } => {
                let shown = orders::show(&session.open()?, &session.reading(), order)?;
                let events: Vec<Value> = shown
                    .timeline
                    .iter()
                    .map(|event| {
                        let changes: Value = serde_json::from_str(&event.changes)
                            .map_err(|error| Error::Internal(error.to_string()))?;
                        let mut object = json!(EventOut::from(event));
                        object["changes"] = changes;
                        Ok(object)
                    })
                    .collect::<Result<_, Error>>()?;
                let out = json!({ "order": shown.order.number, "events": events });
                session.out.answer(&out, || page::timeline(&shown))
            }
        }
    }
}

impl List {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let wanted = Wanted {
            channel: self.channel.clone(),
            state: self.state.clone(),
            from: self.from.as_deref().map(instant).transpose()?,
            until: self.until.as_deref().map(instant).transpose()?,
            search: self.search.clone(),
            after: self.after.clone(),
            limit: self.limit,
            ..Wanted::default()
        };
        let found = orders::list(&session.open()?, &session.reading(), &wanted)?;
        session.out.answer(&list_json(&found), || list_text(&found))
    }
}

fn list_json(page: &Page) -> Value {
    let rows: Vec<OrderRow> = page.orders.iter().map(|order| OrderRow::of(page, order)).collect();
    json!({ "orders": rows, "next": page.next, "hint": page.hint })
}

fn list_text(page: &Page) -> String {
    if let (true, Some(hint)) = (page.orders.is_empty(), &page.hint) {
        return format!("No orders: {hint}.");
    }
    if page.orders.is_empty() {
        return "No orders. Place one: `orderly orders place FILE`.".into();
    }
    let rows = page.orders.iter().map(|order| {
        let channel = page.channels.get(&order.channel);
        vec![
            order.number.clone(),
            minute(&order.placed_at.to_string()),
            channel.map(|channel| channel.code.clone()).unwrap_or_default(),
            page.names.get(&order.id).map(|one| one.name.clone()).unwrap_or_default(),
            order.state.code().into(),
            format!("{} {}", amount(order.total, order.currency), order.currency),
            amount(order.paid.captured - order.paid.refunded, order.currency),
        ]
    });
    let head = ["order", "placed (UTC)", "channel", "customer", "state", "total>", "paid>"];
    let mut text = table(&head, rows);
    if let Some(next) = &page.next {
        text.push_str(&format!("\nMore: add --after {next}"));
    }
    text
}
