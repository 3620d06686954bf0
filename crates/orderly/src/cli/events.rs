//! The feed of events.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{print, table};
use super::{Session, fresh_seed, now};
use crate::ops::events::{self, catalog, feed};
use crate::wire::events::{EventOut, FeedOut};
use crate::{App, Error};

#[derive(Debug, Subcommand)]
pub enum Events {
    /// Bring what waits into the feed, in its order, and extend the hash chain
    Sequence,
    /// List events of the feed, oldest first
    List {
        #[command(flatten)]
        filter: Filter,
        /// Only what comes after this position
        #[arg(long, value_name = "POSITION", default_value_t = 0)]
        after: i64,
        /// How many, at most 500
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Follow the feed: print each event as it comes, until you stop it
    Tail {
        #[command(flatten)]
        filter: Filter,
        /// Begin after this position, instead of with what is new
        #[arg(long, value_name = "POSITION")]
        after: Option<i64>,
        /// Bring what waits into the feed too, where no server does
        #[arg(long)]
        sequence: bool,
        /// End when nothing is left, instead of waiting for more
        #[arg(long)]
        once: bool,
    },
    /// List every type of event
    Types,
}

/// Which events.
#[derive(Debug, Args)]
pub struct Filter {
    /// Only of this order, or of anything else that has events, by its id
    #[arg(long, value_name = "ORDER|ID")]
    of: Option<String>,
    /// Only of this type, such as order.placed or order.*
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Without the object and its changes
    #[arg(long)]
    thin: bool,
}

impl Filter {
    fn wanted(&self, after: i64, limit: i64) -> feed::Wanted {
        let (of, types, thin) = (self.of.clone(), self.types.clone(), self.thin);
        feed::Wanted { after, of, types, limit, thin }
    }
}

impl Events {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::Sequence => {
                let moved = sequence(&session.open()?)?;
                session.out.answer(&json!({ "sequenced": moved }), || {
                    format!("{moved} events were brought into the feed.")
                })
            }
            Self::List { filter, after, limit } => {
                let app = session.open()?;
                let page = feed::after(&app, &session.reading(), &filter.wanted(*after, *limit))?;
                session.out.answer(&page, || shown(&page))
            }
            Self::Tail { filter, after, sequence, once } => {
                tail(session, filter, *after, *sequence, *once)
            }
            Self::Types => {
                let objects: Vec<_> = catalog::TYPES
                    .iter()
                    .map(|(kind, what)| json!({ "type": kind, "what": what }))
                    .collect();
                session.out.answer(&json!({ "types": objects }), || {
                    let rows = catalog::TYPES.iter();
                    table(
                        &["type", "what"],
                        rows.map(|(kind, what)| vec![(*kind).to_owned(), (*what).to_owned()]),
                    )
                })
            }
        }
    }
}

fn sequence(app: &App) -> Result<u64, Error> {
    events::sequence(app, &format!("cli-{:x}", fresh_seed()), now())
}

fn shown(page: &FeedOut) -> String {
    let rows = page.data.iter().map(|event| {
        let changes = event.changes.as_ref().map_or_else(String::new, |all| all.len().to_string());
        vec![
            event.position.to_string(),
            event.at.clone(),
            event.kind.clone(),
            event.subject.id.clone(),
            event.sequence.to_string(),
            event.actor.kind.to_owned(),
            changes,
        ]
    });
    let head = ["position>", "at", "type", "subject", "sequence>", "actor", "changes>"];
    let mut text = table(&head, rows);
    if page.has_more {
        text.push_str(&format!("\n\nMore: --after {}", page.next));
    }
    text
}

fn tail(
    session: &Session,
    filter: &Filter,
    after: Option<i64>,
    with_sequence: bool,
    once: bool,
) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let mut after = match after {
        Some(after) => after,
        None => feed::last(&app, &session.reading())?,
    };
    loop {
        if with_sequence {
            sequence(&app)?;
        }
        let page = feed::after(&app, &session.reading(), &filter.wanted(after, 200))?;
        for event in &page.data {
            print(&line(session, event)?)?;
        }
        after = page.next;
        if page.has_more {
            continue;
        }
        if once {
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// One event in one line.
fn line(session: &Session, event: &EventOut) -> Result<String, Error> {
    if session.out.json {
        let text = serde_json::to_string(event);
        return Ok(text.map_err(|error| Error::Internal(error.to_string()))? + "\n");
    }
    let EventOut { position, at, kind, subject, sequence, .. } = event;
    Ok(format!("{position:>8}  {at}  {kind:<32}  {}  {sequence}\n", subject.id))
}
