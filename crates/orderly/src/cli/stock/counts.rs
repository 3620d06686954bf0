//! Counts step by step: opened, recorded, posted, taken back; and what is to be counted next.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::CountId;
use orderly_core::stock::{Count, CountState};
use serde_json::json;

use super::pair;
use crate::cli::output::{minute, table};
use crate::cli::{Given, Session};
use crate::ops::stock::count;
use crate::wire::out::stock::DueOut;
use crate::wire::stock::{CountIn, CountedIn};
use crate::{App, Call, Error};

#[derive(Debug, Subcommand)]
pub enum Counts {
    /// Open a count at a location; sales go on
    Open {
        #[arg(long, value_name = "CODE")]
        location: String,
        /// Keep what is expected from those who count
        #[arg(long)]
        blind: bool,
        #[command(flatten)]
        given: Given,
    },
    /// Record what was counted; the same goods again are another round
    Record(Record),
    /// Post the differences
    Post(One),
    /// Give an open count up
    Cancel(One),
    /// Take the differences of a posted count back
    Undo(One),
    /// Show a count with its lines
    Show {
        /// Number or id
        count: String,
    },
    /// List counts, the newest first
    List {
        /// How many, at most 1,000
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// List what is to be counted next at a location
    Plan {
        #[arg(long, value_name = "CODE")]
        location: String,
        /// How many
        #[arg(long, default_value_t = 30)]
        limit: usize,
    },
}

#[derive(Debug, Args)]
pub struct Record {
    /// Number or id
    count: String,
    /// An item with what was counted of it, in its sale unit
    #[arg(long = "item", value_name = "SKU=QTY", required = true)]
    items: Vec<String>,
    /// The bin; the location's storage bin where absent
    #[arg(long, value_name = "CODE")]
    bin: Option<String>,
    /// The lot or serial number
    #[arg(long)]
    lot: Option<String>,
    /// The length of each piece, such as "4.8 m"
    #[arg(long)]
    length: Option<String>,
    /// sellable (default), damaged or quarantine
    #[arg(long)]
    condition: Option<String>,
    /// That a lot which is not on record there was really seen
    #[arg(long)]
    confirm: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct One {
    /// Number or id
    count: String,
    #[command(flatten)]
    given: Given,
}

type Step = fn(&App, &Call, CountId) -> Result<Count, Error>;

impl Counts {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::Open { location, blind, given } => {
                let new = CountIn { location: location.clone(), blind: *blind };
                let app = session.open()?;
                let opened = count::open(&app, &session.changing(given, self)?, &new)?;
                session.out.answer(&opened, || {
                    format!(
                        "Count {0} is open.\nNext: `orderly stock counts record {0} --item …`",
                        opened.number
                    )
                })
            }
            Self::Record(record) => record.run(session),
            Self::Post(one) => one.run(session, count::finish),
            Self::Cancel(one) => one.run(session, count::cancel),
            Self::Undo(one) => one.run(session, count::reverse),
            Self::Show { count } => {
                let (app, call) = (session.open()?, session.reading());
                let found = count::called(&app, &call, count)?;
                let text = page(&app, &call, &found)?;
                session.out.answer(&found, || text)
            }
            Self::List { limit } => list(session, *limit),
            Self::Plan { location, limit } => plan(session, location, *limit),
        }
    }
}

impl Record {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut counted = Vec::with_capacity(self.items.len());
        for text in &self.items {
            let (sku, quantity) = pair(text)?;
            counted.push(CountedIn {
                sku,
                quantity,
                bin: self.bin.clone(),
                lot: self.lot.clone(),
                length: self.length.clone(),
                condition: self.condition.clone(),
                reason: self.given.reason.clone(),
                confirm: self.confirm,
                ..CountedIn::default()
            });
        }
        let app = session.open()?;
        let id = count::called(&app, &session.reading(), &self.count)?.id;
        let done = count::record(&app, &session.changing(&self.given, self)?, id, &counted)?;
        session.out.answer(&done, || told(&done))
    }
}

impl One {
    fn run(&self, session: &Session, step: Step) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let id = count::called(&app, &session.reading(), &self.count)?.id;
        let done = step(&app, &session.changing(&self.given, self)?, id)?;
        session.out.answer(&done, || told(&done))
    }
}

fn state(count: &Count) -> &'static str {
    if count.reversed_at.is_some() { "taken back" } else { count.state.code() }
}

fn told(count: &Count) -> String {
    let lines = count.lines.len();
    let mut text = format!("Count {} is {}: {lines} counted", count.number, state(count));
    if count.state == CountState::Posted {
        let off = count.lines.iter().filter(|line| line.difference != Some(0)).count();
        text.push_str(&format!(", {off} differed"));
    }
    text.push('.');
    text
}

fn page(app: &App, call: &Call, count: &Count) -> Result<String, Error> {
    let mut rows = Vec::with_capacity(count.lines.len());
    for line in &count.lines {
        let item = crate::ops::read::catalog::item(app, call, &line.spot.item.to_string())?.0;
        let signed = |base: i64| base.to_string();
        rows.push(vec![
            item.sku.clone(),
            line.spot.condition.code().into(),
            line.counted.to_string(),
            line.expected.map(signed).unwrap_or_default(),
            line.difference.map(signed).unwrap_or_default(),
            line.rounds.to_string(),
            line.reason.clone().unwrap_or_default(),
        ]);
    }
    let head = ["sku", "condition", "counted>", "expected>", "difference>", "rounds>", "why"];
    Ok(format!("{} (base units)\n{}", told(count), table(&head, rows)))
}

fn list(session: &Session, limit: u32) -> Result<ExitCode, Error> {
    let found = count::list(&session.open()?, &session.reading(), None, limit)?;
    session.out.answer(&json!({ "counts": found }), || {
        let rows = found.iter().map(|one| {
            vec![one.number.clone(), state(one).into(), minute(&one.started_at.to_string())]
        });
        table(&["count", "state", "opened (UTC)"], rows)
    })
}

fn plan(session: &Session, location: &str, limit: usize) -> Result<ExitCode, Error> {
    let found = count::plan(&session.open()?, &session.reading(), location, limit)?;
    let objects: Vec<_> = found.iter().map(DueOut::from).collect();
    session.out.answer(&json!({ "plan": objects }), || {
        let rows = found.iter().map(|due| {
            let planned = &due.planned;
            let never = || "never".to_owned();
            let counted = planned.countable.counted_on.map_or_else(never, |day| day.to_string());
            let when = match (planned.countable.asked, planned.due_on) {
                (true, _) | (_, None) => "now".to_owned(),
                (_, Some(day)) => day.to_string(),
            };
            let why = if planned.countable.asked { "asked for" } else { "" };
            let class = planned.class.code().to_uppercase();
            vec![due.item.sku.clone(), class, counted, when, why.into()]
        });
        table(&["sku", "class", "counted", "due", "why"], rows)
    })
}
