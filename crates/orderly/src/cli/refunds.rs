//! Refunds: listed, shown, approved, tried again, given up.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::PaymentId;
use orderly_core::refund::{Refund, RefundState};
use serde_json::json;

use super::output::{minute, table};
use super::{Given, Session};
use crate::Error;
use crate::ops::payments::Settling;
use crate::ops::read::returns as read;
use crate::ops::refunds as ops;
use crate::wire::out::amount;
use crate::wire::out::back::RefundOut;

#[derive(Debug, Subcommand)]
pub enum Refunds {
    /// List refunds, the latest first
    List(List),
    /// Show one refund with its lines and what was kept
    Show {
        /// Number or id
        refund: String,
    },
    /// Let a refund go on that another person asked for
    Approve(Move),
    /// Move what is left of a refund whose money failed in part
    Retry(Move),
    /// Give up a pending refund whose money has not moved
    Cancel(Cancel),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those that await approval
    #[arg(long)]
    awaiting: bool,
    /// How many, at most 1,000
    #[arg(long, default_value_t = 50)]
    limit: i64,
}

/// How money of a refund moves.
#[derive(Debug, Args)]
pub struct Move {
    /// Number or id
    refund: String,
    /// From this payment; from the order's, the oldest first, where absent
    #[arg(long, value_name = "PAYMENT")]
    payment: Option<String>,
    /// The provider's reference: it has happened
    #[arg(long, value_name = "REFERENCE")]
    under: Option<String>,
    /// The provider answers later: it stays pending
    #[arg(long, conflicts_with = "under")]
    later: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Cancel {
    /// Number or id
    refund: String,
    #[command(flatten)]
    given: Given,
}

/// Where a refund stands, in a word.
fn stands(refund: &Refund) -> &'static str {
    match refund.state {
        RefundState::Pending if refund.awaits_approval => "awaits approval",
        state => state.code(),
    }
}

pub fn refund_text(refund: &Refund) -> String {
    let money = |minor: i64| amount(minor, refund.currency);
    let mut text = format!(
        "Refund {} of {} {} ({}): {}",
        refund.number,
        money(refund.amount),
        refund.currency,
        refund.settlement.code(),
        stands(refund)
    );
    let fee: i64 = refund.lines.iter().filter(|line| line.is_fee()).map(|line| -line.amount).sum();
    if fee > 0 {
        text.push_str(&format!("; {} kept for restocking", money(fee)));
    }
    text
}

impl Refunds {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List(list) => list.run(session),
            Self::Show { refund } => {
                let found = read::refund(&session.open()?, &session.reading(), refund)?;
                session.out.answer(&RefundOut::from(&found), || shown(&found))
            }
            Self::Approve(step) => step.run(session, true),
            Self::Retry(step) => step.run(session, false),
            Self::Cancel(cancel) => {
                let app = session.open()?;
                let found = read::refund(&app, &session.reading(), &cancel.refund)?;
                let call = session.changing(&cancel.given, cancel)?;
                let done = ops::cancel(&app, &call, found.id)?;
                session.out.answer(&RefundOut::from(&done), || refund_text(&done))
            }
        }
    }
}

fn shown(refund: &Refund) -> String {
    let money = |minor: i64| amount(minor, refund.currency);
    let rows = refund.lines.iter().map(|line| {
        vec![
            if line.is_fee() { "restocking fee".into() } else { line.cause.code().to_owned() },
            line.qty.to_string(),
            money(line.goods),
            money(line.tax),
            money(line.amount),
        ]
    });
    let lines = table(&["for", "units>", "goods>", "tax>", "amount>"], rows);
    format!("{}\nReason: {}\n\n{lines}", refund_text(refund), refund.reason)
}

impl List {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut found = read::refunds(&session.open()?, &session.reading(), None, self.limit)?;
        found.retain(|one| one.awaits_approval || !self.awaiting);
        let object = json!({ "refunds": found.iter().map(RefundOut::from).collect::<Vec<_>>() });
        session.out.answer(&object, || {
            let rows = found.iter().map(|one| {
                vec![
                    one.number.clone(),
                    minute(&one.created_at.to_string()),
                    one.settlement.code().into(),
                    stands(one).into(),
                    format!("{} {}", amount(one.amount, one.currency), one.currency),
                    one.reason.clone(),
                ]
            });
            table(&["refund", "made (UTC)", "as", "state", "amount>", "reason"], rows)
        })
    }
}

impl Move {
    fn run(&self, session: &Session, approve: bool) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let found = read::refund(&app, &session.reading(), &self.refund)?;
        let call = session.changing(&self.given, self)?;
        let payment: Option<PaymentId> = self.payment.as_deref().map(str::parse).transpose()?;
        let settling = match (&self.under, self.later) {
            (_, true) => Settling::Later,
            (Some(reference), _) => Settling::Under(reference.clone()),
            _ => Settling::AtOnce,
        };
        let step = if approve { ops::approve } else { ops::retry };
        let done = step(&app, &call, found.id, payment, &settling)?;
        session.out.answer(&RefundOut::from(&done), || refund_text(&done))
    }
}
