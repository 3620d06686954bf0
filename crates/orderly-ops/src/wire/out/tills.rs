//! The JSON shapes of drawers and their sessions.

use orderly_core::till::{Count, Drawer, Entry, Session, SessionState};
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;
use crate::ops::tills::{Report, Standing};

/// A drawer with its latest session.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DrawerOut {
    /// `drawer`
    pub object: &'static str,
    pub id: String,
    pub code: String,
    pub name: String,
    /// The location's code.
    pub location: String,
    pub currency: String,
    pub active: bool,
    pub session: Option<SessionOut>,
    /// What the caller may do with it now.
    pub allowed_actions: Vec<&'static str>,
}

impl DrawerOut {
    pub fn new(drawer: &Drawer, location: String) -> Self {
        Self {
            object: "drawer",
            id: drawer.id.to_string(),
            code: drawer.code.clone(),
            name: drawer.name.clone(),
            location,
            currency: drawer.currency.to_string(),
            active: drawer.active,
            session: None,
            allowed_actions: Vec::new(),
        }
    }
}

impl From<&Standing> for DrawerOut {
    fn from(one: &Standing) -> Self {
        Self {
            session: one.session.as_ref().map(SessionOut::from),
            allowed_actions: one.allowed.clone(),
            ..Self::new(&one.drawer, one.location.clone())
        }
    }
}

/// The work with one drawer from one float to one count. What should be there is not shown before
/// it was counted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SessionOut {
    /// `till_session`
    pub object: &'static str,
    pub id: String,
    pub number: i64,
    /// `open`, `counted` or `closed`.
    pub state: &'static str,
    pub business_on: String,
    pub currency: String,
    pub float: String,
    pub expected: Option<String>,
    pub counted: Option<String>,
    pub difference: Option<String>,
    pub reason: Option<String>,
    pub version: i64,
    pub opened_at: String,
    pub closed_at: Option<String>,
}

impl From<&Session> for SessionOut {
    fn from(one: &Session) -> Self {
        let money = |minor: i64| amount(minor, one.currency);
        let seen = one.state != SessionState::Open;
        Self {
            object: "till_session",
            id: one.id.to_string(),
            number: one.number,
            state: one.state.code(),
            business_on: one.business_on.to_string(),
            currency: one.currency.to_string(),
            float: money(one.float),
            expected: seen.then(|| money(one.expected)),
            counted: one.counted.map(money),
            difference: one.difference.map(money),
            reason: one.reason.clone(),
            version: one.version,
            opened_at: one.opened_at.to_string(),
            closed_at: one.closed_at.map(|at| at.to_string()),
        }
    }
}

/// A session with what happened in it; empty until it is counted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReportOut {
    /// `till_report`
    pub object: &'static str,
    /// The drawer's code.
    pub drawer: String,
    pub session: SessionOut,
    /// How often cash moved for each reason, and what it sums to.
    pub sums: Vec<TillSumOut>,
    pub entries: Vec<TillEntryOut>,
    pub counts: Vec<TillCountOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TillSumOut {
    pub kind: &'static str,
    pub count: i64,
    pub amount: String,
}

/// Cash that went into a drawer, or out of it where negative.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TillEntryOut {
    pub kind: &'static str,
    pub amount: String,
    /// The ledger account it came from or went to.
    pub account: String,
    pub reason: Option<String>,
    pub at: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TillCountOut {
    pub counted: String,
    pub pieces: Vec<PiecesOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PiecesOut {
    /// Of one piece.
    pub value: String,
    pub pieces: i64,
}

impl From<&Report> for ReportOut {
    fn from(report: &Report) -> Self {
        let money = |minor: i64| amount(minor, report.session.currency);
        let sums = report.sums.iter().map(|(kind, (count, sum))| TillSumOut {
            kind,
            count: *count,
            amount: money(*sum),
        });
        let entry = |one: &Entry| TillEntryOut {
            kind: one.kind.code(),
            amount: money(one.amount),
            account: one.account.clone(),
            reason: one.reason.clone(),
            at: one.recorded_at.to_string(),
        };
        let count = |one: &Count| TillCountOut {
            counted: money(one.counted),
            pieces: {
                let pieces = one.pieces.iter();
                let piece = |(value, pieces): &(i64, i64)| (money(*value), *pieces);
                pieces.map(piece).map(|(value, pieces)| PiecesOut { value, pieces }).collect()
            },
        };
        Self {
            object: "till_report",
            drawer: report.drawer.code.clone(),
            session: SessionOut::from(&report.session),
            sums: sums.collect(),
            entries: report.entries.iter().map(entry).collect(),
            counts: report.counts.iter().map(count).collect(),
        }
    }
}
