//! Tills: drawers, their sessions, counting and the report at the end.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::books::Account;
use orderly_core::till::{EntryKind, Session as TillSession};
use serde_json::json;

use super::output::table;
use super::{Given, Session};
use crate::Error;
use crate::ops::read::names::{Ids, names};
use crate::ops::tills::{self, CollectIn, DrawerIn, MoveIn, Report};
use crate::wire::out::amount;
use crate::wire::out::tills::{DrawerOut, ReportOut, SessionOut};

#[derive(Debug, Subcommand)]
pub enum Tills {
    /// List drawers with their latest session
    List,
    /// Add a drawer to a location
    Add(Add),
    /// Open a session of a drawer with a float from the safe
    Open {
        /// The drawer's code
        drawer: String,
        /// The cash it starts with
        #[arg(long, default_value = "0")]
        float: String,
        #[command(flatten)]
        given: Given,
    },
    /// Put cash into a drawer; needs --reason
    PayIn(Move),
    /// Take cash out of a drawer for an expense; needs --reason
    PayOut(Move),
    /// Drop cash into the safe, or with `--to cash_in_transit` on its way to the bank
    Drop(Move),
    /// Take in the cash that a driver or carrier collected on delivery
    Collect(Collect),
    /// Give such cash back in the same session: it is owed again
    HandBack(Collect),
    /// Count a drawer: `50=3 20=7 0.50=12`; the answer says what should be there
    Count {
        /// The drawer's code
        drawer: String,
        /// How many pieces of each value
        #[arg(value_name = "VALUE=PIECES", required = true)]
        pieces: Vec<String>,
        #[command(flatten)]
        given: Given,
    },
    /// Go on with a session that was counted
    Resume {
        /// The drawer's code
        drawer: String,
        #[command(flatten)]
        given: Given,
    },
    /// Close a session that was counted; over or short beyond the tolerance needs --reason
    Close {
        /// The drawer's code
        drawer: String,
        #[command(flatten)]
        given: Given,
    },
    /// Show the report of a drawer's session
    Report {
        /// The drawer's code
        drawer: String,
        /// The session's number; the last one where absent
        #[arg(long)]
        session: Option<i64>,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    /// The drawer's code
    drawer: String,
    /// The code of the location it stands at
    #[arg(long)]
    location: String,
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// Its currency; the legal entity's where absent
    #[arg(long)]
    currency: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Move {
    /// The drawer's code
    drawer: String,
    /// How much
    amount: String,
    /// The ledger account it goes to or comes from; the safe where absent
    #[arg(long = "to", alias = "from", value_name = "ACCOUNT")]
    account: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Collect {
    /// The drawer's code
    drawer: String,
    /// Who has it: the carrier's code, or own for our own drivers
    #[arg(long = "from", alias = "to", value_name = "CODE")]
    carrier: String,
    /// How much; all there is where absent
    #[arg(long)]
    amount: Option<String>,
    #[command(flatten)]
    given: Given,
}

impl Collect {
    fn what(&self) -> CollectIn {
        CollectIn { carrier: self.carrier.clone(), amount: self.amount.clone() }
    }
}

impl Tills {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let done = match self {
            Self::List => return list(session),
            Self::Add(add) => {
                let new = DrawerIn {
                    code: add.drawer.clone(),
                    name: add.name.clone().unwrap_or_else(|| add.drawer.clone()),
                    location: add.location.clone(),
                    currency: add.currency.clone(),
                };
                let call = session.changing(&add.given, add)?;
                let drawer = tills::create_drawer(&app, &call, &new)?;
                let object = json!({ "id": drawer.id.to_string(), "code": drawer.code });
                return session.out.answer(&object, || format!("Drawer {} is there", drawer.code));
            }
            Self::Open { drawer, float, given } => {
                tills::open(&app, &session.changing(given, self)?, drawer, float)?
            }
            Self::PayIn(moved) => moved.run(session, EntryKind::PayIn)?,
            Self::PayOut(moved) => moved.run(session, EntryKind::PayOut)?,
            Self::Drop(moved) => moved.run(session, EntryKind::Drop)?,
            Self::Collect(asked) => {
                let call = session.changing(&asked.given, asked)?;
                tills::collect(&app, &call, &asked.drawer, &asked.what())?
            }
            Self::HandBack(asked) => {
                let call = session.changing(&asked.given, asked)?;
                tills::hand_back(&app, &call, &asked.drawer, &asked.what())?
            }
            Self::Count { drawer, pieces, given } => {
                let pieces = read_pieces(pieces)?;
                tills::count(&app, &session.changing(given, self)?, drawer, &pieces)?
            }
            Self::Resume { drawer, given } => {
                tills::resume(&app, &session.changing(given, self)?, drawer)?
            }
            Self::Close { drawer, given } => {
                tills::close(&app, &session.changing(given, self)?, drawer)?
            }
            Self::Report { drawer, session: number } => {
                let report = tills::report(&app, &session.reading(), drawer, *number)?;
                return session.out.answer(&ReportOut::from(&report), || report_text(&report));
            }
        };
        session.out.answer(&SessionOut::from(&done), || session_text(&done))
    }
}

impl Move {
    fn run(&self, session: &Session, kind: EntryKind) -> Result<TillSession, Error> {
        let app = session.open()?;
        let account = self.account.as_deref().map(|code| {
            let unknown = || Error::Invalid(format!("`{code}` is no ledger account"));
            Account::parse(code).ok_or_else(unknown)
        });
        let new = MoveIn { kind, amount: self.amount.clone(), account: account.transpose()? };
        tills::move_cash(&app, &session.changing(&self.given, self)?, &self.drawer, &new)
    }
}

fn read_pieces(texts: &[String]) -> Result<Vec<(String, i64)>, Error> {
    let read = |text: &String| {
        let (value, pieces) = text.split_once('=')?;
        Some((value.to_owned(), pieces.parse().ok()?))
    };
    let wrong = |text: &String| {
        Error::Invalid(format!("`{text}` is no count: write a value and its pieces, such as 20=7"))
    };
    texts.iter().map(|text| read(text).ok_or_else(|| wrong(text))).collect()
}

fn list(session: &Session) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let found = tills::list(&app, &session.reading())?;
    let names = names(&app, &Ids::default())?;
    let objects = found.iter().map(|(drawer, last)| DrawerOut {
        session: last.as_ref().map(SessionOut::from),
        ..DrawerOut::new(drawer, names.location(drawer.location))
    });
    session.out.answer(&json!({ "drawers": objects.collect::<Vec<_>>() }), || {
        let rows = found.iter().map(|(drawer, last)| {
            let of = |get: fn(&TillSession) -> String| last.as_ref().map(get).unwrap_or_default();
            vec![
                drawer.code.clone(),
                drawer.name.clone(),
                of(|one| one.number.to_string()),
                of(|one| one.state.code().to_owned()),
                of(|one| one.business_on.to_string()),
            ]
        });
        table(&["drawer", "name", "session>", "state", "day"], rows)
    })
}

fn session_text(one: &TillSession) -> String {
    let money = |minor: i64| format!("{} {}", amount(minor, one.currency), one.currency);
    let mut text = format!("Session {} of {}: {}", one.number, one.business_on, one.state.code());
    if let Some(counted) = one.counted {
        let difference = counted - one.expected;
        let (expected, counted) = (money(one.expected), money(counted));
        text.push_str(&format!("; expected {expected}, counted {counted}"));
        let which = if difference > 0 { "over" } else { "short" };
        if difference != 0 {
            text.push_str(&format!(", {} {which}", money(difference.abs())));
        }
    }
    text
}

fn report_text(report: &Report) -> String {
    let mut lines = vec![
        format!("Drawer {} ({})", report.drawer.code, report.drawer.name),
        session_text(&report.session),
    ];
    if report.expected.is_none() {
        lines.push("What should be there is shown after it was counted.".into());
        return lines.join("\n");
    }
    let rows = report
        .sums
        .iter()
        .map(|(kind, (count, sum))| vec![(*kind).into(), count.to_string(), report.show(*sum)]);
    lines.push(table(&["what", "how often>", "sum>"], rows));
    lines.join("\n")
}
