//! Work orders: cutting, assembling, taking apart.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::time::Day;
use orderly_core::work::{WorkOrder, WorkState};
use serde_json::json;

use super::output::table;
use super::{Given, Session};
use crate::ops::stock::work::{self, Component, Making, NewWork};
use crate::{App, Call, Error};

#[derive(Debug, Subcommand)]
pub enum Work {
    /// Plan work: cut, assembly or disassembly
    Create(Create),
    /// Claim what it takes, or have it wait for what is short
    Release(Order),
    /// Cut pieces of a released order
    Cut(Make),
    /// Assemble units of a released order, or take them apart
    Assemble(Make),
    /// Do all that is left of a released order
    Done(Make),
    /// Take the last step back
    Undo(Order),
    /// End it: what it claims is free again
    Cancel(Order),
    /// List work orders, the newest first
    List {
        /// planned, released, `part_done`, done or canceled
        #[arg(long)]
        state: Option<String>,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show a work order with what it takes and its steps
    Show {
        /// Number or id
        work: String,
    },
}

#[derive(Debug, Args)]
pub struct Create {
    /// cut, assembly or disassembly
    kind: String,
    /// The item that is cut, made or taken apart
    item: String,
    /// Pieces for a cut, else units in the item's sale unit
    quantity: String,
    /// Where
    #[arg(long, value_name = "CODE")]
    location: String,
    /// The length of each piece of a cut, such as "2.4 m"
    #[arg(long)]
    length: Option<String>,
    /// The kit whose components it takes, for each base unit of the item
    #[arg(long, value_name = "KIT")]
    recipe: Option<String>,
    /// A component with its quantity for each base unit of the item
    #[arg(long = "component", value_name = "SKU=QTY")]
    components: Vec<String>,
    /// The order it is made for
    #[arg(long, value_name = "ORDER", requires = "line")]
    order: Option<String>,
    /// The line of that order
    #[arg(long, value_name = "POSITION")]
    line: Option<i64>,
    /// When it is due
    #[arg(long, value_name = "DAY")]
    due: Option<String>,
    /// Claims of a higher priority are served first
    #[arg(long, default_value_t = 0)]
    priority: i64,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Order {
    /// Number or id
    work: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Make {
    /// Number or id
    work: String,
    /// Pieces of a cut, else base units; all that is left where absent
    quantity: Option<i64>,
    /// Units that were spoiled
    #[arg(long, default_value_t = 0)]
    scrap: i64,
    /// The lot or serial number of what is made
    #[arg(long)]
    lot: Option<String>,
    #[command(flatten)]
    given: Given,
}

type Step = fn(&App, &Call, orderly_core::id::WorkOrderId) -> Result<WorkOrder, Error>;

impl Work {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::Create(create) => create.run(session),
            Self::Release(order) => order.run(session, work::release),
            Self::Cut(make) | Self::Assemble(make) | Self::Done(make) => make.run(session),
            Self::Undo(order) => order.run(session, work::undo),
            Self::Cancel(order) => order.run(session, work::cancel),
            Self::List { state, limit } => list(session, state.as_deref(), *limit),
            Self::Show { work } => {
                let found = work::get(&session.open()?, &session.reading(), work)?;
                session.out.answer(&found, || page(&found))
            }
        }
    }
}

impl Create {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut components = Vec::new();
        for text in &self.components {
            let split = text.rsplit_once('=');
            let (sku, quantity) = split.ok_or_else(|| {
                Error::Invalid(format!("`{text}` is not of the form SKU=QUANTITY"))
            })?;
            components.push(Component { sku: sku.into(), quantity: quantity.into() });
        }
        let due = self.due.as_deref().map(Day::parse).transpose();
        let new = NewWork {
            kind: self.kind.clone(),
            location: self.location.clone(),
            item: self.item.clone(),
            quantity: self.quantity.clone(),
            length: self.length.clone(),
            recipe: self.recipe.clone(),
            components,
            order: self.order.clone().zip(self.line),
            due_on: due.map_err(|error| Error::Invalid(error.to_string()))?,
            priority: self.priority,
        };
        let app = session.open()?;
        let made = work::create(&app, &session.changing(&self.given, self)?, &new)?;
        session.out.answer(&made, || {
            format!("Work order {0} is planned.\nNext: `orderly work release {0}`", made.number)
        })
    }
}

impl Order {
    fn run(&self, session: &Session, step: Step) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let id = work::get(&app, &session.reading(), &self.work)?.id;
        let order = step(&app, &session.changing(&self.given, self)?, id)?;
        session.out.answer(&order, || page(&order))
    }
}

impl Make {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let id = work::get(&app, &session.reading(), &self.work)?.id;
        let making = Making { quantity: self.quantity, scrap: self.scrap, lot: self.lot.clone() };
        let order = work::make(&app, &session.changing(&self.given, self)?, id, &making)?;
        session.out.answer(&order, || page(&order))
    }
}

/// How much of an order is done: pieces for cuts.
fn progress(order: &WorkOrder) -> String {
    let unit = order.length.map_or(1, |length| length.get().max(1));
    format!("{} of {}", order.done.get() / unit, order.qty.get() / unit)
}

fn page(order: &WorkOrder) -> String {
    let rows = order.lines.iter().map(|line| {
        vec![
            line.position.to_string(),
            line.item.to_string(),
            line.needed.to_string(),
            line.allocated.to_string(),
            line.backordered.to_string(),
            line.used.to_string(),
        ]
    });
    let head = ["line>", "item", "needed>", "claimed>", "waiting>", "used>"];
    let (kind, state) = (order.kind.code(), order.state.code().replace('_', " "));
    let done = progress(order);
    format!("Work order {}: {kind}, {state}, {done} done\n{}", order.number, table(&head, rows))
}

fn list(session: &Session, state: Option<&str>, limit: u32) -> Result<ExitCode, Error> {
    let state = state
        .map(|text| {
            let unknown = || Error::Invalid(format!("`{text}` is no state of a work order"));
            WorkState::parse(text).ok_or_else(unknown)
        })
        .transpose()?;
    let found = work::list(&session.open()?, &session.reading(), state, None, limit)?;
    session.out.answer(&json!({ "work": found }), || {
        let rows = found.iter().map(|order| {
            vec![
                order.number.clone(),
                order.kind.code().into(),
                order.state.code().replace('_', " "),
                progress(order),
            ]
        });
        table(&["work", "kind", "state", "done"], rows)
    })
}
